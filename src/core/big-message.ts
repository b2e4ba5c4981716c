/** A message that goes in pieces, since it is longer than one may be. */
import { ByteWriter } from "./byte-writer.ts";
import { beginFrame, endFrame, frameType, pieceBytes } from "./frame.ts";

export interface BigMessage {
  readonly mailbox: number;
  /** Nobody needs what lies in front of it in its memory. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** How many bytes of it have gone. What has gone may be overwritten. */
  sent: number;
  /** How much the link had been handed, of everything, when its last piece had gone. */
  handedAt: number;
  /** Big messages are numbered as they come. */
  readonly number: number;
  /** What is for the same mailbox and came later: whole frames, and other big messages. */
  readonly behind: (Uint8Array | BigMessage)[];
}

/** Room for what stands before the piece. */
const roomForHead = 32;

/**
 * The frame with the next piece, of just 64 KiB but for the last: so it fills records of TLS, and
 * the reader finds it in as many chunks. The head is written over what lies in front in the same
 * memory: nothing that is needed, or the end of the piece before, when the link has let go of that
 * one (`released`). Else a copy is made.
 */
export function nextPiece(big: BigMessage, released: boolean): Uint8Array<ArrayBuffer> {
  const { payload, sent } = big;
  const out = new ByteWriter(roomForHead);
  const mark = beginPiece(out, big);
  const end = Math.min(sent + pieceBytes - out.length, payload.length);
  endFrame(out, mark, end - sent);
  const head = out.take();
  big.sent = end;
  const start = payload.byteOffset + sent - head.length;
  if (start >= 0 && (released || sent === 0)) {
    const frame = new Uint8Array(payload.buffer, start, head.length + end - sent);
    frame.set(head);
    return frame;
  }
  const frame = new Uint8Array(head.length + end - sent);
  frame.set(head);
  frame.set(payload.subarray(sent, end), head.length);
  return frame;
}

function beginPiece(out: ByteWriter, { mailbox, payload, sent }: BigMessage): number {
  const mark = beginFrame(out, sent === 0 ? frameType.begin : frameType.piece);
  out.varint(mailbox);
  if (sent === 0) out.varint(payload.length);
  return mark;
}

/** What is left of it, or the length of a longer one behind it. */
export function longestOf({ payload, sent, behind }: BigMessage): number {
  let longest = payload.length - sent;
  for (const item of behind) {
    if (!(item instanceof Uint8Array)) longest = Math.max(longest, longestOf(item));
  }
  return longest;
}

/** The lowest number of those that have not gone; beyond every number if there are none. */
export function oldestOf(bigs: Iterable<BigMessage>): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { number } of bigs) oldest = Math.min(oldest, number);
  return oldest;
}

/** What stood behind a big message, put together. */
export function joined(frames: readonly Uint8Array[]): Uint8Array {
  const out = new ByteWriter(frames.reduce((sum, frame) => sum + frame.length, 0));
  for (const frame of frames) out.raw(frame);
  return out.take();
}
