/**
 * What an address is to everybody who holds one. The implementations live in `runtime`, where
 * sending happens; codecs and rules know this interface alone.
 */
import type { MailboxClosed } from "./close-notice.ts";
import type { MailboxId, NodeId } from "./mailbox-id.ts";

/**
 * Marks address objects. A registered symbol, so that addresses of two copies of this package know
 * each other.
 */
export const addressBrand: unique symbol = Symbol.for("reign.address") as never;

/** Marks mailboxes, so that a codec can say "send its address" instead of "class Mailbox". */
export const mailboxBrand: unique symbol = Symbol.for("reign.mailbox") as never;

/**
 * Names one mailbox anywhere in the cluster, for ever, and sends to it.
 *
 * Within a service there is one object for each mailbox: addresses compare with `===` and are keys
 * of a `Map`. An address stays what it is inside any message, however deep. One whose mailbox or
 * whose node's incarnation is gone is dead for ever.
 *
 * `in M`: an address that takes more kinds of message stands where one that takes fewer is wanted.
 *
 * Erlang: a pid.
 */
export interface Address<in M = unknown> {
  /** The same text for the same mailbox on every node. */
  readonly id: MailboxId;
  readonly nodeId: NodeId;

  /**
   * Sends `message` to the mailbox, and does not wait.
   *
   * `false` is certain failure; its cause is counted in `service.stats()`. `true` promises nothing:
   * a link may be lost with the message on it. Watch the address, or ask for an answer, where it
   * matters. Messages from one node to one mailbox are received in the order of these calls, each
   * at most once.
   *
   * On its own node the mailbox gets the value itself, of which nothing is looked at but the class
   * (`TracedMsg`): the sender gives it up. The option `isolation` has it copied or frozen instead.
   * For another node it is encoded now, so that later changes to it do not travel.
   *
   * Throws a `TypeError` for `undefined`, which is no message, and one with code
   * `REIGN_NOT_SERIALIZABLE` and the path inside the message for what cannot be copied.
   *
   * Erlang: `Pid ! Message`.
   */
  send(message: M): boolean;

  /**
   * Is `send`, but throws where that returns `false`: `REIGN_MAILBOX_CLOSED`,
   * `REIGN_MAILBOX_FULL`, `REIGN_STALE_ADDRESS`, `REIGN_NO_CONNECTION`, `REIGN_TOO_LARGE` or
   * `REIGN_QUEUE_FULL`.
   */
  sendOrThrow(message: M): void;

  /**
   * Waits until the queue of bytes for the address's node has room, which is at once for this node.
   *
   * Settles as well when there is no link, so that nobody waits for a node that is gone: `send`
   * then says so. Room is not kept for anybody. Rejects with the reason of `signal`, and with
   * `REIGN_TIMEOUT` after `timeout` milliseconds.
   */
  ready(options?: {
    readonly signal?: AbortSignal | undefined;
    readonly timeout?: number | undefined;
  }): Promise<void>;

  /**
   * Has `watcher` sent one `MailboxClosed` when the mailbox is closed, however that comes to be:
   * `closed`; `noproc`, at once, if it or its node's incarnation is gone already, or its node is
   * not in the cluster; `noconnection` when the link to its node is lost or not there, which means
   * "unknown" and not "dead".
   *
   * Asking twice for the same watcher gives one notice. A notice comes after everything that the
   * closing side had sent to the watcher before. Nothing re-arms it: ask again after it came.
   *
   * Throws `REIGN_NOT_LOCAL_MAILBOX` unless the watcher is a mailbox of this node.
   *
   * Erlang: `monitor(process, Pid)`, with the watcher named.
   */
  onCloseNotify(watcher: Address<MailboxClosed>): void;

  /**
   * Takes back `onCloseNotify`. `true`: no notice will be seen any more, and one that was waiting
   * in the watcher's mailbox has been taken out of it. `false`: nothing was asked for, or the
   * notice has been received already.
   *
   * Erlang: `demonitor(Ref, [flush, info])`.
   */
  removeNotify(watcher: Address<MailboxClosed>): boolean;

  /** `<node:epoch:number>`; `service.address` takes it back. */
  toString(): string;
  /** The same text as `toString`. */
  toJSON(): string;
  /** A compact form; `service.address` takes it back. */
  toBytes(): Uint8Array<ArrayBuffer>;
}

/** Whether a value is an address of any service of any copy of this package. */
export function isAddress(value: unknown): value is Address {
  return typeof value === "object" && value !== null && Reflect.get(value, addressBrand) === true;
}

/** Whether a value is a mailbox, of which only the address can be sent or given elsewhere. */
export function isMailbox(value: unknown): boolean {
  return typeof value === "object" && value !== null && Reflect.get(value, mailboxBrand) === true;
}

/** What was given as an address and may be none, for the text of an error. */
export function shownAddress(given: unknown): string {
  if (isMailbox(given)) return "the mailbox itself: give its address";
  if (typeof given === "string") return `the text ${JSON.stringify(given)}`;
  if (isAddress(given)) return given.id;
  return given === undefined || given === null ? String(given) : `a value of type ${typeof given}`;
}
