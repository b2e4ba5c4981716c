/**
 * Large buffers, whose bytes stand behind all the rest of their message.
 *
 * A message that has some begins with their lengths. So whoever puts it together from pieces can
 * gather each in a buffer of just its size, which is the one that the user gets.
 */
import { ByteWriter } from "../../core/byte-writer.ts";
import { DecodeError } from "../../core/errors.ts";
import { changedMeanwhile } from "../../core/refusal.ts";
import { ByteReader, copyOf, truncated } from "./byte-reader.ts";
import { tag } from "./tags.ts";

/** A shorter buffer stays where it is: a message that is no longer goes in one piece. */
const leastAttachedBytes = 65_536;
/** The rest stays where it is, so that the lengths are soon there when a message begins to come. */
const mostAttachments = 64;

const noBytes = new Uint8Array(0);

/** The attachments of the message that is being written. */
export class AttachedBytes {
  readonly #list: { readonly bytes: Uint8Array; readonly length: number }[] = [];

  /** Whether these bytes go behind the message. If not, they are to be written in it. */
  add(bytes: Uint8Array): boolean {
    const { length } = bytes;
    if (length < leastAttachedBytes || this.#list.length === mostAttachments) return false;
    this.#list.push({ bytes, length });
    return true;
  }

  /** The message that begins at `mark` is there without its attachments. */
  write(out: ByteWriter, mark: number): void {
    if (this.#list.length === 0) return;
    const head = this.#head();
    out.reserve(this.#list.reduce((sum, { length }) => sum + length, head.length));
    const start = out.at(mark);
    out.bytes.copyWithin(start + head.length, start, out.position);
    out.bytes.set(head, start);
    out.position += head.length;
    for (const { bytes, length } of this.#list) {
      // A getter of the message may have given the buffer away.
      if (bytes.length !== length) throw changedMeanwhile();
      out.raw(bytes);
    }
  }

  clear(): void {
    if (this.#list.length > 0) this.#list.length = 0;
  }

  #head(): Uint8Array {
    const head = new ByteWriter(2 + 8 * this.#list.length);
    head.byte(tag.attachments);
    head.byte(this.#list.length);
    for (const { length } of this.#list) head.varint(length);
    return head.take();
  }
}

/** The attachments of the message that is being read, in the order of what refers to them. */
export class Attachments {
  #lengths: readonly number[] = [];
  #given: readonly ArrayBuffer[] | undefined;
  #bytes: Uint8Array = noBytes;
  #position = 0;
  #next = 0;

  /** Takes their lengths from the front of `input` and, if they are not `given`, their bytes. */
  begin(input: ByteReader, given: readonly ArrayBuffer[] | undefined): void {
    const lengths = readLengths(input);
    if (given === undefined) {
      const total = sum(lengths);
      if (total > input.remaining) throw truncated();
      input.end -= total;
    } else if (given.length !== lengths.length || given.some(isNot(lengths))) {
      throw new DecodeError("The message has other attachments than it says.");
    }
    this.#lengths = lengths;
    this.#given = given;
    this.#bytes = input.bytes;
    this.#position = input.end;
    this.#next = 0;
  }

  next(): ArrayBuffer {
    const index = this.#next++;
    const length = this.#lengths[index];
    if (length === undefined) throw new DecodeError("There is no such attachment.");
    const given = this.#given?.[index];
    if (given !== undefined) return given;
    const start = this.#position;
    this.#position += length;
    return copyOf(this.#bytes, start, length).buffer;
  }

  end(): void {
    if (this.#next !== this.#lengths.length) {
      throw new DecodeError("The message has an attachment that it does not refer to.");
    }
  }

  forget(): void {
    this.#lengths = [];
    this.#given = undefined;
    this.#bytes = noBytes;
  }
}

/** What a message of `totalBytes` that begins with these bytes says of its attachments. */
export function attachmentsOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  totalBytes: number,
): readonly number[] {
  try {
    const lengths = readLengths(new ByteReader(bytes, start, end));
    return sum(lengths) < totalBytes ? lengths : [];
  } catch (thrown) {
    // What is wrong with it is said when the message is read.
    if (thrown instanceof DecodeError) return [];
    throw thrown;
  }
}

function readLengths(input: ByteReader): readonly number[] {
  if (input.remaining === 0 || input.bytes[input.position] !== tag.attachments) return [];
  input.position++;
  const count = input.byte();
  if (count === 0 || count > mostAttachments) {
    throw new DecodeError(
      `A message has 1 to ${mostAttachments} attachments if any, not ${count}.`,
    );
  }
  return Array.from({ length: count }, () => {
    const length = input.varint();
    if (length < leastAttachedBytes) throw new DecodeError("An attachment is too short for one.");
    return length;
  });
}

function isNot(lengths: readonly number[]) {
  return ({ byteLength }: ArrayBuffer, index: number): boolean => byteLength !== lengths[index];
}

function sum(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total + length, 0);
}
