import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { DecodeError } from "../../src/core/errors.ts";
import type { Decoder } from "../../src/ports/codec.ts";
import { createCodecBench } from "../../src/testing/codec-bench.ts";
import { codecValues } from "../../src/testing/codec-values.ts";
import { termLies } from "./term-lies.ts";

/** Small limits keep the many values that mutated lengths can make quick. */
function createDecoder(): Decoder {
  const codec = createTermCodec();
  return createCodecBench(codec, { maxDepth: 100, maxValues: 10_000 }).decoder;
}

/** A value, or a `DecodeError` and nothing else. Says which. */
function outcome(decoder: Decoder, bytes: Uint8Array): "value" | "refused" {
  try {
    decoder.decode(bytes, 0, bytes.length);
    return "value";
  } catch (thrown) {
    if (thrown instanceof DecodeError) return "refused";
    throw thrown;
  }
}

const inherited = Reflect.ownKeys(Object.prototype);

describe("any bytes at all", () => {
  test("end in a value or a DecodeError", () => {
    const decoder = createDecoder();
    const tags = fc.integer({ min: 0x80, max: 0xff });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      // Mostly tags, small lengths and letters: what gets far into the decoder.
      fc
        .array(fc.oneof(tags, fc.nat(8), fc.integer({ min: 0x61, max: 0x63 })), { maxLength: 60 })
        .map((list) => Uint8Array.from(list)),
    );

    fc.assert(
      fc.property(bytes, (input) => {
        outcome(decoder, input);
      }),
      { numRuns: 20_000 },
    );
    expect(Reflect.ownKeys(Object.prototype)).toEqual(inherited);
  });

  test("one byte changed anywhere in any kind of value ends in a value or a DecodeError", () => {
    const bench = createCodecBench(createTermCodec());
    const decoder = createDecoder();
    const seen = { value: 0, refused: 0 };

    for (const { value } of codecValues()) {
      const bytes = bench.encode(value()).slice(0, 600);
      for (let at = 0; at < bytes.length; at++) {
        const was = bytes[at] ?? 0;
        for (const now of [0, 0xff, was + 1, was ^ 0x80, 0xc1, 0xfb, 0x80 + (at % 128)]) {
          bytes[at] = now;
          seen[outcome(decoder, bytes)]++;
        }
        bytes[at] = was;
      }
    }

    expect(seen.value).toBeGreaterThan(2000);
    expect(seen.refused).toBeGreaterThan(2000);
    expect(Reflect.ownKeys(Object.prototype)).toEqual(inherited);
  });
});

describe("bytes that an encoder never makes are refused", () => {
  test.each(termLies)("%s", (_, hex) => {
    const decoder = createDecoder();

    expect(outcome(decoder, Buffer.from(hex, "hex"))).toBe("refused");
    // And the decoder goes on as if nothing had been.
    expect(decoder.decode(Uint8Array.of(0xd1, 7), 0, 2)).toEqual([7]);
  });
});

test("keys that were right for one object are refused where they are too many or too few", () => {
  const decoder = createDecoder();
  const keys = "0401610162";

  expect(decoder.decode(Buffer.from(`c2${keys}0102`, "hex"), 0, 8)).toEqual({ a: 1, b: 2 });
  expect(outcome(decoder, Buffer.from(`c1${keys}0102`, "hex"))).toBe("refused");
  expect(outcome(decoder, Buffer.from(`c3${keys}0102`, "hex"))).toBe("refused");
});

test("a key twice in a Map or Set is taken once, the later value standing", () => {
  const decoder = createDecoder();
  const decode = (hex: string): unknown => {
    const bytes = Buffer.from(hex, "hex");
    return decoder.decode(bytes, 0, bytes.length);
  };

  expect(decode("f00201020103")).toEqual(new Map([[1, 3]]));
  expect(decode("f1020101")).toEqual(new Set([1]));
});

test("a decoder does not run what it reads: no setter, no toJSON, no then, no toString", () => {
  const bench = createCodecBench(createTermCodec());
  const message = JSON.parse(
    '{ "__proto__": { "polluted": true }, "then": 1, "toJSON": 2, "toString": 3 }',
  );

  const arrived = bench.decode(bench.encode(message)) as object;

  expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype);
  expect(Object.keys(arrived)).toEqual(["__proto__", "then", "toJSON", "toString"]);
  expect(Reflect.get({}, "polluted")).toBeUndefined();
});

test("an error from a peer has a stack of one line, and costs no walk over ours", () => {
  const bench = createCodecBench(createTermCodec());
  const limit = Error.stackTraceLimit;
  expect(limit).toBeGreaterThan(0);
  const sent = Object.assign(new TypeError("bad\nnews"), { code: "E1" });

  const arrived = bench.decode(bench.encode(sent)) as Error;

  expect(arrived.stack).toBe("TypeError: bad\nnews");
  expect(Error.stackTraceLimit).toBe(limit);
});
