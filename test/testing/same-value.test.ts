import { describe, expect, test } from "vitest";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { createCodecBench } from "../../src/testing/codec-bench.ts";
import { codecValues } from "../../src/testing/codec-values.ts";
import { sameValue, whereDifferent } from "../../src/testing/same-value.ts";

const shared = {};
const ring = (length: number): unknown => {
  const first: { next?: unknown } = {};
  let last = first;
  for (let i = 1; i < length; i++) {
    const next = {};
    last.next = next;
    last = next;
  }
  last.next = first;
  return first;
};
const named = (value: unknown): object => Object.defineProperty(new Error("x"), "cause", { value });

describe("values that differ", () => {
  test.each<[string, unknown, unknown]>([
    ["zeros of two signs", 0, -0],
    ["a number and its text", 1, "1"],
    ["null and undefined", null, undefined],
    ["a number and a bigint", 1, 1n],
    ["a property that is missing", { a: undefined }, {}],
    ["the order of properties", { a: 1, b: 2 }, { b: 2, a: 1 }],
    ["a value deep inside", { a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
    ["a hole and undefined", new Array(1), [undefined]],
    ["lengths", [1], [1, 2]],
    ["prototypes", {}, Object.create(null)],
    ["an array and what looks like one", [], { length: 0 }],
    ["maps by value", new Map([[1, 1]]), new Map([[1, 2]])],
    ["maps by key", new Map([[{ a: 1 }, 1]]), new Map([[{ a: 2 }, 1]])],
    ["sets", new Set([1]), new Set([2])],
    ["dates", new Date(1), new Date(2)],
    ["patterns", /a/g, /a/i],
    ["bytes", Uint8Array.of(1), Uint8Array.of(2)],
    ["kinds of views", Uint8Array.of(1), Int8Array.of(1)],
    ["buffers", new ArrayBuffer(1), new ArrayBuffer(2)],
    ["messages of errors", new Error("a"), new Error("b")],
    ["classes of errors", new Error("a"), new TypeError("a")],
    ["causes", new Error("a", { cause: 1 }), new Error("a", { cause: 2 })],
    ["a cause that can be enumerated", Object.assign(new Error("x"), { cause: 1 }), named(1)],
    ["what is shared", [shared, shared], [{}, {}]],
    ["what is shared the other way", [{}, {}], [shared, shared]],
    ["cycles of two lengths", ring(2), ring(3)],
  ])("%s", (_, a, b) => {
    expect(sameValue(a, b)).toBe(false);
    expect(sameValue(b, a)).toBe(false);
    expect(sameValue([a], [b])).toBe(false);
  });
});

test.each(codecValues())("$name is the same as itself made again", ({ value }) => {
  expect(whereDifferent(value(), value())).toBeUndefined();
});

test("addresses are the same when they name the same mailbox", () => {
  const ref = { nodeId: "1", epoch: "0123456789abcdef", number: 1 };
  const [first, second] = [1, 2].map(() => createCodecBench(createTermCodec()).addressOf(ref));
  const other = createCodecBench(createTermCodec()).addressOf({ ...ref, number: 2 });

  expect(sameValue(first, second)).toBe(true);
  expect(sameValue(first, other)).toBe(false);
});
