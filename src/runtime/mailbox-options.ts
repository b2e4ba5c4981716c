/** What can be asked of a new mailbox. */
import { checkOptionKeys } from "../core/option-keys.ts";
import { checkBoolean, checkWhole } from "../core/option-values.ts";
import { type Overflow, overflows } from "../core/overflow.ts";

/** How many messages a mailbox takes, what becomes of one too many, and what is shown of it. */
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
  /**
   * What the mailbox is for, in up to 100 characters: shown by `service.mailboxes()` and where Node
   * prints the mailbox. Need not differ from that of any other.
   */
  readonly label?: string | undefined;
  /**
   * False: whoever has the service may look at what waits in the mailbox, by the `peek` of its
   * entry in `service.mailboxes()`. Default true: only who has the mailbox may.
   */
  readonly sealed?: boolean | undefined;
}

export interface MessageLimit {
  readonly maxMessages: number;
  readonly overflow: Overflow;
}

/** What is kept of the few mailboxes of which there is more to know. */
export interface MailboxNote {
  readonly label: string | undefined;
  readonly sealed: boolean;
  /** The stack of the call that made it. */
  readonly madeAt: string | undefined;
}

/** The options, checked. */
export interface MailboxRequest {
  readonly limit: MessageLimit | undefined;
  readonly label: string | undefined;
  readonly sealed: boolean;
}

type Given = { readonly [K in keyof MailboxOptions]?: unknown };

const mostMessages = 2 ** 31 - 1;
const longestLabel = 100;
const messagesPeeked = 100;
const keys: readonly string[] = Object.freeze(["maxMessages", "overflow", "label", "sealed"]);

/** A `TypeError` or a `RangeError` for options that cannot be. */
export function checkMailboxOptions(options: MailboxOptions): MailboxRequest {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const text = `Expected options such as { maxMessages, overflow }, got ${String(options)}.`;
    throw new TypeError(text);
  }
  checkOptionKeys("newMailbox", options, keys);
  const given: Given = options;
  const { sealed = true } = given;
  checkBoolean("sealed", sealed);
  return { limit: messageLimit(given), label: toLabel(given.label), sealed };
}

/** What is to be kept of a new mailbox: nothing of most. */
export function noteOf(
  request: MailboxRequest | undefined,
  madeAt: string | undefined,
): MailboxNote | undefined {
  const { label, sealed = true } = request ?? {};
  if (label === undefined && sealed && madeAt === undefined) return undefined;
  return { label, sealed, madeAt };
}

/** How many messages a look shows at most. */
export function peekLimit(given: unknown): number {
  if (given === undefined) return messagesPeeked;
  if (typeof given !== "number") {
    throw new TypeError(`Expected a number of messages as the limit, got ${typeof given}.`);
  }
  if (given === Number.POSITIVE_INFINITY || (Number.isSafeInteger(given) && given >= 0)) {
    return given;
  }
  throw new RangeError(`Expected the limit to be a whole number from 0 up, got ${given}.`);
}

function toLabel(given: unknown): string | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== "string") {
    throw new TypeError(`Expected label to be a string, got ${typeof given}.`);
  }
  if (given !== "" && given.length <= longestLabel) return given;
  throw new RangeError(
    `Expected a label of 1 to ${longestLabel} characters, got ${given.length} of them.`,
  );
}

function messageLimit(given: Given): MessageLimit | undefined {
  const overflow = toOverflow(given.overflow);
  const { maxMessages } = given;
  if (maxMessages === undefined) {
    if (given.overflow === undefined) return undefined;
    throw new TypeError("Expected maxMessages beside overflow, got overflow without a bound.");
  }
  checkWhole("maxMessages", maxMessages, 1, mostMessages);
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
