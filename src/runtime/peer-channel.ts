/**
 * What a link that is up can be asked to carry: one peer, one incarnation of it, until it is down.
 */
import type { CloseReason } from "../core/close-notice.ts";
import type { LossCause } from "../core/loss.ts";
import type { Epoch, NodeId } from "../core/mailbox-id.ts";

export interface PeerChannel {
  readonly peer: NodeId;
  readonly epoch: Epoch;
  /** The largest message that both sides take. */
  readonly maxMessageBytes: number;
  /** Whether so much waits for the peer that messages are refused. */
  readonly full: boolean;
  /** Whether the system has taken everything that was said. */
  readonly idle: boolean;

  /** Returns why the message was refused, or nothing. Throws what the encoder throws. */
  sendMessage(mailbox: number, message: unknown): LossCause | undefined;

  /** How long the message refused last was, encoded, if it was at all. */
  readonly refusedBytes: number | undefined;

  /** Asks for one `down` when the peer's mailbox is gone. `ref` is used once on a link. */
  sendMonitor(ref: number, mailbox: number): void;
  sendDemonitor(ref: number): void;
  sendDown(ref: number, reason: CloseReason): void;

  /** A mailbox of this node claims a name, or gives it up. */
  sendClaim(name: string, mailbox: number): void;
  sendRelease(name: string, mailbox: number): void;
  /** Name changes that have been appended and not been written. */
  readonly pendingNameChanges: number;
  /**
   * Calls `done` when the peer has applied everything before this, or the link is down. Gives back
   * how to wait no longer.
   */
  sync(done: () => void): () => void;
}
