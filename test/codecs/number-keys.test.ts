import { describe, expect, test } from "vitest";
import { NumberKeys } from "../../src/codecs/number-keys.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { DecodeError, NotSerializableError } from "../../src/core/errors.ts";
import { createCodecBench } from "../../src/testing/codec-bench.ts";

/** V8's hash of whole numbers, written down a second time. */
function hashOf(key: number): number {
  let hash = (~key + (key << 15)) | 0;
  hash ^= hash >>> 12;
  hash = (hash + (hash << 2)) | 0;
  hash ^= hash >>> 4;
  hash = Math.imul(hash, 2057);
  return (hash ^ (hash >>> 16)) & 0x3fff_ffff;
}

/** V8's hash of 64 bits, as bigints say it best. */
function hashOfLong(key: bigint): number {
  let hash = BigInt.asUintN(64, key);
  hash = BigInt.asUintN(64, ~hash + (hash << 18n));
  hash ^= hash >> 31n;
  hash = BigInt.asUintN(64, hash * 21n);
  hash ^= hash >> 11n;
  hash = BigInt.asUintN(64, hash + (hash << 6n));
  hash ^= hash >> 22n;
  return Number(hash & 0x3fff_ffffn);
}

function bitsOf(key: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, key);
  return view.getBigUint64(0);
}

/** The first keys that V8 keeps in one of 256 buckets. */
function colliding<K>(count: number, make: (i: number) => K, bits: (key: K) => bigint): K[] {
  const keys: K[] = [];
  for (let i = 0; keys.length < count; i++) {
    const key = make(i);
    if ((hashOfLong(bits(key)) & 255) === 7) keys.push(key);
  }
  return keys;
}

/** Numbers that V8 keeps in one bucket of a collection with up to 8,192 buckets. */
function collidingNumbers(count: number): number[] {
  const keys: number[] = [];
  for (let key = 0; keys.length < count; key++) {
    if ((hashOf(key) & 8191) === 7) keys.push(key);
  }
  return keys;
}

function countAdmitted(keys: readonly unknown[]): number {
  const numbers = NumberKeys.guarding(keys.length);
  return keys.filter((key) => numbers?.admit(key) !== false).length;
}

describe("number keys of a large collection", () => {
  test.each([
    ["one after the other", (i: number) => i],
    ["negative", (i: number) => -i],
    ["multiples of 256", (i: number) => i * 256],
    ["multiples of 65,536", (i: number) => i * 65_536],
    ["multiples of 1,000", (i: number) => i * 1000],
    ["times of day", (i: number) => 1.7e12 + i * 1000],
    ["minutes", (i: number) => 1.7e12 + i * 60_000],
    ["fractions", (i: number) => i / 1000],
    ["multiples of 2^32", (i: number) => i * 2 ** 32],
    ["bigints", (i: number) => BigInt(i)],
    ["bigints with a time in front", (i: number) => (1_700_000_000_000n + BigInt(i)) << 22n],
    ["text", (i: number) => String(i)],
  ])("%s are all admitted", (_, make) => {
    const keys = Array.from({ length: 50_000 }, (_, i) => make(i));

    expect(countAdmitted(keys)).toBe(keys.length);
  });

  test.each<[string, readonly (number | bigint)[]]>([
    ["whole numbers", collidingNumbers(2000)],
    [
      "bigints that differ beyond 64 bits",
      Array.from({ length: 2000 }, (_, i) => BigInt(i) << 64n),
    ],
  ])("%s chosen to fall in one bucket are refused on both ways", (_, keys) => {
    const { encode, decode } = createCodecBench(createTermCodec());
    // The tags and lengths of the collections, with entries that an encoder would not write.
    const entries = keys.map((key) => Buffer.from(encode(key)));
    const set = Buffer.concat([Buffer.from("f1d00f", "hex"), ...entries]);
    const pairs = entries.flatMap((entry) => [entry, Uint8Array.of(1)]);
    const map = Buffer.concat([Buffer.from("f0d00f", "hex"), ...pairs]);

    expect(() => encode(new Set(keys))).toThrow(NotSerializableError);
    expect(() => encode(new Map<unknown, unknown>(keys.map((key) => [key, 1])))).toThrow(
      NotSerializableError,
    );
    expect(() => decode(set)).toThrow(DecodeError);
    expect(() => decode(map)).toThrow(DecodeError);
  });
});

test.each<[string, readonly (number | bigint)[]]>([
  ["fractions", colliding(300, (i) => i * Math.PI + 0.5, bitsOf)],
  ["numbers beyond 32 bits", colliding(300, (i) => -(2 ** 40) - i * 977, bitsOf)],
  [
    "bigints",
    colliding(
      300,
      (i) => (BigInt(i) << 40n) + 12_345n,
      (key) => key,
    ),
  ],
  [
    "bigints below zero",
    colliding(
      300,
      (i) => -(BigInt(i) << 31n) - 1n,
      (key) => -key,
    ),
  ],
  [
    "long bigints",
    colliding(
      300,
      (i) => (7n << 200n) + BigInt(i) * 0xffff_ffffn,
      (key) => key,
    ),
  ],
])("of %s in one bucket 64 are admitted, and not the next", (_, keys) => {
  const numbers = NumberKeys.guarding(keys.length);

  expect(keys.findIndex((key) => numbers?.admit(key) === false)).toBe(64);
});

test("100,000 indexes as keys of an object stay quick, since they are hashed with a seed", () => {
  const { encode, decode } = createCodecBench(createTermCodec());
  const chosen = Array.from({ length: 100_000 }, (_, i) => (i * 131_072) % 4_294_967_295);
  const plain = Array.from({ length: 100_000 }, (_, i) => i * 3);
  const [chosenBytes, plainBytes] = [chosen, plain].map((keys) =>
    encode(Object.fromEntries(keys.map((key) => [key, 1]))),
  ) as [Uint8Array, Uint8Array];
  const decodeMs = (bytes: Uint8Array): number => {
    const start = performance.now();
    decode(bytes);
    return performance.now() - start;
  };

  const times = [1, 2, 3].map(() => [decodeMs(plainBytes), decodeMs(chosenBytes)] as const);

  // A quadratic way would be thousands of times as slow.
  expect(Math.min(...times.map(([usual, attacked]) => attacked / usual))).toBeLessThan(20);
});
