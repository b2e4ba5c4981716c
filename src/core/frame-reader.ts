/**
 * Finds frames in a stream of bytes, wherever the stream was cut.
 *
 * A frame that lies whole in a chunk is handed on where it lies; only one that spans chunks is
 * gathered. A length beyond the limit is a violation as soon as it has been read, before any byte
 * behind it is kept, and room is made as bytes come, not as they are announced.
 */
import { DecodeError } from "./errors.ts";

/** Takes the frames of a reader: the body lies in `bytes` from `start` to `end` during the call. */
export interface FrameSink {
  /** `false` ends the reading: nothing more of this stream is wanted. */
  onFrame(type: number, bytes: Uint8Array, start: number, end: number): boolean;
}

const lengthBytes = 4;
const firstRoomBytes = 4096;

export class FrameReader {
  /** The most bytes that a frame may have behind its length. Grows when the peer is known. */
  limitBytes: number;
  /** Holds the beginning of a frame whose rest has not come, its length included. Used again. */
  #held: Uint8Array<ArrayBuffer> | undefined;
  #heldBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /**
   * Feeds the next chunk. Throws `DecodeError` at a violation; the reader is of no use after it.
   */
  push(chunk: Uint8Array, sink: FrameSink): void {
    let position = 0;
    while (this.#heldBytes > 0 && position < chunk.length) {
      position = this.#complete(chunk, position, sink);
    }
    if (position < 0) return;
    while (chunk.length - position >= lengthBytes) {
      const end = position + lengthBytes + this.#lengthAt(chunk, position);
      if (end > chunk.length) break;
      const type = chunk[position + lengthBytes] ?? 0;
      if (!sink.onFrame(type, chunk, position + lengthBytes + 1, end)) return;
      position = end;
    }
    if (position < chunk.length) this.#hold(chunk, position, chunk.length);
  }

  /** Goes on with the frame that is held. Returns where the chunk goes on, negative for nowhere. */
  #complete(chunk: Uint8Array, position: number, sink: FrameSink): number {
    if (this.#heldBytes < lengthBytes) {
      const end = Math.min(chunk.length, position + lengthBytes - this.#heldBytes);
      this.#hold(chunk, position, end);
      return end;
    }
    const held = this.#held ?? chunk;
    const frameBytes = lengthBytes + this.#lengthAt(held, 0);
    const end = Math.min(chunk.length, position + frameBytes - this.#heldBytes);
    this.#hold(chunk, position, end);
    if (this.#heldBytes < frameBytes) return end;
    const whole = this.#held ?? chunk;
    this.#heldBytes = 0;
    const wanted = sink.onFrame(whole[lengthBytes] ?? 0, whole, lengthBytes + 1, frameBytes);
    return wanted ? end : Number.NEGATIVE_INFINITY;
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
