/** What stands in the bodies of frames that is more than a number or a text. */
import { type CloseReason, closeReasons } from "../core/close-notice.ts";
import { DecodeError } from "../core/errors.ts";
import type { BodyReader } from "../core/frame.ts";
import type { Incarnation } from "../core/mailbox-id.ts";
import type { Decoder } from "../ports/codec.ts";

/** The last value of a body, behind which nothing may come. */
export function last<T>(body: BodyReader, value: T): T {
  body.end();
  return value;
}

export function reasonOf(index: number): CloseReason {
  const reason = closeReasons[index];
  if (reason === undefined) throw new DecodeError("a notice with an unknown reason");
  return reason;
}

/** Mailboxes are numbered from 1. */
export function mailboxNumber(body: BodyReader): number {
  const number = body.varint();
  checkNumber(number);
  return number;
}

export function checkNumber(mailbox: number): void {
  if (mailbox === 0) throw new DecodeError("a mailbox has no number");
}

/** The two ends that a routed frame names: it comes from none but the peer itself. */
export function checkOrigin(body: BodyReader, peer: Incarnation): void {
  body.incarnation();
  const { nodeId, epoch } = body.incarnation();
  if (nodeId !== peer.nodeId || epoch !== peer.epoch) {
    throw new DecodeError("a peer speaks for another node");
  }
}

/** A definition of the peer's encoder fills the body. */
export function takeDefinition(
  decoder: Decoder,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (decoder.define === undefined) {
    throw new DecodeError("a definition, of which the codec has none");
  }
  decoder.define(bytes, start, end);
}
