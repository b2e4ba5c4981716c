/**
 * Frames: the pieces that travel on a link.
 *
 *     length: u32, of what follows | type: u8 | body
 *
 * Numbers in bodies are varints, seven bits a byte, the small end first; texts are UTF-8 behind
 * their length. A frame belongs to the two incarnations that the link joins. A `routed` frame says
 * which two it belongs to instead, so that a node can stand before others; its body is the
 * destination, the origin, and a frame's type and body.
 *
 * Once a link is up, a frame whose type is 128 or more is skipped by whoever does not know it. Any
 * other unknown type, and any frame that its place in the conversation does not allow, ends the
 * link. `docs/protocol.md` has every frame byte by byte.
 */
import type { ByteWriter } from "./byte-writer.ts";
import { DecodeError } from "./errors.ts";
import { epochFromBytes, epochToBytes, type Incarnation, isNodeId } from "./mailbox-id.ts";

export const frameType = {
  hello: 1,
  welcome: 2,
  confirm: 3,
  refuse: 4,
  goodbye: 5,
  ping: 8,
  pong: 9,
  message: 16,
  routed: 17,
  begin: 18,
  piece: 19,
  received: 20,
  taken: 21,
  define: 22,
  monitor: 24,
  demonitor: 25,
  down: 26,
  claim: 32,
  release: 33,
  sync: 36,
  synced: 37,
} as const;

/** From here on up a frame is skipped by a node that does not know it. */
export const firstOptionalType = 128;

/**
 * The most bytes of a message that one frame carries. A longer message goes in pieces, between
 * which others pass.
 */
export const pieceBytes: number = 64 * 1024;
/** Room for everything of a frame but the message: type, numbers, the heads of a route. */
const overheadBytes = 256;
/** The longest frame of a link that is up, without its length: one with a whole piece in it. */
export const maxFrameBytes: number = pieceBytes + overheadBytes;

const lengthBytes = 4;
const headBytes = lengthBytes + 1;

/** Begins a frame at the end of `out`. Its length is filled in by `endFrame`. */
export function beginFrame(out: ByteWriter, type: number): number {
  const mark = out.mark();
  out.reserve(headBytes);
  out.bytes[out.position + lengthBytes] = type;
  out.position += headBytes;
  return mark;
}

/** Ends the frame that was begun at `mark`. */
export function endFrame(out: ByteWriter, mark: number): void {
  out.uint32At(out.at(mark), out.mark() - mark - lengthBytes);
}

/** A frame whose body is at most one number. */
export function writeFrame(out: ByteWriter, type: number, value?: number): void {
  const mark = beginFrame(out, type);
  if (value !== undefined) out.varint(value);
  endFrame(out, mark);
}

export function writeIncarnation(out: ByteWriter, { nodeId, epoch }: Incarnation): void {
  writeText(out, nodeId);
  out.raw(epochToBytes(epoch));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function writeText(out: ByteWriter, text: string): void {
  const bytes = encoder.encode(text);
  out.varint(bytes.length);
  out.raw(bytes);
}

/** Reads the body of one frame from front to back. Every fault is a `DecodeError`. */
export class BodyReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #position: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
  }

  /** Where the next read begins. */
  get position(): number {
    return this.#position;
  }

  byte(): number {
    if (this.#position >= this.#end) throw new DecodeError("a frame ends in the middle");
    return this.#bytes[this.#position++] ?? 0;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (!Number.isSafeInteger(value)) throw new DecodeError("a number is beyond 2^53 - 1");
      if (byte >= 128) continue;
      if (byte === 0 && scale > 1) throw new DecodeError("a number is padded");
      return value;
    }
  }

  text(limitBytes: number): string {
    const length = this.varint();
    if (length > limitBytes) throw new DecodeError(`a text of ${length} bytes is too long`);
    const bytes = this.#take(length);
    try {
      return decoder.decode(bytes);
    } catch {
      throw new DecodeError("a text is not UTF-8");
    }
  }

  incarnation(): Incarnation {
    const nodeId = this.text(63);
    if (!isNodeId(nodeId)) throw new DecodeError("a node id has other characters than it may");
    return { nodeId, epoch: epochFromBytes(this.#take(8), 0) };
  }

  /** States that the body has been read to its end. */
  end(): void {
    if (this.#position !== this.#end) throw new DecodeError("a frame has bytes behind its end");
  }

  #take(length: number): Uint8Array {
    const start = this.#position;
    if (length > this.#end - start) throw new DecodeError("a frame ends in the middle");
    this.#position += length;
    return this.#bytes.subarray(start, start + length);
  }
}

/** Reads one varint where speed counts: `value` is the number, `next` where it ended. */
export class VarintReader {
  value = 0;
  next = 0;

  read(bytes: Uint8Array, start: number, end: number): void {
    const first = bytes[start] ?? 0;
    if (start < end && first < 128) {
      this.value = first;
      this.next = start + 1;
      return;
    }
    const body = new BodyReader(bytes, start, end);
    this.value = body.varint();
    this.next = body.position;
  }
}
