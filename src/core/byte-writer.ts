/**
 * Bytes being put together, at one growing end.
 *
 * Many frames are appended by many hands and taken out together, once a turn of the event loop. The
 * bytes taken stay where they are and are never written to again, so a taker may keep them until it
 * gives their memory back itself (`slabs.ts`). The writer goes on behind them in the same slab and
 * takes another slab only when that one is full.
 *
 * `bytes` and `position` are open to writers on the way of a message, which call `reserve` once and
 * then put bytes in directly.
 */
import type { Slabs } from "./slabs.ts";

const slabBytes = 64 * 1024;
/** So much room there is in front of what is detached, for the head of a frame. */
const bytesInFront = 16;

/** More bytes were put together than the writer's `ceiling` allows. */
export class TooManyBytes extends Error {}

/**
 * Bytes being put together, at one growing end. A codec appends what it encodes with `byte`,
 * `uint32`, `varint` and `raw`; the rest is for those who know how it keeps its memory.
 */
export class ByteWriter {
  /** The current slab. Replaced by `reserve`, so read it again after each call of it. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Where the next byte goes. */
  position = 0;
  /**
   * The most bytes that may wait, as far as memory is concerned: a slab is not made larger than
   * they need. Smaller excesses go unnoticed, so whoever has a limit compares as well.
   */
  ceiling: number = Number.POSITIVE_INFINITY;
  /** Where the bytes that have not been taken begin. */
  #start = 0;
  /** The slab that a larger one has taken the place of, and where what waits began in it. */
  #home: { readonly slab: Uint8Array<ArrayBuffer>; readonly at: number } | undefined;
  readonly #slabBytes: number;
  readonly #slabs: Slabs | undefined;

  /** With `slabs`, what is taken goes back there when nobody needs it any more. */
  constructor(initialBytes: number = slabBytes, slabs?: Slabs) {
    this.#slabBytes = initialBytes;
    this.#slabs = slabs;
    this.bytes = this.#slab(initialBytes, initialBytes);
  }

  /** How many bytes wait to be taken. */
  get length(): number {
    return this.position - this.#start;
  }

  /** Makes room for `count` more bytes behind `position`. Throws `TooManyBytes`. */
  reserve(count: number): void {
    if (this.position + count <= this.bytes.length) return;
    const waiting = this.bytes.subarray(this.#start, this.position);
    const needed = waiting.length + count;
    if (needed > this.ceiling) throw new TooManyBytes();
    // Doubling while one batch grows keeps the copying linear. What ends soon after all, as most
    // batches do, and something large that comes at once are given little more than they need.
    const long = waiting.length >= 4 * this.#slabBytes;
    const more = long ? waiting.length : this.#slabBytes / 4;
    const wanted = Math.max(waiting.length + more, needed + (needed >> 3));
    const grown = Math.min(wanted, this.ceiling);
    // What is this large mostly leaves again at once, by `detach`.
    if (this.bytes.length === this.#slabBytes) this.#home = { slab: this.bytes, at: this.#start };
    const room = needed <= this.#slabBytes / 2 ? this.#slabBytes : grown + bytesInFront;
    this.bytes = this.#slab(needed + bytesInFront, Math.max(room, needed + bytesInFront));
    this.bytes.set(waiting, bytesInFront);
    this.#start = bytesInFront;
    this.position = bytesInFront + waiting.length;
  }

  /**
   * A mark that survives `reserve`, but not `take`: the number of bytes waiting now. `rollback`
   * returns to it, and `at` gives its place in the present slab.
   */
  mark(): number {
    return this.position - this.#start;
  }

  /** Where a mark is in `bytes`, until the next call of `reserve` or `take`. */
  at(mark: number): number {
    return this.#start + mark;
  }

  /** Takes back all that was appended since the mark. */
  rollback(mark: number): void {
    this.position = this.#start + mark;
    // What is gone may have needed a slab of its own.
    const { bytes } = this;
    if (bytes.length <= this.#slabBytes || mark > this.#slabBytes / 2) return;
    this.#renew(this.position);
    this.#slabs?.giveBack(bytes);
  }

  /** A copy of the bytes from `mark` on. */
  slice(mark: number): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(this.#start + mark, this.position);
  }

  /**
   * Takes out the bytes from `mark` on, which are the taker's from now on, with what lies in front
   * of them in their memory: without a copy, unless that would keep much more memory than they
   * need.
   */
  detach(mark: number): Uint8Array<ArrayBuffer> {
    const place = this.at(mark);
    const length = this.position - place;
    if (length < this.bytes.length / 2) {
      const copy = this.slice(mark);
      this.rollback(mark);
      return copy;
    }
    const detached = this.bytes.subarray(place, this.position);
    this.#renew(place);
    return detached;
  }

  /**
   * Hands out the bytes that wait. They are the taker's from now on, and no slab from before is
   * gone back to: what is taken lies in one slab after the other.
   */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.bytes.subarray(this.#start, this.position);
    this.#start = this.position;
    // A batch that needed a slab of its own must not make every later small one hold on to it.
    this.#home = undefined;
    if (this.bytes.length > this.#slabBytes) this.#renew(this.position);
    return taken;
  }

  /** Appends one byte, 0 to 255. */
  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.position++] = value;
  }

  /** Appends four bytes, big end first. */
  uint32(value: number): void {
    this.reserve(4);
    this.uint32At(this.position, value);
    this.position += 4;
  }

  /** Overwrites four bytes at `place`, big end first. */
  uint32At(place: number, value: number): void {
    const { bytes } = this;
    bytes[place] = value >>> 24;
    bytes[place + 1] = value >>> 16;
    bytes[place + 2] = value >>> 8;
    bytes[place + 3] = value;
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte, the small end first. */
  varint(value: number): void {
    this.reserve(8);
    const { bytes } = this;
    let { position } = this;
    let rest = value;
    while (rest > 0x7fff_ffff) {
      bytes[position++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      bytes[position++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[position++] = rest;
    this.position = position;
  }

  /** Appends a copy of these bytes. */
  raw(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.position);
    this.position += source.length;
  }

  /** Goes on in a slab of ordinary size, if that is enough, with what waits up to `end`. */
  #renew(end: number): void {
    const waiting = this.bytes.subarray(this.#start, end);
    const home = this.#home;
    this.#home = undefined;
    if (home !== undefined && home.at + waiting.length <= home.slab.length) {
      this.bytes = home.slab;
      this.#start = home.at;
    } else {
      const room = Math.max(this.#slabBytes, waiting.length * 2);
      this.bytes = this.#slab(room, room);
      this.#start = 0;
    }
    this.bytes.set(waiting, this.#start);
    this.position = this.#start + waiting.length;
  }

  #slab(needed: number, room: number): Uint8Array<ArrayBuffer> {
    return this.#slabs?.obtain(needed, room) ?? new Uint8Array(room);
  }
}
