/** What is to be seen of the mailboxes of a node, without taking anything out of them. */
import type { Address } from "../core/address.ts";
import type { MailboxId } from "../core/mailbox-id.ts";
import type { Mailboxes } from "./mailboxes.ts";

/**
 * A live mailbox at the moment of `service.mailboxes()`. What is in it is not told, but for `peek`.
 */
export interface MailboxInfo {
  readonly id: MailboxId;
  readonly address: Address<never>;
  /** How many messages waited, notices among them. */
  readonly messageCount: number;
  /**
   * For how many milliseconds the oldest of them had been waiting; `undefined` if none waited.
   * Never less than it was. It may be more by as long as the turn of the event loop took in which
   * the message came, and, where messages of more than 64 turns have waited at once, by a sixteenth
   * of the time over which they came.
   */
  readonly oldestMessageAge: number | undefined;
  /** How many may wait: `Infinity` without a bound. */
  readonly maxMessages: number;
  /** What it was called by `newMailbox({ label })`. */
  readonly label: string | undefined;
  /** The stack of the call that made it, on a service with `recordOrigins`. */
  readonly madeAt: string | undefined;
  /**
   * As `mailbox.peek`: shows what waits at the moment of the call, not of the snapshot. There only
   * if the mailbox was made with `sealed: false`.
   */
  readonly peek: ((limit?: number) => unknown[]) | undefined;
}

/** One entry for each live mailbox, in order of number. */
export function mailboxInfos(mailboxes: Mailboxes): MailboxInfo[] {
  const now = Math.floor(mailboxes.clock.now());
  return [...mailboxes.all()].map((mailbox) => {
    const { address, messageCount, oldestSince, maxMessages } = mailbox;
    const note = mailboxes.noteOf(mailbox);
    return Object.freeze({
      id: address.id,
      address,
      messageCount,
      oldestMessageAge: oldestSince === undefined ? undefined : Math.max(0, now - oldestSince),
      maxMessages,
      label: note?.label,
      madeAt: note?.madeAt,
      peek: note?.sealed === false ? (limit?: number) => mailbox.peek(limit) : undefined,
    });
  });
}

/** Where the caller of this was called, as the lines of a stack. */
export function originOf(): string {
  const holder: { stack?: unknown } = {};
  Error.captureStackTrace(holder, originOf);
  // A program may have made of stacks what it likes (`Error.prepareStackTrace`).
  const stack = typeof holder.stack === "string" ? holder.stack : "";
  // Below the head and the caller.
  const lines = stack.split("\n").slice(2);
  return lines.map((line) => line.trim()).join("\n");
}
