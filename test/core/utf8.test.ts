import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter } from "../../src/core/byte-writer.ts";
import { BodyReader, writeText } from "../../src/core/frame.ts";
import { utf8Length } from "../../src/core/utf8.ts";

const texts = fc.oneof(
  fc.string({ maxLength: 70 }),
  fc.string({ unit: "binary", maxLength: 70 }),
  // Halves of surrogate pairs, alone and in both orders.
  fc
    .array(fc.constantFrom("a", "é", "€", "😀", "\ud83d", "\ude00"), { maxLength: 40 })
    .map((of) => of.join("")),
);

test("the length of a text is that of its UTF-8, and none when it is not well-formed", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const bytes = new TextEncoder().encode(text);
      const wellFormed = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes) === text;

      expect(utf8Length(text)).toBe(wellFormed ? bytes.length : undefined);
    }),
    { numRuns: 1_000 },
  );
});

test("a text of a frame is its UTF-8 with its length before it, and is read as it was", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const out = new ByteWriter(8);
      writeText(out, text);
      const bytes = out.take();
      const plain = new TextEncoder().encode(text);
      const body = new BodyReader(bytes, 0, bytes.length);

      expect([...bytes.subarray(-plain.length || bytes.length)]).toEqual([...plain]);
      expect(body.text(1_000)).toBe(new TextDecoder("utf-8", { ignoreBOM: true }).decode(plain));
      body.end();
    }),
    { numRuns: 1_000 },
  );
});
