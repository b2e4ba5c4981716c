/** The message that tells a watcher that a mailbox is gone. */
import type { MailboxId } from "./mailbox-id.ts";

/**
 * Why a notice was sent. `closed`: the mailbox was closed. `noproc`: it was gone when asked.
 * `noconnection`: its node cannot be reached, so nothing is known of it. Erlang's words.
 */
export type CloseReason = "closed" | "noproc" | "noconnection";

/** Their order is that of their numbers on the wire. */
export const closeReasons: readonly CloseReason[] = Object.freeze([
  "closed",
  "noproc",
  "noconnection",
]);

/**
 * Sent once to each mailbox that asked for it with `onCloseNotify`.
 *
 * Erlang: `{'DOWN', Ref, process, Pid, Reason}`.
 */
export class MailboxClosed {
  /** The mailbox that is gone: the `id` of its address. */
  readonly id: MailboxId;
  readonly reason: CloseReason;

  constructor(id: MailboxId, reason: CloseReason) {
    this.id = id;
    this.reason = reason;
  }
}
