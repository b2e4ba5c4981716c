/**
 * Finds frames in a stream of bytes, wherever the stream was cut.
 *
 * A frame that lies whole in a chunk is handed on where it lies; only one that spans chunks is
 * gathered. One with a piece of a message is not even then: its bytes are handed on as they come,
 * since they are put together elsewhere. A length beyond the limit is a violation as soon as it has
 * been read, before any byte behind it is kept, and room is made as bytes come, not as they are
 * announced.
 */
import { DecodeError } from "./errors.ts";
import { frameType } from "./frame.ts";

/** Takes the frames of a reader: the body lies in `bytes` from `start` to `end` during the call. */
export interface FrameSink {
  /**
   * `false` ends the reading: nothing more of this stream is wanted. So many bytes of the body as
   * `restBytes` says are still to come; never any for a sink without `onRest`.
   */
  onFrame(type: number, bytes: Uint8Array, start: number, end: number, restBytes: number): boolean;
  /** More of the body of the frame before. Left out by a sink that takes every frame whole. */
  onRest?(bytes: Uint8Array, start: number, end: number, restBytes: number): boolean;
}

const lengthBytes = 4;
/** So much of a piece's frame comes together: its length, its type, and the numbers behind them. */
const pieceHeadBytes = 32;
const firstRoomBytes = 4096;

export class FrameReader {
  /** The most bytes that a frame may have behind its length. Grows when the peer is known. */
  limitBytes: number;
  /** Holds the beginning of a frame whose rest has not come, its length included. Used again. */
  #held: Uint8Array<ArrayBuffer> | undefined;
  #heldBytes = 0;
  /** What is still to come of a frame whose beginning has been handed on. */
  #restBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /**
   * Feeds the next chunk. Throws `DecodeError` at a violation; the reader is of no use after it.
   */
  push(chunk: Uint8Array, sink: FrameSink): void {
    let position = this.#restBytes > 0 ? this.#goOn(chunk, 0, sink) : 0;
    while (this.#heldBytes > 0 && position < chunk.length) {
      position = this.#complete(chunk, position, sink);
      if (this.#restBytes > 0) position = this.#goOn(chunk, position, sink);
    }
    if (position < 0) return;
    while (chunk.length - position >= lengthBytes) {
      const end = position + lengthBytes + this.#lengthAt(chunk, position);
      if (end > chunk.length) break;
      const type = chunk[position + lengthBytes] ?? 0;
      if (!sink.onFrame(type, chunk, position + lengthBytes + 1, end, 0)) return;
      position = end;
    }
    if (position < chunk.length) this.#begin(chunk, position, sink);
  }

  /** The chunk ends in a frame that is not whole. */
  #begin(chunk: Uint8Array, position: number, sink: FrameSink): void {
    const { length } = chunk;
    const inParts = length - position >= pieceHeadBytes && isPiece(chunk, position, sink);
    if (inParts) this.#handOn(chunk, position, length, sink);
    else this.#hold(chunk, position, length);
  }

  /** Hands on a frame, or what has come of it. Returns whether more of the stream is wanted. */
  #handOn(bytes: Uint8Array, start: number, end: number, sink: FrameSink): boolean {
    const bodyStart = start + lengthBytes + 1;
    this.#restBytes = start + lengthBytes + this.#lengthAt(bytes, start) - end;
    return sink.onFrame(bytes[bodyStart - 1] ?? 0, bytes, bodyStart, end, this.#restBytes);
  }

  /**
   * Goes on with the frame whose beginning has been handed on. Returns where the chunk goes on,
   * negative for nowhere, as does `#complete`.
   */
  #goOn(chunk: Uint8Array, position: number, sink: FrameSink): number {
    if (position < 0 || position === chunk.length) return position;
    const end = Math.min(chunk.length, position + this.#restBytes);
    this.#restBytes -= end - position;
    const wanted = sink.onRest?.(chunk, position, end, this.#restBytes);
    return wanted === false ? Number.NEGATIVE_INFINITY : end;
  }

  /** Goes on with the frame that is held. */
  #complete(chunk: Uint8Array, position: number, sink: FrameSink): number {
    if (this.#heldBytes < lengthBytes) {
      const end = Math.min(chunk.length, position + lengthBytes - this.#heldBytes);
      this.#hold(chunk, position, end);
      return end;
    }
    const frameBytes = lengthBytes + this.#lengthAt(this.#held ?? chunk, 0);
    const headOnly = this.#heldBytes < pieceHeadBytes && frameBytes > pieceHeadBytes;
    const needed = (headOnly ? pieceHeadBytes : frameBytes) - this.#heldBytes;
    const end = Math.min(chunk.length, position + needed);
    this.#hold(chunk, position, end);
    const held = this.#held ?? chunk;
    if (end - position < needed || (headOnly && !isPiece(held, 0, sink))) return end;
    const heldBytes = this.#heldBytes;
    this.#heldBytes = 0;
    return this.#handOn(held, 0, heldBytes, sink) ? end : Number.NEGATIVE_INFINITY;
  }

  #hold(chunk: Uint8Array, start: number, end: number): void {
    const needed = this.#heldBytes + end - start;
    if (this.#held === undefined || this.#held.length < needed) {
      const room = Math.max(firstRoomBytes, Math.min(needed * 2, this.limitBytes + lengthBytes));
      const grown = new Uint8Array(Math.max(room, needed));
      if (this.#held !== undefined) grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(chunk.subarray(start, end), this.#heldBytes);
    this.#heldBytes = needed;
    if (needed >= lengthBytes) this.#lengthAt(this.#held, 0);
  }

  #lengthAt(bytes: Uint8Array, at: number): number {
    const b = (offset: number) => bytes[at + offset] ?? 0;
    const length = b(0) * 0x100_0000 + ((b(1) << 16) | (b(2) << 8) | b(3));
    if (length === 0) throw new DecodeError("a frame without a type");
    if (length > this.limitBytes) {
      throw new DecodeError(`a frame of ${length} bytes, where ${this.limitBytes} are allowed`);
    }
    return length;
  }
}

/** Whether the frame that begins there has a piece of a message in it, which need not be whole. */
function isPiece(bytes: Uint8Array, start: number, sink: FrameSink): boolean {
  const type = bytes[start + lengthBytes];
  return sink.onRest !== undefined && (type === frameType.begin || type === frameType.piece);
}
