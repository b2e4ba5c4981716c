/**
 * The tokens of JSON (RFC 8259) in bytes that came. Nothing else passes: no byte beyond the end, no
 * comma too many, no text that is not UTF-8, no key without its colon.
 */
import { isUtf8 } from "node:buffer";
import { DecodeError } from "../../core/errors.ts";

type SliceText = (this: Uint8Array, start: number, end: number) => string;

/** They work on any `Uint8Array`; making a `Buffer` of the bytes for each text would cost more. */
const latin1Slice: SliceText = Reflect.get(Buffer.prototype, "latin1Slice");
const utf8Slice: SliceText = Reflect.get(Buffer.prototype, "utf8Slice");

export const char = {
  quote: 0x22,
  dollar: 0x24,
  comma: 0x2c,
  minus: 0x2d,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  bracket: 0x5b,
  backslash: 0x5c,
  bracketEnd: 0x5d,
  /** Of `null`, `true` and `false`. */
  n: 0x6e,
  t: 0x74,
  f: 0x66,
  brace: 0x7b,
  braceEnd: 0x7d,
} as const;

const numberPattern = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
/** So many digits always make a number that is exact. */
const fewDigits = 15;
/** Texts up to this length are kept, since keys and the like come again and again. */
const longestKept = 32;
const keptTexts = 512;

export class JsonInput {
  #bytes: Uint8Array = new Uint8Array(0);
  #position = 0;
  #end = 0;
  /** By what their characters add up to, one for each sum. */
  readonly #kept: string[] = new Array<string>(keptTexts).fill("");

  begin(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
  }

  /** The next byte that is no white space, which is not stepped over. */
  peek(): number {
    const bytes = this.#bytes;
    for (; this.#position < this.#end; this.#position++) {
      const byte = bytes[this.#position] as number;
      if (byte > 0x20 || !isSpace(byte)) return byte;
    }
    throw truncated();
  }

  /** Steps over a byte that must be there. */
  expect(byte: number): void {
    if (this.peek() !== byte) throw this.#unexpected(String.fromCharCode(byte));
    this.#position++;
  }

  /** Steps over the opening byte. False if nothing is inside, and the end has been stepped over. */
  opens(open: number, close: number): boolean {
    this.expect(open);
    if (this.peek() !== close) return true;
    this.#position++;
    return false;
  }

  /** Behind one of several values: whether there is one more. Else the end is stepped over. */
  more(close: number): boolean {
    const byte = this.peek();
    if (byte !== char.comma && byte !== close) throw this.#unexpected("a comma or the end");
    this.#position++;
    return byte === char.comma;
  }

  /** Whether the value is at its end, and nothing but white space behind it. */
  isOver(): boolean {
    while (this.#position < this.#end) {
      if (!isSpace(this.#bytes[this.#position] as number)) return false;
      this.#position++;
    }
    return true;
  }

  /** Steps over `null`, `true` or `false`. */
  word<T>(word: string, value: T): T {
    const start = this.#position;
    for (let i = 0; i < word.length; i++) {
      if (start + i >= this.#end) throw truncated();
      if (this.#bytes[start + i] !== word.charCodeAt(i)) throw this.#unexpected(word);
    }
    this.#position += word.length;
    return value;
  }

  key(): string {
    const key = this.text();
    this.expect(char.colon);
    return key;
  }

  text(): string {
    this.expect(char.quote);
    const bytes = this.#bytes;
    const start = this.#position;
    let sum = 0;
    let wide = 0;
    for (let at = start; at < this.#end; at++) {
      const byte = bytes[at] as number;
      if (byte === char.quote) {
        this.#position = at + 1;
        if (wide > 0x7f) return this.#wide(start, at);
        return at - start > longestKept
          ? latin1Slice.call(bytes, start, at)
          : this.#short(start, at, sum & (keptTexts - 1));
      }
      if (byte === char.backslash) return this.#escaped(start, at);
      if (byte < 0x20) throw this.#unexpected("text");
      wide |= byte;
      sum = (sum * 31 + byte) | 0;
    }
    throw truncated();
  }

  /** Text as it stands, a character a byte, in which the caller takes no escape and no `\`. */
  raw(): string {
    this.expect(char.quote);
    const start = this.#position;
    const end = this.#bytes.indexOf(char.quote, start);
    if (end < 0 || end >= this.#end) throw truncated();
    this.#position = end + 1;
    return latin1Slice.call(this.#bytes, start, end);
  }

  number(): number {
    const bytes = this.#bytes;
    const start = this.#position;
    let at = start;
    let value = 0;
    for (; at < this.#end; at++) {
      const digit = (bytes[at] as number) - char.zero;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const digits = at - start;
    const plain = at >= this.#end || !isOfNumber(bytes[at] as number);
    if (
      plain &&
      digits > 0 &&
      digits <= fewDigits &&
      (bytes[start] !== char.zero || digits === 1)
    ) {
      this.#position = at;
      return value;
    }
    return this.#anyNumber(start, at);
  }

  #anyNumber(start: number, from: number): number {
    let at = from;
    while (at < this.#end && isOfNumber(this.#bytes[at] as number)) at++;
    if (at === start) throw this.#unexpected("a value");
    const text = latin1Slice.call(this.#bytes, start, at);
    const value = Number(text);
    if (!numberPattern.test(text) || !Number.isFinite(value)) throw this.#unexpected("a number");
    this.#position = at;
    return value;
  }

  #short(start: number, end: number, place: number): string {
    const kept = this.#kept[place] as string;
    if (kept.length === end - start) {
      let i = 0;
      while (i < kept.length && kept.charCodeAt(i) === this.#bytes[start + i]) i++;
      if (i === kept.length) return kept;
    }
    const text = latin1Slice.call(this.#bytes, start, end);
    this.#kept[place] = text;
    return text;
  }

  #wide(start: number, end: number): string {
    if (!isUtf8(this.#bytes.subarray(start, end))) throw this.#unexpected("text in UTF-8");
    return utf8Slice.call(this.#bytes, start, end);
  }

  /** Text with escapes, the first of which is at `from`. */
  #escaped(start: number, from: number): string {
    let at = from;
    while (at < this.#end && this.#bytes[at] !== char.quote) {
      at += this.#bytes[at] === char.backslash ? 2 : 1;
    }
    if (at >= this.#end) throw truncated();
    this.#position = at + 1;
    // What is no escape becomes the cause of a DecodeError.
    return JSON.parse(`"${this.#wide(start, at)}"`);
  }

  #unexpected(wanted: string): DecodeError {
    return new DecodeError(`Expected ${wanted} at byte ${this.#position} of the message's JSON.`);
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Digits, `+`, `-`, `.`, `e` and `E`. */
function isOfNumber(byte: number): boolean {
  return (
    (byte >= char.zero && byte <= char.nine) ||
    byte === char.minus ||
    byte === 0x2b ||
    byte === 0x2e ||
    (byte | 0x20) === 0x65
  );
}

function truncated(): DecodeError {
  return new DecodeError("The message ends before its value does.");
}
