import { describe, expect, test } from "vitest";
import { garbageCollector } from "../../measure/garbage-collector.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import { DecodeError, NotSerializableError, ReignError } from "../../src/core/errors.ts";
import {
  type CodecBench,
  contractLimits,
  createCodecBench,
} from "../../src/testing/codec-bench.ts";

const collectGarbage = garbageCollector();

function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function filled(count: number, make: (i: number) => unknown): unknown[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

function keyed(count: number, key: (i: number) => string | number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [key(i), i]));
}

class Point {
  x: unknown = 1;
  y: unknown = 2;
}

/** Whose `decode` makes an object of its own. */
class Remade extends Point {}

class Failure extends Error {}

class Numbered extends Error {}

function limitedBench(maxValues: number): CodecBench {
  const bench = createCodecBench(createTermCodec(), { maxDepth: 100, maxValues });
  bench.types.register(Point, { name: "Point" });
  bench.types.register(Failure, { name: "Failure" });
  const decode = (_: unknown, begun: Numbered) => begun;
  bench.types.register(Numbered, { name: "Numbered", encode: () => 1, decode });
  bench.types.register(Remade, {
    name: "Remade",
    encode: (remade) => [remade.x],
    decode: ([x]: unknown[]) => Object.assign(new Remade(), { x }),
  });
  return bench;
}

/** One kind of value a line, made so that it costs as much memory for its bytes as it can. */
const kinds: Readonly<Record<string, (i: number) => unknown>> = {
  doubles: (i) => i + 0.5,
  "short text": (i) => (i + 1e6).toString(36),
  "text with one wide character": () => `${"a".repeat(20)}€`,
  bigints: (i) => BigInt(i) << 70n,
  "empty objects": () => ({}),
  "objects of one kind": (i) => ({ a: i + 0.5, b: i + 0.5 }),
  "objects with a key like no other": (i) => ({ [`k${i.toString(36)}`]: 1 }),
  "objects with keys that branch": (i) => ({
    [`a${i % 40}`]: 1,
    [`b${Math.floor(i / 40) % 40}`]: 1,
    [`c${Math.floor(i / 1600)}`]: 1,
  }),
  ...Object.fromEntries(
    [2, 12, 19, 22, 31].map((count) => [
      `objects with ${count} keys like no others`,
      (i: number) => keyed(count, (k) => `k${(i * count + k).toString(36)}`),
    ]),
  ),
  "wide objects with keys like no others": (i) => keyed(40, (k) => `k${(i * 40 + k).toString(36)}`),
  "objects with one index far out": () => ({ 1000: 1 }),
  "objects with many indexes far out": (i) => keyed(30, (k) => k * 900 + i),
  "objects without a prototype": () => Object.create(null),
  "objects without a prototype with keys like no others": (i) =>
    Object.assign(
      Object.create(null),
      keyed(22, (k) => `k${(i * 22 + k).toString(36)}`),
    ),
  "empty arrays": () => [],
  "arrays in arrays": () => [[[]]],
  "empty maps": () => new Map(),
  "maps of a size that wastes most": () =>
    new Map(filled(65, (k) => [Number(k) + 0.5, 0.25]) as never),
  "maps of objects": () => new Map(filled(5, () => [{}, {}]) as never),
  "empty sets": () => new Set(),
  "sets of a size that wastes most": (i) => new Set(filled(65, (k) => `${i}.${k}`)),
  dates: (i) => new Date(1.7e12 + i),
  patterns: (i) => new RegExp(`a${i}`, "g"),
  "empty buffers": () => new ArrayBuffer(0),
  "empty views": () => new Uint8Array(0),
  "small views": (i) => Uint8Array.of(i, 1).subarray(0, 1),
  "views of eight bytes": () => new DataView(new ArrayBuffer(8)),
  errors: (i) => new TypeError(`x${i}`),
  "errors with a property like no other": (i) => Object.assign(new Error(), { [`k${i}`]: 1 }),
  "errors of this package": () => new ReignError("REIGN_TIMEOUT", "", {} as never),
  "errors of the platform": () => new DOMException("", "AbortError"),
  instances: () => new Point(),
  "instances without properties": () => Object.create(Point.prototype),
  "instances with a property like no other": (i) =>
    Object.assign(Object.create(Point.prototype), { [`k${i}`]: 1 }),
  "instances with 12 properties like no others": (i) =>
    Object.assign(
      Object.create(Point.prototype),
      keyed(12, (k) => `k${(i * 12 + k).toString(36)}`),
    ),
  "instances with 40 properties like no others": (i) =>
    Object.assign(
      Object.create(Point.prototype),
      keyed(40, (k) => `k${(i * 40 + k).toString(36)}`),
    ),
  "instances with an index": () => Object.assign(Object.create(Point.prototype), { 1000: 1 }),
  "instances that stand for a number": () => new Numbered("x"),
  "instances inside themselves": () => {
    const point = new Point();
    point.x = point;
    return point;
  },
  "instances that are made twice": () => {
    const remade = new Remade();
    remade.x = [remade];
    return remade;
  },
  "errors of a class": (i) => new Failure(`x${i}`),
  "close notices": (i) => new MailboxClosed(String(i), "closed"),
};

const manyValues = 60_000;

/** How many values one item counts as: what twenty items count as beyond ten, over ten. */
function weightOf(make: (i: number) => unknown): number {
  const weigh = (count: number): number => {
    let [low, high] = [0, 1_000_000];
    while (low < high) {
      const maxValues = Math.floor((low + high) / 2);
      if (isTaken(filled(count, make), maxValues)) high = maxValues;
      else low = maxValues + 1;
    }
    return low;
  };
  return (weigh(20) - weigh(10)) / 10;
}

function isTaken(message: unknown, maxValues: number): boolean {
  const { encode } = limitedBench(maxValues);
  try {
    encode(message);
    return true;
  } catch (thrown) {
    if (thrown instanceof NotSerializableError) return false;
    throw thrown;
  }
}

describe("a message decoded costs at most 64 bytes a value, 4 bytes a byte and 64 KiB", () => {
  test.each(Object.entries(kinds))("%s", (_, make) => {
    const maxValues = manyValues;
    const bench = limitedBench(maxValues);
    const count = Math.floor((maxValues - 1) / weightOf(make));
    const bytes = bench.encode(filled(count, make));
    bench.decode(bench.encode(filled(2, make)));

    const before = heapBytes();
    const message = bench.decode(bytes) as unknown[];
    const cost = heapBytes() - before;

    expect(message).toHaveLength(count);
    expect(cost).toBeLessThan(64 * maxValues + 4 * bytes.length + 64 * 1024);
    expect(() => bench.encode(filled(count + 1, make))).toThrow(NotSerializableError);
  });
});

test("a million empty maps are refused on both ways, before they are made", () => {
  const bench = createCodecBench(createTermCodec());
  const head = Buffer.from("eec0843d", "hex");
  const bytes = Buffer.concat([head, Buffer.from("f000".repeat(1_000_000), "hex")]);

  expect(() => bench.encode(new Array(1_000_000).fill(new Map()))).toThrow(NotSerializableError);
  expect(() => bench.decode(bytes)).toThrow(DecodeError);
});

test("a decoder counts as its encoder does, to the last value", () => {
  const message = { a: [1, { b: new Map([[1, new Set([2])]]) }], c: new Error("x", { cause: [] }) };
  const { bytes, least } = leastLimit(message);

  expect(() => limitedBench(least).decode(bytes)).not.toThrow();
  expect(() => limitedBench(least - 1).decode(bytes)).toThrow(DecodeError);
});

test.each(Object.entries(kinds))("a decoder counts %s as its encoder does", (_, make) => {
  const { bytes, least } = leastLimit(make(1));

  expect(() => limitedBench(least).decode(bytes)).not.toThrow();
  expect(() => limitedBench(least - 1).decode(bytes)).toThrow(DecodeError);
});

function leastLimit(message: unknown): { bytes: Uint8Array; least: number } {
  let least = 1;
  while (!isTaken(message, least)) least++;
  return { bytes: limitedBench(1_000_000).encode(message), least };
}

test("a message as deep as the limit travels from a stack that is deep already", () => {
  const bench = createCodecBench(createTermCodec());
  let message: unknown = 1;
  for (let i = 0; i < contractLimits.maxDepth; i++) message = { inner: message };

  const below = (calls: number): unknown =>
    calls === 0 ? bench.decode(bench.encode(message)) : below(calls - 1);

  expect(() => below(1500)).not.toThrow();
});

test("a message too deep for the stack that is left is refused, and nothing else breaks", () => {
  const bench = createCodecBench(createTermCodec(), { maxDepth: 1e6, maxValues: 1e7 });
  let message: unknown = 1;
  for (let i = 0; i < 200_000; i++) message = [message];
  const bytes = Buffer.alloc(200_001, 0xd1);

  expect(() => bench.encode(message)).toThrow(/nested too deeply for the stack/);
  expect(() => bench.decode(bytes)).toThrow(DecodeError);
  bench.expectArrival([[1]], [[1]]);
});

test("patterns that take long to read count as what they cost", () => {
  const bench = createCodecBench(createTermCodec());
  const unicode = new RegExp("\\p{L}".repeat(300), "u");
  const source = "\\p{L}".repeat(300);
  const bytes = Buffer.from(`f3e9dc0b${Buffer.from(source).toString("hex")}8175`, "hex");

  expect(() => bench.encode(unicode)).toThrow(NotSerializableError);
  expect(() => bench.decode(bytes)).toThrow(DecodeError);
  bench.expectArrival(/\p{L}\p{N}/u, /\p{L}\p{N}/u);
});
