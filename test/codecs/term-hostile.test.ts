import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { DecodeError } from "../../src/core/errors.ts";
import type { Decoder } from "../../src/ports/codec.ts";
import { createCodecBench } from "../../src/testing/codec-bench.ts";
import { codecValues } from "../../src/testing/codec-values.ts";

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

const manyKeys = Array.from({ length: 33 }, (_, i) => `01${(64 + i).toString(16)}`).join("");

/** Bytes that an encoder never makes, each of which says one thing that is not so. */
const lies: readonly (readonly [name: string, hex: string])[] = [
  ["nothing", ""],
  ["a tag that is not in use", "fc"],
  ["text longer than the message", "84616263"],
  ["long text longer than the message", "e9ffffffffffff1f61"],
  ["text that is not UTF-8", "82c328"],
  ["long text that is not UTF-8", "8d61616161616161616161616161ff"],
  ["UTF-16 for text that UTF-8 can say", "ea016100"],
  ["UTF-16 longer than the message", "eaffffffff0700d8"],
  ["an array longer than the message", "eeffff03"],
  ["an array of 2^53 - 1 elements", "eeffffffffffff0f"],
  ["a length beyond 2^53 - 1", "eeffffffffffffffff7f"],
  ["a length padded with zeros", "ee8000"],
  ["a whole number padded with zeros", "e4808000"],
  ["a small number with the tag of a large one", "e405"],
  ["a whole number beyond 32 bits", "e4808080808001"],
  ["a double cut short", "e6400000000000"],
  ["a bigint padded with zeros", "e7020100"],
  ["a negative bigint that is zero", "e800"],
  ["a bigint longer than the message", "e7ff0101"],
  ["a reference to nothing", "fb00"],
  ["a reference to what comes later", "d2fb0180"],
  ["a view of itself", "f601fb0000"],
  ["a view of what is no buffer", "f601d00000"],
  ["a view that reaches beyond its buffer", "f601f40101000a"],
  ["a view between two elements", "f503020102".replace("02", "03")],
  ["a view of an unknown kind", "f5630100"],
  ["a key twice in front of an object", "c20401610161" + "0102"],
  ["a key twice in a wide object", "ec02816101816102"],
  ["an index twice in a wide object", "ec0201020103"],
  ["an index among the keys in front", "c102013101"],
  ["an index as text in a wide object", "ec01813101"],
  ["a key that is no text", "ec01e001"],
  ["a fraction for a key", "ec01e63ff800000000000001"],
  ["more keys than properties", "c10401610162" + "01"],
  ["keys that end within a key", "c102056101"],
  ["33 keys in front", `eb2142${manyKeys}${"01".repeat(33)}`],
  ["an index among the named properties of an array", "ef0001" + "8130" + "01"],
  ["a pattern that is none", "f38128" + "80"],
  ["flags that are none", "f38161" + "8171"],
  ["a pattern that is a number", "f30180"],
  ["an error of an unknown kind", "f763e1e10000"],
  ["an error whose message is an object", "f700e1c00000"],
  ["an error with a hidden property of another name", "f700e1e101" + "8161" + "0100"],
  ["an error that sets its stack", "f700e1e10001" + "85737461636b" + "01"],
  ["an error of this package with an unknown code", "f708e1e10000"],
  ["a refusal of this package without its path", "f709e1e10000"],
  ["an address that does not end", `f83c0131${"00".repeat(8)}${"80".repeat(100)}`],
  ["an address with number 0", `f83c0131${"00".repeat(8)}00`],
  ["an address with a node that is none", `f83c0120${"00".repeat(8)}01`],
  ["an address without its mark", `f83d0131${"00".repeat(8)}01`],
  ["a close notice without a reason", "f98161" + "8161"],
  ["a conflict notice with a claimant that is no address", "fa8161" + "01c0"],
  ["a map longer than the message", "f0ff01"],
  ["a map that ends after a key", "f00101"],
];

describe("bytes that an encoder never makes are refused", () => {
  test.each(lies)("%s", (_, hex) => {
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
