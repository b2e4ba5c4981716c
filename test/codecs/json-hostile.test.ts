import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createJsonCodec } from "../../src/codecs/json/json-codec.ts";
import { DecodeError, NotSerializableError } from "../../src/core/errors.ts";
import { UnknownTypeError } from "../../src/core/instance-form.ts";
import type { Decoder } from "../../src/ports/codec.ts";
import { createCodecBench } from "../../src/testing/codec-bench.ts";
import { codecValues } from "../../src/testing/codec-values.ts";
import { heapBytes } from "./codec-costs.ts";
import { jsonLies } from "./json-lies.ts";

const smallLimits = { maxDepth: 100, maxValues: 10_000 };

function createDecoder(): Decoder {
  return createCodecBench(createJsonCodec(), smallLimits).decoder;
}

function decode(decoder: Decoder, text: string): unknown {
  const bytes = Buffer.from(text);
  return decoder.decode(bytes, 0, bytes.length);
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
const kinds = ["undefined", "map", "set", "bare", "array", "error", "def", "ref", "date", "bytes"];

describe("any bytes at all", () => {
  test("end in a value or a DecodeError", () => {
    const decoder = createDecoder();
    const token = fc.oneof(
      fc.constantFrom(
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        "1",
        "-2.5e3",
        "null",
        "true",
        '"a"',
        '"__proto__"',
        '"é\\n"',
      ),
      fc.constantFrom(...kinds.map((kind) => `{"$${kind}":`)),
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(token, { maxLength: 40 }).map((tokens) => Buffer.from(tokens.join(""))),
    );

    fc.assert(
      fc.property(bytes, (input) => {
        outcome(decoder, input);
      }),
      { numRuns: 20_000 },
    );
    expect(Reflect.ownKeys(Object.prototype)).toEqual(inherited);
  });

  test("that JSON.parse refuses are refused, and what it takes without a $ arrives as it has it", () => {
    const decoder = createDecoder();
    const token = fc.constantFrom(
      ...["[", "]", "{", "}", ":", ",", " ", "1", "0.5", "-3", "1e5", "null", "true", "\n"],
      ...['"a"', '"b\\u0041"', '""', '{"a":1}', '"é"', '{"x":[]}'],
    );
    const texts = fc.oneof(
      fc.json(),
      fc.array(token, { maxLength: 8 }).map((tokens) => tokens.join("")),
    );

    fc.assert(
      fc.property(texts, (text) => {
        if (text.includes("$") || text.includes("-0")) return;
        let parsed: unknown;
        try {
          parsed = JSON.parse(text);
        } catch {
          expect(outcome(decoder, Buffer.from(text))).toBe("refused");
          return;
        }
        if (outcome(decoder, Buffer.from(text)) === "value") {
          expect(decode(decoder, text)).toEqual(parsed);
        } else {
          // JSON.parse takes a key twice.
          expect(JSON.stringify(parsed).length).toBeLessThan(text.length);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  test("one byte changed anywhere in any kind of value ends in a value or a DecodeError", () => {
    const bench = createCodecBench(createJsonCodec());
    const decoder = createDecoder();
    const seen = { value: 0, refused: 0 };

    for (const { value } of codecValues()) {
      const bytes = bench.encode(value()).slice(0, 250);
      for (let at = 0; at < bytes.length; at++) {
        const was = bytes[at] ?? 0;
        for (const now of [0x20, 0x22, 0x24, 0x2c, 0x5d, 0x7b, was ^ 1]) {
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

describe("text that an encoder never makes is refused", () => {
  test.each(jsonLies)("%s", (_, text) => {
    const decoder = createDecoder();

    expect(outcome(decoder, Buffer.from(text))).toBe("refused");
    // And the decoder goes on as if nothing had been.
    expect(decode(decoder, "[7]")).toEqual([7]);
  });

  test.each([
    ["half a character", [0x22, 0xc3, 0x22]],
    ["a character longer than it needs", [0x22, 0xc0, 0xaf, 0x22]],
    ["half a surrogate pair as bytes", [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ["bytes that are no text behind an escape", [0x22, 0x5c, 0x6e, 0xff, 0x22]],
    ["a byte order mark", [0xef, 0xbb, 0xbf, 0x31]],
  ])("%s", (_, bytes) => {
    expect(outcome(createDecoder(), Uint8Array.from(bytes))).toBe("refused");
  });
});

test.each([0, 256, 1_000_000])(
  "a name of a class with %i characters is told to nobody: it is no name",
  (length) => {
    const text = JSON.stringify({ $instance: ["x".repeat(length), {}] });
    const decoding = (): unknown => decode(createDecoder(), text);

    expect(decoding).toThrow(DecodeError);
    expect(decoding).not.toThrow(UnknownTypeError);
  },
);

test("what others write otherwise is read: white space, escapes, any order of keys", () => {
  const decoder = createDecoder();

  expect(decode(decoder, ' { "b" : [ 1 , 2.50 ] ,\r\n\t"a" : "\\u0041\\/" } ')).toEqual({
    b: [1, 2.5],
    a: "A/",
  });
  expect(decode(decoder, '{ "$map" : [ [ 1 , { "$date" : 0 } ] ] }')).toEqual(
    new Map([[1, new Date(0)]]),
  );
  expect(decode(decoder, '{"$error":["Error",null,"no",{}]}')).toEqual(new Error("no"));
});

test("a key twice in a Map or Set is taken once, the later value standing", () => {
  const decoder = createDecoder();

  expect(decode(decoder, '{"$map":[[1,2],[1,3]]}')).toEqual(new Map([[1, 3]]));
  expect(decode(decoder, '{"$set":[1,1]}')).toEqual(new Set([1]));
});

test("a decoder does not run what it reads: no setter, no toJSON, no then, no toString", () => {
  const decoder = createDecoder();
  const text = '{"__proto__":{"polluted":true},"then":1,"toJSON":2,"toString":3}';

  const arrived = decode(decoder, text) as object;

  expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype);
  expect(Object.keys(arrived)).toEqual(["__proto__", "then", "toJSON", "toString"]);
  expect(Reflect.get({}, "polluted")).toBeUndefined();
});

test("numbers that V8 keeps in one bucket are refused as keys, on both ways", () => {
  const bench = createCodecBench(createJsonCodec());
  // Bigints that differ above their lowest 64 bits alone have one hash.
  const keys = Array.from({ length: 300 }, (_, i) => (BigInt(i) << 64n) + 5n);
  const written = keys.map((key) => `{"$bigint":"${key}"}`);
  const set = Buffer.from(`{"$set":[${written}]}`);
  const map = Buffer.from(`{"$map":[${written.map((key) => `[${key},1]`)}]}`);

  expect(() => bench.encode(new Set(keys))).toThrow(NotSerializableError);
  expect(() => bench.encode(new Map(keys.map((key) => [key, 1])))).toThrow(NotSerializableError);
  bench.expectDecodeError(set);
  bench.expectDecodeError(map);
  bench.expectArrival(new Set(keys.slice(0, 60)), new Set(keys.slice(0, 60)));
});

test.each([
  ["arrays that are numbered", (i: number) => `{"$def":[${i},[1]]}`],
  ["arrays with names", () => '{"$array":[[1],{"a":1}]}'],
  ["text of escapes", () => '"\\u0100"'],
  ["references", (i: number) => (i === 0 ? '{"$def":[0,[]]}' : '{"$ref":0}')],
  ["long digits", () => `1.${"0".repeat(40)}1`],
])("%s cost at most 64 bytes a value, 4 bytes a byte and 64 KiB", (_, item) => {
  const maxValues = 40_000;
  const decoder = createCodecBench(createJsonCodec(), { maxDepth: 100, maxValues }).decoder;
  const messageOf = (count: number): Buffer =>
    Buffer.from(`[${Array.from({ length: count }, (_, i) => item(i))}]`);
  let count = maxValues;
  while (outcome(decoder, messageOf(count)) === "refused") count = Math.floor(count * 0.9);
  const bytes = messageOf(count);

  const before = heapBytes();
  const message = decoder.decode(bytes, 0, bytes.length) as unknown[];
  const cost = heapBytes() - before;

  expect(message).toHaveLength(count);
  expect(cost).toBeLessThan(64 * maxValues + 4 * bytes.length + 64 * 1024);
});
