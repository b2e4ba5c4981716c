/** What can be asked of a new mailbox. */
import { checkOptionKeys } from "../core/option-keys.ts";
import { type Overflow, overflows } from "../core/overflow.ts";

/** How many messages a mailbox takes, and what becomes of one too many. */
export interface MailboxOptions {
  /**
   * So many messages may wait in the mailbox. A message that a waiting receiver takes at once never
   * waits. `MailboxClosed` and `MultipleClaim` that the node itself puts in do not count and are
   * never dropped. Without it, the mailbox takes what comes.
   */
  readonly maxMessages?: number | undefined;
  /**
   * What becomes of a message too many. Whatever is dropped or refused is counted as
   * `mailbox_full` on the node of the mailbox; a sender on another node has been told `true`.
   *
   * - `"reject"`, the default: it is refused. `send` is `false`, `sendOrThrow` throws
   *   `REIGN_MAILBOX_FULL`.
   * - `"drop_oldest"`: the message that has waited longest is dropped for it.
   * - `"drop_newest"`: it is dropped, and `send` is `true`.
   * - `"close"`: it is refused, and the mailbox is closed.
   *
   * What a matcher sends to its own mailbox while that is offering a message is offered afterwards:
   * `send` has returned `true` by then, and what is too many is dropped and counted.
   */
  readonly overflow?: Overflow | undefined;
}

export interface MessageLimit {
  readonly maxMessages: number;
  readonly overflow: Overflow;
}

const mostMessages = 2 ** 31 - 1;

/** The limit asked for, if any. A `TypeError` or a `RangeError` for options that cannot be. */
export function messageLimit(options: MailboxOptions): MessageLimit | undefined {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const text = `Expected options such as { maxMessages, overflow }, got ${String(options)}.`;
    throw new TypeError(text);
  }
  checkOptionKeys("newMailbox", options, ["maxMessages", "overflow"]);
  const given: { readonly maxMessages?: unknown; readonly overflow?: unknown } = options;
  const overflow = toOverflow(given.overflow);
  const { maxMessages } = given;
  if (maxMessages === undefined) {
    if (given.overflow === undefined) return undefined;
    throw new TypeError("Expected maxMessages beside overflow, got overflow without a bound.");
  }
  if (typeof maxMessages !== "number") {
    throw new TypeError(`Expected a number of messages as maxMessages, got ${typeof maxMessages}.`);
  }
  if (!Number.isInteger(maxMessages) || maxMessages < 1 || maxMessages > mostMessages) {
    throw new RangeError(
      `Expected maxMessages to be a whole number from 1 to ${mostMessages}, got ${maxMessages}.`,
    );
  }
  return { maxMessages, overflow };
}

function toOverflow(given: unknown): Overflow {
  if (given === undefined) return "reject";
  const known = overflows.find((overflow) => overflow === given);
  if (known !== undefined) return known;
  const list = overflows.map((overflow) => JSON.stringify(overflow)).join(", ");
  if (typeof given !== "string") {
    throw new TypeError(`Expected overflow to be one of ${list}, got ${typeof given}.`);
  }
  throw new RangeError(`Expected overflow to be one of ${list}, got ${JSON.stringify(given)}.`);
}
