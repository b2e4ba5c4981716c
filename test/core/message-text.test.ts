import { describe, expect, test } from "vitest";
import { messageText } from "../../src/core/message-text.ts";

class Order {
  readonly id = 7;
}

class Odd extends Map<unknown, unknown> {
  override get size(): number {
    throw new Error("This is not to run.");
  }
  override [Symbol.iterator](): MapIterator<[unknown, unknown]> {
    throw new Error("This is not to run.");
  }
}

describe("the text of a message", () => {
  test.each<[string, unknown]>([
    ['"a\\n"', "a\n"],
    ["12n", 12n],
    ["[long bigint]", 2n ** 200n],
    ["-0", -0],
    ["null", null],
    ["Symbol(s)", Symbol("s")],
    ["[function]", () => {}],
    ['{type: "order", "odd key": [1, true]}', { type: "order", "odd key": [1, true] }],
    ["Order {id: 7}", new Order()],
    ["{}", Object.create(null)],
    ['Map {"a" => 1}', new Map([["a", 1]])],
    ["Set {1, 2}", new Set([1, 2])],
    ["Map {1 => 2}", new Odd().set(1, 2)],
    ["[Date]", new Date(0)],
    ["Uint8Array(3 bytes)", new Uint8Array(3)],
    ["ArrayBuffer(3 bytes)", new ArrayBuffer(3)],
    ['TypeError("no")', new TypeError("no")],
    ["[RegExp]", /x/],
    ["[Promise]", Promise.resolve()],
    ["[[nothing], 3]", Object.assign(new Array(2), { 1: 3 })],
  ])("is %s", (text, message) => {
    expect(messageText(message, 200)).toBe(text);
  });

  test("has at most so many characters, whatever the message", () => {
    const messages = [
      "x".repeat(1e6),
      Array.from({ length: 1e5 }, () => "abc"),
      { a: { b: "cdef" } },
    ];
    for (const message of messages) {
      for (const most of [0, 1, 2, 5, 50]) {
        expect(messageText(message, most).length).toBeLessThanOrEqual(most);
      }
    }
    expect(messageText("abcdef", 5)).toBe('"abc…');
  });

  test("shows twenty entries of each, and goes four deep", () => {
    const many = Array.from({ length: 25 }, (_, i) => i);
    expect(messageText(many, 1_000)).toMatch(/, 19, …5 more\]$/);
    expect(messageText(new Set(many), 1_000)).toMatch(/, 19, …5 more\}$/);
    const deep = { a: { a: { a: { a: { a: 1 } } } } };
    expect(messageText(deep, 1_000)).toBe("{a: {a: {a: {a: {…}}}}}");
    const circle: unknown[] = [];
    circle.push(circle);
    expect(messageText(circle, 1_000)).toBe("[[[[[…]]]]]");
  });

  test("runs no code of the message", () => {
    const refuse = (): never => {
      throw new Error("This is not to run.");
    };
    const message = {
      get secret() {
        return refuse();
      },
      toString: 1,
      [Symbol.toPrimitive]: refuse,
      toJSON: refuse,
    };
    expect(messageText(message, 200)).toBe("{secret: [getter], toString: 1, toJSON: [function]}");
  });

  test("says so when the message cannot be read", () => {
    const fake = Object.create(Map.prototype);
    const proxy = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error("Not for you.");
        },
      },
    );
    expect(messageText([1, fake], 200)).toBe("[1, [unreadable]");
    expect(messageText(proxy, 200)).toBe("[unreadable]");
  });
});
