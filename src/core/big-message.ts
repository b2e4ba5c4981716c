/** A message that goes in pieces, since it is longer than one may be. */
import { ByteWriter } from "./byte-writer.ts";
import { beginFrame, endFrame, frameType, pieceBytes } from "./frame.ts";

export interface BigMessage {
  readonly mailbox: number;
  readonly payload: Uint8Array;
  /** How many bytes of it have gone. */
  sent: number;
  /** Big messages are numbered as they come. */
  readonly number: number;
  /** What is for the same mailbox and came later: whole frames, and other big messages. */
  readonly behind: (Uint8Array | BigMessage)[];
}

/** Room for what stands before the piece. */
const roomForHead = 32;

/** The frame with the next piece. */
export function nextPiece(big: BigMessage): Uint8Array {
  const { mailbox, payload, sent } = big;
  const end = Math.min(sent + pieceBytes, payload.length);
  const out = new ByteWriter(roomForHead + end - sent);
  const mark = beginFrame(out, sent === 0 ? frameType.begin : frameType.piece);
  out.varint(mailbox);
  if (sent === 0) out.varint(payload.length);
  out.raw(payload.subarray(sent, end));
  endFrame(out, mark);
  big.sent = end;
  return out.take();
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
