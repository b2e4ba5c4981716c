/** Numbers and bigints as bytes. */
import type { ByteWriter } from "../../core/byte-writer.ts";
import { DecodeError } from "../../core/errors.ts";
import { type ByteReader, copyOf } from "./byte-reader.ts";
import { tag } from "./tags.ts";

/** The eight bytes of one double, to copy from or into a batch at any place. */
export class DoubleBytes {
  readonly #view = new DataView(new ArrayBuffer(8));

  write(out: ByteWriter, value: number): void {
    out.reserve(8);
    this.#view.setFloat64(0, value);
    out.uint32At(out.position, this.#view.getUint32(0));
    out.uint32At(out.position + 4, this.#view.getUint32(4));
    out.position += 8;
  }

  read(input: ByteReader): number {
    const start = input.skip(8);
    this.#view.setUint32(0, uint32At(input.bytes, start));
    this.#view.setUint32(4, uint32At(input.bytes, start + 4));
    return this.#view.getFloat64(0);
  }
}

function uint32At(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] as const;
  return ((a as number) << 24) | ((b as number) << 16) | ((c as number) << 8) | (d as number);
}

const mostUint = 2 ** 32 - 1;
const mostNegated = 2 ** 31 - 1;

/** Whole numbers of 32 bits are short; everything else, and -0, is a double. */
export function writeNumber(out: ByteWriter, value: number, double: DoubleBytes): void {
  if (value >>> 0 === value && !Object.is(value, -0)) {
    if (value < tag.smallIntEnd) {
      out.byte(value);
      return;
    }
    out.byte(tag.uint);
    out.varint(value);
  } else if ((value | 0) === value && value < 0) {
    out.byte(tag.negativeInt);
    out.varint(~value);
  } else {
    out.byte(tag.double);
    double.write(out, value);
  }
}

export function readUint(input: ByteReader): number {
  const value = input.varint();
  if (value < tag.smallIntEnd || value > mostUint) throw notShortest();
  return value;
}

export function readNegativeInt(input: ByteReader): number {
  const value = input.varint();
  if (value > mostNegated) throw notShortest();
  return ~value;
}

/** Sign in the tag, then how many bytes, then the magnitude with its small end first. */
export function writeBigint(out: ByteWriter, value: bigint): void {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString(16);
  const length = value === 0n ? 0 : (digits.length + 1) >> 1;
  out.byte(negative ? tag.negativeBigint : tag.bigint);
  out.varint(length);
  out.reserve(length);
  const magnitude = Buffer.from(digits.padStart(length * 2, "0"), "hex");
  for (let i = 0; i < length; i++)
    out.bytes[out.position + i] = magnitude[length - 1 - i] as number;
  out.position += length;
}

export function readBigint(input: ByteReader, negative: boolean): bigint {
  const length = input.varint();
  const start = input.skip(length);
  if (length === 0) {
    if (negative) throw new DecodeError("There is no negative zero among the bigints.");
    return 0n;
  }
  if (input.bytes[start + length - 1] === 0) {
    throw new DecodeError("A bigint is padded with zeros.");
  }
  const value = readMagnitude(input.bytes, start, length);
  return negative ? -value : value;
}

/** So many bytes fit into a number, and so many bits. */
const bytesOfNumber = 6;
const bitsOfNumber = 48n;

/** Most bigints are small, and one or two numbers become one in a tenth of the time of text. */
function readMagnitude(bytes: Uint8Array, start: number, length: number): bigint {
  if (length <= bytesOfNumber) return BigInt(readNumber(bytes, start, length));
  if (length <= 2 * bytesOfNumber) {
    const low = readNumber(bytes, start, bytesOfNumber);
    const high = readNumber(bytes, start + bytesOfNumber, length - bytesOfNumber);
    return (BigInt(high) << bitsOfNumber) | BigInt(low);
  }
  const magnitude = Buffer.from(copyOf(bytes, start, length).buffer).reverse();
  // The language gives its longest bigint no name; past it, this throws a SyntaxError.
  return BigInt(`0x${magnitude.toString("hex")}`);
}

function readNumber(bytes: Uint8Array, start: number, length: number): number {
  let value = 0;
  for (let i = start + length - 1; i >= start; i--) value = value * 256 + (bytes[i] as number);
  return value;
}

function notShortest(): DecodeError {
  return new DecodeError("A whole number is not in its shortest form.");
}
