/**
 * Strings as bytes: short text a byte a character where all are below 256; other text as UTF-8, or
 * as UTF-16 where half of a surrogate pair stands alone, which UTF-8 cannot say.
 *
 * Short text is written, and the shortest read, byte by byte here, since a call into Node's own
 * code costs more; the rest goes there. The methods of `Buffer` are taken from its prototype
 * because they work on any `Uint8Array`, and making a `Buffer` of the batch for each string would
 * cost more.
 */
import type { ByteWriter } from "../../core/byte-writer.ts";
import { DecodeError } from "../../core/errors.ts";
import type { ByteReader } from "./byte-reader.ts";
import { tag } from "./tags.ts";

type WriteText = (this: Uint8Array, text: string, at: number, length: number) => number;
type SliceText = (this: Uint8Array, start: number, end: number) => string;

const latin1Write: WriteText = Reflect.get(Buffer.prototype, "latin1Write");
const utf8Write: WriteText = Reflect.get(Buffer.prototype, "utf8Write");
const ucs2Write: WriteText = Reflect.get(Buffer.prototype, "ucs2Write");
const latin1Slice: SliceText = Reflect.get(Buffer.prototype, "latin1Slice");
const utf8Slice: SliceText = Reflect.get(Buffer.prototype, "utf8Slice");
const ucs2Slice: SliceText = Reflect.get(Buffer.prototype, "ucs2Slice");
/** In the language since 2024, and so not in the library that this is compiled against. */
const wellFormed: (this: string) => boolean = Reflect.get(String.prototype, "isWellFormed");

/** Up to this length, reading here is faster than a call. It was measured. */
const longestRead = 12;
const longestShort = tag.shortTextEnd - tag.shortText - 1;
const replacement = "\ufffd";

/** Whether no half of a surrogate pair stands alone. */
export function isWellFormed(text: string): boolean {
  return wellFormed.call(text);
}

export function writeText(out: ByteWriter, text: string): void {
  const { length } = text;
  if (length > longestShort) {
    writeLongText(out, text);
    return;
  }
  out.reserve(length + 1);
  const { bytes } = out;
  const start = out.position + 1;
  bytes[start - 1] = tag.shortText + length;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) {
      writeLongText(out, text);
      return;
    }
    bytes[start + i] = code;
  }
  out.position = start + length;
}

function writeLongText(out: ByteWriter, text: string): void {
  const length = Buffer.byteLength(text);
  if (length !== text.length && !isWellFormed(text)) {
    writeUtf16(out, text);
    return;
  }
  out.byte(tag.text);
  out.varint(length);
  out.reserve(length);
  if (length === text.length) latin1Write.call(out.bytes, text, out.position, length);
  else utf8Write.call(out.bytes, text, out.position, length);
  out.position += length;
}

function writeUtf16(out: ByteWriter, text: string): void {
  const length = text.length * 2;
  out.byte(tag.utf16);
  out.varint(text.length);
  out.reserve(length);
  ucs2Write.call(out.bytes, text, out.position, length);
  out.position += length;
}

/** Reads text of `length` characters, a byte each. */
export function readShortText(input: ByteReader, length: number): string {
  const start = input.skip(length);
  const { bytes } = input;
  return length <= longestRead && start + longestRead <= bytes.length
    ? shortest(bytes, start, length)
    : latin1Slice.call(bytes, start, start + length);
}

/** Reads text of `length` bytes of UTF-8. */
export function readUtf8(input: ByteReader, length: number): string {
  const start = input.skip(length);
  const { bytes } = input;
  const text = utf8Slice.call(bytes, start, start + length);
  if (text.includes(replacement)) checkUtf8(bytes, start, length, text);
  return text;
}

export function readUtf16(input: ByteReader): string {
  const length = input.varint() * 2;
  const start = input.skip(length);
  const text = ucs2Slice.call(input.bytes, start, start + length);
  if (isWellFormed(text)) throw new DecodeError("Expected UTF-8 for well-formed text.");
  return text;
}

/** One call with all characters: V8 makes one flat string, and no call leaves JavaScript. */
function shortest(bytes: Uint8Array, at: number, length: number): string {
  const a = bytes[at] as number;
  const b = bytes[at + 1] as number;
  const c = bytes[at + 2] as number;
  const d = bytes[at + 3] as number;
  if (length === 4) return String.fromCharCode(a, b, c, d);
  if (length === 3) return String.fromCharCode(a, b, c);
  if (length === 2) return String.fromCharCode(a, b);
  if (length < 2) return length === 0 ? "" : String.fromCharCode(a);
  const e = bytes[at + 4] as number;
  const f = bytes[at + 5] as number;
  const g = bytes[at + 6] as number;
  const h = bytes[at + 7] as number;
  if (length === 5) return String.fromCharCode(a, b, c, d, e);
  if (length === 6) return String.fromCharCode(a, b, c, d, e, f);
  if (length === 7) return String.fromCharCode(a, b, c, d, e, f, g);
  if (length === 8) return String.fromCharCode(a, b, c, d, e, f, g, h);
  const i = bytes[at + 8] as number;
  const j = bytes[at + 9] as number;
  const k = bytes[at + 10] as number;
  const l = bytes[at + 11] as number;
  if (length === 9) return String.fromCharCode(a, b, c, d, e, f, g, h, i);
  if (length === 10) return String.fromCharCode(a, b, c, d, e, f, g, h, i, j);
  if (length === 11) return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k);
  return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l);
}

/** Tells a replacement character that was sent from one that stands for bytes that are no text. */
function checkUtf8(bytes: Uint8Array, start: number, length: number, text: string): void {
  const sent = Buffer.from(text);
  if (sent.length !== length || sent.compare(bytes, start, start + length) !== 0) {
    throw new DecodeError("Expected text in UTF-8, got bytes that are not.");
  }
}
