/** A place in bytes that came, which never leaves the stretch that belongs to the message. */
import { DecodeError } from "../../core/errors.ts";

export class ByteReader {
  bytes: Uint8Array;
  position: number;
  end: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  byte(): number {
    if (this.position >= this.end) throw truncated();
    return this.bytes[this.position++] as number;
  }

  /** Steps over `count` bytes, after making sure that they are there. Returns where they begin. */
  skip(count: number): number {
    const start = this.position;
    if (count > this.end - start) throw truncated();
    this.position = start + count;
    return start;
  }

  /**
   * A whole number up to 2^53 - 1, seven bits a byte, the small end first, in its shortest form.
   */
  varint(): number {
    const first = this.byte();
    if (first < 128) return first;
    let value = first & 127;
    let scale = 128;
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (!Number.isSafeInteger(value)) throw new DecodeError("A number is beyond 2^53 - 1.");
      if (byte === 0) throw new DecodeError("A number is padded with zeros.");
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  /** A length of something that takes at least one byte each. */
  count(): number {
    const count = this.varint();
    if (count > this.end - this.position) throw truncated();
    return count;
  }
}

export function truncated(): DecodeError {
  return new DecodeError("The message ends before its value does.");
}

/** Not `slice`, which for a `Buffer` gives a view of the same memory. */
export function copyOf(bytes: Uint8Array, start: number, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.subarray(start, start + length));
}
