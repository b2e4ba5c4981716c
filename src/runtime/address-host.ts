/** What the addresses of a service need of it. One object serves them all. */
import type { Address } from "../core/address.ts";
import type { MailboxClosed } from "../core/close-notice.ts";
import type { Incarnation, MailboxRef, NodeId } from "../core/mailbox-id.ts";
import type { Isolation } from "./isolation.ts";
import type { Ledger } from "./ledger.ts";
import type { Tracing } from "./tracing.ts";
import type { WaitOptions } from "./waiting.ts";

/** Asks for close notices, and takes the request back. */
export interface Watching {
  watch(target: MailboxRef, watcher: Address<MailboxClosed>): void;
  /** Whether no notice will be seen any more that otherwise would have been. */
  unwatch(target: MailboxRef, watcher: Address<MailboxClosed>): boolean;
}

export interface AddressHost {
  readonly self: Incarnation;
  readonly ledger: Ledger;
  /** What messages to mailboxes of this node go through, if anything. */
  readonly isolation: Isolation | undefined;
  readonly tracing: Tracing;
  /** The limits in force, for the errors that name them. */
  readonly maxMessageBytes: number;
  readonly maxPendingBytes: number;
  /**
   * Encodes a message that cannot be sent, so that one that never could be is refused all the same.
   */
  checkSerializable(message: unknown): void;
  /** Whoever still has the address of a closed mailbox is to go on getting that object. */
  keepAddress(address: Address & MailboxRef): void;
  whenRoom(nodeId: NodeId, options: WaitOptions): Promise<void>;
  readonly watching: Watching;
}
