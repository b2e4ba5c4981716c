/** What the addresses of a service need of it. One object serves them all. */
import type { Address } from "../core/address.ts";
import type { MailboxClosed } from "../core/close-notice.ts";
import type { Incarnation, MailboxRef, NodeId } from "../core/mailbox-id.ts";
import type { Ledger } from "./ledger.ts";

export interface AddressHost {
  readonly self: Incarnation;
  readonly ledger: Ledger;
  /** The limits in force, for the errors that name them. */
  readonly maxMessageBytes: number;
  readonly maxPendingBytes: number;
  /**
   * Encodes a message that cannot be sent, so that one that never could be is refused all the same.
   */
  checkSerializable(message: unknown): void;
  /** Whoever still has the address of a closed mailbox is to go on getting that object. */
  keepAddress(address: Address & MailboxRef): void;
  whenRoom(nodeId: NodeId, signal: AbortSignal | undefined): Promise<void>;
  watch(target: MailboxRef, watcher: Address<MailboxClosed>): void;
  unwatch(target: MailboxRef, watcher: Address<MailboxClosed>): boolean;
}
