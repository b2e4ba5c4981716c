import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { addressBrand } from "../../src/core/address.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import type { Matcher } from "../../src/core/matcher.ts";
import { compileMatcher, isPlainObject } from "../../src/core/matcher.ts";

class Animal {
  readonly legs: number = 4;
}

class Bird extends Animal {
  override readonly legs: number = 2;
}

function matches(matcher: unknown, message: unknown): boolean {
  return compileMatcher(matcher as Matcher<unknown>).matches(message);
}

describe("a predicate", () => {
  test.each([
    [() => true, true],
    [() => false, false],
    [() => 1, true],
    [() => "", false],
    [() => undefined, false],
    [() => ({}), true],
  ])("%s wants by the truth of its answer", (predicate, wanted) => {
    expect(matches(predicate, 1)).toBe(wanted);
  });

  test("gets the message and nothing else", () => {
    const seen: unknown[][] = [];
    matches((...given: unknown[]) => seen.push(given), 7);

    expect(seen).toEqual([[7]]);
  });

  test("that is async is refused, since it would want every message", () => {
    expect(() => matches(async () => false, 1)).toThrow(
      new TypeError("Expected a boolean from the matcher, got a promise: it cannot be async."),
    );
  });

  test("may be a function of the old kind, and then is not a class", () => {
    const old = runInNewContext("(function (message) { return message > 1; })") as unknown;

    expect([matches(old, 1), matches(old, 2)]).toEqual([false, true]);
  });

  test("that throws, throws", () => {
    const broken = () => {
      throw new Error("broken");
    };
    expect(() => matches(broken, 1)).toThrow("broken");
  });
});

describe("a class", () => {
  test.each([
    [Animal, new Animal(), true],
    [Animal, new Bird(), true],
    [Bird, new Animal(), false],
    [Animal, { legs: 4 }, false],
    [Animal, null, false],
    [Animal, 4, false],
    [Map, new Map(), true],
    [Error, new TypeError("x"), true],
    [MailboxClosed, new MailboxClosed("1:0000000000000001:1", "closed"), true],
  ])("%o wants its instances: %o, %s", (wanted, message, answer) => {
    expect(matches(wanted, message)).toBe(answer);
  });

  test.each([String, Number, Boolean, BigInt, Symbol])(
    "%o is refused, since what looks like an instance is none",
    (wrapper) => {
      expect(() => compileMatcher(wrapper as Matcher<unknown>)).toThrow(
        `Expected a matcher, got ${wrapper.name}, of which strings, numbers and the like are not ` +
          `instances: use a predicate such as (m) => typeof m === "${wrapper.name.toLowerCase()}".`,
      );
    },
  );
});

describe("a pattern", () => {
  const symbol = Symbol("s");
  const address = { [addressBrand]: true };

  test.each<[object, unknown, boolean]>([
    [{ type: "a" }, { type: "a", more: 1 }, true],
    [{ type: "a" }, { type: "b" }, false],
    [{ type: "a" }, {}, false],
    [{ type: "a" }, "a", false],
    [{ length: 1 }, "a", false],
    [{ type: "a" }, null, false],
    [{}, {}, true],
    [{}, null, false],
    [{}, 5, false],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1, b: 2 }, { a: 1, b: 3 }, false],
    [{ n: Number.NaN }, { n: Number.NaN }, true],
    [{ n: 0 }, { n: -0 }, false],
    [{ n: 1 }, { n: "1" }, false],
    [{ n: 1n }, { n: 1n }, true],
    [{ s: symbol }, { s: symbol }, true],
    [{ x: null }, { x: null }, true],
    [{ x: null }, { x: undefined }, false],
    [{ x: undefined }, { x: undefined }, true],
    [{ x: undefined }, {}, false],
    [{ toString: Object.prototype.toString.name }, {}, false],
    [{ order: { id: 7 } }, { order: { id: 7, lines: [] } }, true],
    [{ order: { id: 7 } }, { order: { id: 8 } }, false],
    [{ order: { id: 7 } }, { order: null }, false],
    [{ order: {} }, { order: [1] }, true],
    [{ legs: 2 }, new Bird(), true],
    [{ from: address }, { from: address }, true],
    [{ from: address }, { from: { [addressBrand]: true } }, false],
    [Object.assign(Object.create(null), { type: "a" }), { type: "a" }, true],
    [{ type: "a" }, Object.assign(Object.create(null), { type: "a" }), true],
    [{ type: "a" }, Object.create({ type: "a" }), false],
    [JSON.parse('{"__proto__": 1}'), JSON.parse('{"__proto__": 1}'), true],
    [JSON.parse('{"__proto__": 1}'), {}, false],
  ])("%o against %o: %s", (pattern, message, answer) => {
    expect(matches(pattern, message)).toBe(answer);
  });

  test("is read once: later changes to it do not count", () => {
    const pattern = { type: "a", inner: { n: 1 } };
    const compiled = compileMatcher(pattern as Matcher<unknown>);
    pattern.type = "b";
    pattern.inner.n = 2;

    expect(compiled.matches({ type: "a", inner: { n: 1 } })).toBe(true);
  });

  test.each<[string, object, string]>([
    ["an array", { a: { b: [1] } }, "an array at a.b"],
    ["a function", { a: () => 1 }, "a function at a"],
    ["a date", { at: new Date(0) }, "an instance of Date at at"],
    ["an instance", { pet: new Bird() }, "an instance of Bird at pet"],
    ["a regular expression", { a: /x/ }, "an instance of RegExp at a"],
  ])("with %s in it is refused, with the place", (_, pattern, problem) => {
    expect(() => compileMatcher(pattern as Matcher<unknown>)).toThrow(
      new TypeError(`Expected literals, addresses and plain objects in a pattern, got ${problem}.`),
    );
  });

  test("that holds itself is refused", () => {
    const pattern: Record<string, unknown> = {};
    pattern["a"] = { b: pattern };

    expect(() => compileMatcher(pattern as Matcher<unknown>)).toThrow(
      "got a pattern inside itself at a.b",
    );
  });
});

test.each<[unknown, string]>([
  [undefined, "undefined"],
  [null, "null"],
  ["type", "a string"],
  [5, "a number"],
  [[1], "an array"],
  [new Date(0), "an instance of Date"],
  [Object.create(Object.create(Object.create(null))), "an object"],
])("%o is no matcher", (value, named) => {
  expect(() => compileMatcher(value as Matcher<unknown>)).toThrow(
    new TypeError(
      `Expected a matcher: a type guard, a predicate, a class or a plain object, got ${named}.`,
    ),
  );
});

test.each<[unknown, boolean]>([
  [{}, true],
  [Object.create(null), true],
  [runInNewContext("({})"), true],
  [[], false],
  [new Bird(), false],
  [new Map(), false],
  [null, false],
  [() => 1, false],
])("%o is a plain object: %s", (value, answer) => {
  expect(isPlainObject(value)).toBe(answer);
});
