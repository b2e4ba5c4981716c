import { describe, expect, test } from "vitest";
import { createJsonCodec } from "../../src/codecs/json/json-codec.ts";
import { DecodeError, NotSerializableError } from "../../src/core/errors.ts";
import {
  type CodecBench,
  contractLimits,
  createCodecBench,
} from "../../src/testing/codec-bench.ts";
import {
  costlyKinds,
  filled,
  heapBytes,
  leastLimit,
  limitedBench,
  weightOf,
} from "./codec-costs.ts";

const manyValues = 60_000;

describe("a message decoded costs at most 64 bytes a value, 4 bytes a byte and 64 KiB", () => {
  test.each(Object.entries(costlyKinds))("%s", (_, make) => {
    const maxValues = manyValues;
    const bench = limitedBench(createJsonCodec, maxValues);
    const count = Math.floor((maxValues - 1) / weightOf(createJsonCodec, make));
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
  const bench = createCodecBench(createJsonCodec());
  const bytes = Buffer.from(`[${'{"$map":[]},'.repeat(1_000_000)}1]`);

  expect(() => bench.encode(new Array(1_000_000).fill(new Map()))).toThrow(NotSerializableError);
  expect(() => bench.decode(bytes)).toThrow(DecodeError);
});

test("a decoder counts as its encoder does, to the last value", () => {
  const message = { a: [1, { b: new Map([[1, new Set([2])]]) }], c: new Error("x", { cause: [] }) };
  const { bytes, least } = leastLimit(createJsonCodec, message);

  const strict = (maxValues: number): CodecBench => limitedBench(createJsonCodec, maxValues);

  expect(() => strict(least).decode(bytes)).not.toThrow();
  expect(() => strict(least - 1).decode(bytes)).toThrow(DecodeError);
});

test.each(Object.entries(costlyKinds))("a decoder counts %s as its encoder does", (_, make) => {
  const { bytes, least } = leastLimit(createJsonCodec, make(1));
  const limited = (maxValues: number) => limitedBench(createJsonCodec, maxValues);

  expect(() => limited(least).decode(bytes)).not.toThrow();
  expect(() => limited(least - 1).decode(bytes)).toThrow(DecodeError);
});

test("a message as deep as the limit travels from a stack that is deep already", () => {
  const bench = createCodecBench(createJsonCodec());
  let message: unknown = 1;
  for (let i = 0; i < contractLimits.maxDepth; i++) message = { inner: message };

  const below = (calls: number): unknown =>
    calls === 0 ? bench.decode(bench.encode(message)) : below(calls - 1);

  expect(() => below(1500)).not.toThrow();
});

test("a message too deep for the stack that is left is refused, and nothing else breaks", () => {
  const bench = createCodecBench(createJsonCodec(), { maxDepth: 1e6, maxValues: 1e7 });
  let message: unknown = 1;
  for (let i = 0; i < 200_000; i++) message = [message];
  const bytes = Buffer.from("[".repeat(200_001));

  expect(() => bench.encode(message)).toThrow(/nested too deeply for the stack/);
  expect(() => bench.decode(bytes)).toThrow(DecodeError);
  bench.expectArrival([[1]], [[1]]);
});

test("patterns that take long to read count as what they cost", () => {
  const bench = createCodecBench(createJsonCodec());
  const unicode = new RegExp("\\p{L}".repeat(300), "u");
  const bytes = Buffer.from(JSON.stringify({ $regexp: [unicode.source, "u"] }));

  expect(() => bench.encode(unicode)).toThrow(NotSerializableError);
  expect(() => bench.decode(bytes)).toThrow(DecodeError);
  bench.expectArrival(/\p{L}\p{N}/u, /\p{L}\p{N}/u);
});
