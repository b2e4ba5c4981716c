/**
 * What values cost, held against what they count as: kinds that cost as much memory for their bytes
 * as they can, and how a codec weighs them.
 */
import { garbageCollector } from "../../measure/garbage-collector.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import { NotSerializableError, ReignError } from "../../src/core/errors.ts";
import type { Codec } from "../../src/ports/codec.ts";
import { type CodecBench, createCodecBench } from "../../src/testing/codec-bench.ts";

const collectGarbage = garbageCollector();

export function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export function filled(count: number, make: (i: number) => unknown): unknown[] {
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

/** One object stands for all of them. */
class Alike {}

class Failure extends Error {}

class Numbered extends Error {}

const alike = Object.freeze(keyed(100, (k) => `k${k}`));

/** Both ends of a link that know the classes of the kinds. */
export function limitedBench(createCodec: () => Codec, maxValues: number): CodecBench {
  const bench = createCodecBench(createCodec(), { maxDepth: 100, maxValues });
  bench.types.register(Point, { name: "Point" });
  bench.types.register(Alike, { name: "Alike", encode: () => alike });
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
export const costlyKinds: Readonly<Record<string, (i: number) => unknown>> = {
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
  "instances for which one object stands": () => [new Alike(), new Alike()],
  "errors of a class": (i) => new Failure(`x${i}`),
  "close notices": (i) => new MailboxClosed(String(i), "closed"),
};

/** How many values one item counts as: what twenty items count as beyond ten, over ten. */
export function weightOf(createCodec: () => Codec, make: (i: number) => unknown): number {
  const weigh = (count: number): number => {
    let [low, high] = [0, 1_000_000];
    while (low < high) {
      const maxValues = Math.floor((low + high) / 2);
      if (isTaken(createCodec, filled(count, make), maxValues)) high = maxValues;
      else low = maxValues + 1;
    }
    return low;
  };
  return (weigh(20) - weigh(10)) / 10;
}

function isTaken(createCodec: () => Codec, message: unknown, maxValues: number): boolean {
  const { encode } = limitedBench(createCodec, maxValues);
  try {
    encode(message);
    return true;
  } catch (thrown) {
    if (thrown instanceof NotSerializableError) return false;
    throw thrown;
  }
}

/** The message's bytes, and the least limit of values within which it is written. */
export function leastLimit(
  createCodec: () => Codec,
  message: unknown,
): { bytes: Uint8Array; least: number } {
  let least = 1;
  while (!isTaken(createCodec, message, least)) least++;
  return { bytes: limitedBench(createCodec, 1_000_000).encode(message), least };
}
