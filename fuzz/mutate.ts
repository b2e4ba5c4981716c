/**
 * Ways to spoil an input. They look at nothing but bytes, and work in one buffer that is used again
 * and again: as many inputs are made in a second as are run.
 */
import type { Draw } from "./draw.ts";

/** What spoilt inputs are made of. */
export interface Matter {
  /** Other inputs. */
  readonly pool: readonly Uint8Array[];
  readonly tokens: readonly Uint8Array[];
}

const edges = [0, 1, 2, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xfe, 0xff];
const fourByteEdges = [0, 1, 2, 0xff, 0x1_00ff, 0x1_0100, 0x1_0101, 0x7fff_ffff, 0xffff_ffff];
const mostRepeats = 40;
const mostAtOnce = 6;

type Way = (spoiler: Spoiler, draw: Draw, matter: Matter) => void;

export class Spoiler {
  readonly #bytes: Uint8Array;
  /** What is put in somewhere, until it is there. */
  readonly #chunk: Uint8Array;
  #chunkLength = 0;
  #length = 0;

  constructor(maxBytes: number) {
    this.#bytes = new Uint8Array(maxBytes);
    this.#chunk = new Uint8Array(maxBytes);
  }

  /** Spoils an input in so many ways, one after the other. */
  spoil(input: Uint8Array, times: number, draw: Draw, matter: Matter): Uint8Array {
    this.#length = Math.min(input.length, this.#bytes.length);
    this.#bytes.set(input.subarray(0, this.#length));
    for (let i = 0; i < times; i++) draw.of(ways)(this, draw, matter);
    return this.#bytes.slice(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  byteAt(at: number): number {
    return at < this.#length ? (this.#bytes[at] ?? 0) : 0;
  }

  setByte(at: number, byte: number): void {
    if (at < this.#length) this.#bytes[at] = byte;
  }

  truncate(length: number): void {
    this.#length = Math.min(length, this.#length);
  }

  /** At a place, so many bytes give way to the chunk, as far as there is room. */
  put(at: number, gone: number): void {
    const bytes = this.#bytes;
    const rest = Math.min(this.#length, at + gone);
    const count = Math.min(this.#chunkLength, bytes.length - at);
    const end = Math.min(bytes.length, at + count + this.#length - rest);
    bytes.copyWithin(at + count, rest, rest + end - at - count);
    bytes.set(this.#chunk.subarray(0, count), at);
    this.#length = end;
  }

  /** The chunk is these bytes, or a part of them. */
  takeChunk(from: Uint8Array, start = 0, end: number = from.length): void {
    const part = from.subarray(start, Math.min(end, start + this.#chunk.length));
    this.#chunk.set(part);
    this.#chunkLength = part.length;
  }

  /** A part of the input itself. */
  takeOwnChunk(start: number, end: number): void {
    this.takeChunk(this.#bytes.subarray(0, this.#length), start, end);
  }

  setChunk(length: number, byteOf: (index: number) => number): void {
    this.#chunkLength = Math.min(length, this.#chunk.length);
    for (let i = 0; i < this.#chunkLength; i++) this.#chunk[i] = byteOf(i);
  }

  get chunkLength(): number {
    return this.#chunkLength;
  }
}

/** The end of a part that begins there, mostly a short one. */
function endOfPart(start: number, length: number, draw: Draw): number {
  return start + 1 + draw.size(length - start);
}

const flipBit: Way = (input, draw) => {
  const at = draw.below(input.length);
  input.setByte(at, input.byteAt(at) ^ (1 << draw.below(8)));
};

const setByte: Way = (input, draw) => {
  input.setByte(draw.below(input.length), draw.oneIn(2) ? draw.of(edges) : draw.below(256));
};

const stepByte: Way = (input, draw) => {
  const at = draw.below(input.length);
  input.setByte(at, input.byteAt(at) + (draw.oneIn(2) ? 1 : 255));
};

const insert: Way = (input, draw) => {
  const edge = draw.oneIn(2) ? draw.of(edges) : undefined;
  input.setChunk(1 + draw.below(mostAtOnce), () => edge ?? draw.below(256));
  input.put(draw.below(input.length + 1), 0);
};

const remove: Way = (input, draw) => {
  input.setChunk(0, () => 0);
  input.put(draw.below(input.length), 1 + draw.size(input.length));
};

const truncate: Way = (input, draw) => input.truncate(draw.below(input.length + 1));

const repeat: Way = (input, draw) => {
  const start = draw.below(input.length + 1);
  input.takeOwnChunk(start, endOfPart(start, input.length, draw));
  const at = draw.below(input.length + 1);
  for (let times = 1 + draw.size(mostRepeats); times > 0; times--) input.put(at, 0);
};

const splice: Way = (input, draw, { pool }) => {
  if (pool.length === 0) return;
  const other = draw.of(pool);
  input.takeChunk(other, draw.below(other.length + 1));
  input.put(draw.below(input.length + 1), input.length);
};

const borrow: Way = (input, draw, { pool }) => {
  if (pool.length === 0) return;
  const other = draw.of(pool);
  const start = draw.below(other.length + 1);
  input.takeChunk(other, start, endOfPart(start, other.length, draw));
  putChunk(input, draw);
};

const fourBytes: Way = (input, draw) => {
  const word = draw.of(fourByteEdges);
  input.setChunk(4, (i) => (word >>> (24 - 8 * i)) & 255);
  input.put(draw.below(input.length + 1), draw.oneIn(4) ? 0 : 4);
};

const token: Way = (input, draw, { tokens }) => {
  if (tokens.length === 0) return;
  input.takeChunk(draw.of(tokens));
  putChunk(input, draw);
};

/** Between other bytes, or over as many. */
function putChunk(input: Spoiler, draw: Draw): void {
  input.put(draw.below(input.length + 1), draw.oneIn(2) ? input.chunkLength : 0);
}

const ways: readonly Way[] = [
  ...[flipBit, setByte, setByte, stepByte, insert, remove, truncate, repeat],
  ...[splice, borrow, fourBytes, token, token],
];
