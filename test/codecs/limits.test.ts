/** What a codec that takes bytes from strangers bounds, and how its two ends count. */
import { describe, expect, test } from "vitest";
import { createJsonCodec } from "../../src/codecs/json/json-codec.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { DecodeError, NotSerializableError } from "../../src/core/errors.ts";
import { contractLimits, createCodecBench } from "../../src/testing/codec-bench.ts";
import {
  costlyKinds,
  filled,
  heapBytes,
  leastLimit,
  limitedBench,
  weightOf,
} from "./codec-costs.ts";

const manyValues = 60_000;
const manyProperties = "\\p{L}".repeat(300);

/** Each with bytes that its encoder would not make. */
const codecs = [
  {
    name: "the term format",
    createCodec: createTermCodec,
    millionMaps: () => Buffer.from(`eec0843d${"f000".repeat(1_000_000)}`, "hex"),
    tooDeep: () => Buffer.alloc(200_001, 0xd1),
    longPattern: () => Buffer.from(`\xf3\xe9\xdc\x0b${manyProperties}\x81u`, "latin1"),
  },
  {
    name: "the JSON format",
    createCodec: createJsonCodec,
    millionMaps: () => Buffer.from(`[${'{"$map":[]},'.repeat(1_000_000)}1]`),
    tooDeep: () => Buffer.from("[".repeat(200_001)),
    longPattern: () => Buffer.from(JSON.stringify({ $regexp: [manyProperties, "u"] })),
  },
];

describe.each(codecs)("in $name", ({ createCodec, millionMaps, tooDeep, longPattern }) => {
  test.each(Object.entries(costlyKinds))(
    "%s cost at most 64 bytes a value, 4 bytes a byte and 64 KiB",
    (_, make) => {
      const bench = limitedBench(createCodec, manyValues);
      const count = Math.floor((manyValues - 1) / weightOf(createCodec, make));
      const bytes = bench.encode(filled(count, make));
      bench.decode(bench.encode(filled(2, make)));

      const before = heapBytes();
      const message = bench.decode(bytes) as unknown[];
      const cost = heapBytes() - before;

      expect(message).toHaveLength(count);
      expect(cost).toBeLessThan(64 * manyValues + 4 * bytes.length + 64 * 1024);
      expect(() => bench.encode(filled(count + 1, make))).toThrow(NotSerializableError);
    },
  );

  test.each(Object.entries(costlyKinds))("a decoder counts %s as its encoder does", (_, make) => {
    const { bytes, least } = leastLimit(createCodec, make(1));

    expect(() => limitedBench(createCodec, least).decode(bytes)).not.toThrow();
    expect(() => limitedBench(createCodec, least - 1).decode(bytes)).toThrow(DecodeError);
  });

  test("a decoder counts as its encoder does, to the last value", () => {
    const cause = new Error("x", { cause: [] });
    const message = { a: [1, { b: new Map([[1, new Set([2])]]) }], c: cause };
    const { bytes, least } = leastLimit(createCodec, message);

    expect(() => limitedBench(createCodec, least).decode(bytes)).not.toThrow();
    expect(() => limitedBench(createCodec, least - 1).decode(bytes)).toThrow(DecodeError);
  });

  test("a million empty maps are refused on both ways, before they are made", () => {
    const bench = createCodecBench(createCodec());

    expect(() => bench.encode(new Array(1_000_000).fill(new Map()))).toThrow(NotSerializableError);
    expect(() => bench.decode(millionMaps())).toThrow(DecodeError);
  });

  test("a message as deep as the limit travels from a stack that is deep already", () => {
    const bench = createCodecBench(createCodec());
    let message: unknown = 1;
    for (let i = 0; i < contractLimits.maxDepth; i++) message = { inner: message };

    const below = (calls: number): unknown =>
      calls === 0 ? bench.decode(bench.encode(message)) : below(calls - 1);

    expect(() => below(1500)).not.toThrow();
  });

  test("a message too deep for the stack that is left is refused, and nothing else breaks", () => {
    const bench = createCodecBench(createCodec(), { maxDepth: 1e6, maxValues: 1e7 });
    let message: unknown = 1;
    for (let i = 0; i < 200_000; i++) message = [message];

    expect(() => bench.encode(message)).toThrow(/nested too deeply for the stack/);
    expect(() => bench.decode(tooDeep())).toThrow(DecodeError);
    bench.expectArrival([[1]], [[1]]);
  });

  test("patterns that take long to read count as what they cost", () => {
    const bench = createCodecBench(createCodec());

    expect(() => bench.encode(new RegExp(manyProperties, "u"))).toThrow(NotSerializableError);
    expect(() => bench.decode(longPattern())).toThrow(DecodeError);
    bench.expectArrival(/\p{L}\p{N}/u, /\p{L}\p{N}/u);
  });
});
