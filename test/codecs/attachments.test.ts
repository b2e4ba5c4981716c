import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { ByteWriter, TooManyBytes } from "../../src/core/byte-writer.ts";
import { DecodeError } from "../../src/core/errors.ts";
import { createCodecBench } from "../../src/testing/codec-bench.ts";
import { whereDifferent } from "../../src/testing/same-value.ts";

const least = 65_536;

function bytesOf(length: number, seed = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + seed) & 255);
}

/** A decoder, and a message encoded and cut as a link does it. */
function cutUp(message: unknown) {
  const { decoder, encode } = createCodecBench(createTermCodec());
  const bytes = encode(message);
  const lengthsIn = (end: number, total = bytes.length) =>
    decoder.attachments?.(bytes, 0, end, total) ?? [];
  const lengths = lengthsIn(bytes.length);
  let end = bytes.length - lengths.reduce((sum, length) => sum + length, 0);
  const own = end;
  const buffers = lengths.map((length) => {
    end += length;
    return bytes.slice(end - length, end).buffer;
  });
  return { decoder, bytes, lengthsIn, lengths, own, buffers };
}

const head = `fd01808004`;
const zeros = "00".repeat(least);
const lies: readonly (readonly [string, string])[] = [
  ["no attachments, said so", "fd0001"],
  ["more than 64", `fd41${"808004".repeat(65)}01`],
  ["one longer than the message", `${head}fe${"00".repeat(1_000)}`],
  ["one of 2^53 - 1 bytes", `fd01ffffffffffffff0ffe${zeros}`],
  ["several that are longer together", `fd03${"808004".repeat(3)}d3fefefe${zeros}${zeros}`],
  ["one short enough to be in its place", `fd01ffff03fe${zeros.slice(2)}`],
  ["a length padded with zeros", `fd0180808400fe${zeros}`],
  ["one that nothing refers to", `${head}01${zeros}`],
  ["one referred to twice", `${head}d2fefe${zeros}`],
  ["a reference to one where there are none", "fe"],
  ["attachments of a value inside", `d1${head}fe${zeros}`],
  ["attachments of nothing", `${head}${zeros}`],
  ["bytes between the value and its attachments", `${head}fe00${zeros}`],
];

describe("a large buffer", () => {
  test("goes behind its message, and is what arrives if it was gathered on its own", () => {
    const binary = bytesOf(100_000);
    const part = bytesOf(90_000).subarray(10_000);
    const message = { id: 1, binary, again: binary.buffer, part };
    const { decoder, bytes, lengths, own, buffers } = cutUp(message);

    expect(lengths).toEqual([100_000, 80_000]);
    expect(own).toBeLessThan(100);
    const arrived = decoder.decode(bytes, 0, own, buffers) as typeof message;
    expect(whereDifferent(arrived, message)).toBeUndefined();
    expect(arrived.binary.buffer).toBe(buffers[0]);
    expect(arrived.again).toBe(buffers[0]);
    expect(arrived.part.buffer).toBe(buffers[1]);
    expect([arrived.part.byteOffset, arrived.part.buffer.byteLength]).toEqual([0, 80_000]);
  });

  test("is copied where its message lies in one place", () => {
    const { decoder, bytes } = cutUp([bytesOf(least, 1), bytesOf(least, 2)]);
    const arrived = decoder.decode(bytes, 0, bytes.length) as Uint8Array[];
    bytes.fill(0xee);

    expect(whereDifferent(arrived, [bytesOf(least, 1), bytesOf(least, 2)])).toBeUndefined();
    expect(arrived.map(({ buffer }) => buffer.byteLength)).toEqual([least, least]);
  });

  test("stays in its place below 65,536 bytes, and beyond the 64th of a message", () => {
    expect(cutUp(bytesOf(least - 1)).lengths).toEqual([]);
    const many = Array.from({ length: 66 }, (_, seed) => bytesOf(least, seed));
    const { decoder, bytes, lengths, own, buffers } = cutUp(many);

    expect(lengths).toEqual(Array<number>(64).fill(least));
    const arrived = decoder.decode(bytes, 0, own, buffers) as Uint8Array[];
    const same = arrived.map((each, index) => Buffer.compare(each, many[index] ?? each));
    expect(same).toEqual(Array<number>(66).fill(0));
  });

  test("is refused if a getter of its message gives it away", () => {
    const { encode, decode } = createCodecBench(createTermCodec());
    const { buffer } = bytesOf(least);
    const message = {
      buffer,
      get after() {
        return structuredClone(1, { transfer: [buffer] });
      },
    };

    expect(() => encode(message)).toThrow("changed");
    expect(decode(encode([bytesOf(least)]))).toEqual([bytesOf(least)]);
  });

  test("is given up beyond the ceiling before memory is made for it", () => {
    const { encoder } = createCodecBench(createTermCodec());
    const out = new ByteWriter(256);
    out.ceiling = 1_000_000;

    expect(() => encoder.encode(bytesOf(2_000_000), out)).toThrow(TooManyBytes);
    expect(out.bytes.length).toBe(256);
  });
});

describe("what is said of attachments when a message begins", () => {
  test("is the same however much has come, once all of their lengths have", () => {
    const { bytes, lengthsIn, lengths } = cutUp([bytesOf(least), bytesOf(70_000)]);

    expect(lengths).toEqual([least, 70_000]);
    for (let end = 0; end < 40; end++) expect(lengthsIn(end)).toEqual(end < 8 ? [] : lengths);
    expect(lengthsIn(40, least + 70_001)).toEqual(lengths);
    expect(lengthsIn(40, least + 70_000)).toEqual([]);
    expect(lengthsIn(bytes.length, 10)).toEqual([]);
  });

  test("is never more than the message has, whatever the bytes", () => {
    const decoder = createCodecBench(createTermCodec()).decoder;
    const said = fc.uint8Array({ maxLength: 300 }).map((list) => Uint8Array.of(0xfd, ...list));

    fc.assert(
      fc.property(said, fc.nat(10_000_000), (bytes, total) => {
        const lengths = decoder.attachments?.(bytes, 0, bytes.length, total) ?? [];
        for (const length of lengths) expect(length).toBeGreaterThanOrEqual(least);
        if (lengths.length === 0) return;
        expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(total);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a lie about attachments is refused", () => {
  test.each(lies)("%s", (_, hex) => {
    const { decoder } = createCodecBench(createTermCodec());
    const bytes = Buffer.from(hex, "hex");

    expect(() => decoder.decode(bytes, 0, bytes.length)).toThrow(DecodeError);
    // And the decoder goes on as if nothing had been, and has no attachment left.
    expect(() => decoder.decode(Uint8Array.of(0xfe), 0, 1)).toThrow(DecodeError);
    expect(decoder.decode(Uint8Array.of(0xd1, 7), 0, 2)).toEqual([7]);
  });

  test("other buffers than the message says", () => {
    const { decoder, bytes, own, buffers } = cutUp([bytesOf(least), bytesOf(70_000)]);

    for (const given of [[], buffers.slice(1), buffers.toReversed(), [...buffers, ...buffers]]) {
      expect(() => decoder.decode(bytes, 0, own, given)).toThrow(DecodeError);
    }
    expect(() => decoder.decode(Uint8Array.of(1), 0, 1, buffers)).toThrow(DecodeError);
  });
});
