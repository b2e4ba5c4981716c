/**
 * An address of a mailbox of this very node and incarnation, live or closed.
 *
 * While its mailbox lives, the mailbox holds it. After that the node has to know it, weakly, if it
 * can be asked for: by its text or bytes. One of which neither was ever given out cannot be, and
 * most are never: a mailbox for one answer, say, of which the others have the object. That spares
 * the weak reference, which costs more than all else about a mailbox.
 */
import type { Address } from "../core/address.ts";
import type { MailboxClosed } from "../core/close-notice.ts";
import type { LossCause } from "../core/loss.ts";
import type { Epoch, MailboxId, NodeId } from "../core/mailbox-id.ts";
import type { AddressHost } from "./address-host.ts";
import { AnyAddress } from "./any-address.ts";
import type { LocalMailbox } from "./mailbox.ts";
import { checkReceiveOptions } from "./receive-options.ts";
import type { WaitOptions } from "./waiting.ts";

/** What an address needs of its mailbox. */
export type LocalTarget<M> = Pick<LocalMailbox<M>, "closed" | "deliver" | "maxMessages">;

export class LocalAddress<in M> extends AnyAddress<M> {
  /** Nothing in an address made without a mailbox. One that closes refuses by itself. */
  readonly #mailbox: LocalTarget<M> | undefined;
  /** Whether its text or bytes have been given out. */
  #shown = false;

  constructor(host: AddressHost, number: number, mailbox: LocalTarget<M> | undefined) {
    super(host, number);
    this.#mailbox = mailbox;
  }

  override get nodeId(): NodeId {
    return this.host.self.nodeId;
  }

  override get epoch(): Epoch {
    return this.host.self.epoch;
  }

  override get id(): MailboxId {
    this.show();
    return super.id;
  }

  override toBytes(): Uint8Array<ArrayBuffer> {
    this.show();
    return super.toBytes();
  }

  override onCloseNotify(watcher: Address<MailboxClosed>): void {
    this.show();
    super.onCloseNotify(watcher);
  }

  override show(): void {
    if (this.#shown) return;
    this.#shown = true;
    if (this.#mailbox?.closed) this.host.keepAddress(this);
  }

  /** Its mailbox is closed. */
  onClosed(): void {
    if (this.#shown) this.host.keepAddress(this);
  }

  override transmit(message: M): LossCause | undefined {
    const { isolation } = this.host;
    if (isolation === undefined) return this.#deliver(message);
    return isolation.pass(message, this, (isolated) => this.#deliver(isolated as M));
  }

  #deliver(message: M): LossCause | undefined {
    if (this.#mailbox === undefined) return "closed";
    const { ledger } = this.host;
    // Before, since what happens inside may throw the message out again.
    ledger.delivered += 1;
    const refusal = this.#mailbox.deliver(message);
    if (refusal !== undefined) ledger.delivered -= 1;
    return refusal;
  }

  override get reachable(): boolean {
    return this.#mailbox?.closed === false;
  }

  override get maxMessageBytes(): number {
    return this.host.isolation?.maxMessageBytes ?? Number.POSITIVE_INFINITY;
  }

  override get maxMessages(): number {
    return this.#mailbox?.maxMessages ?? Number.POSITIVE_INFINITY;
  }

  override ready(options: WaitOptions = {}): Promise<void> {
    checkReceiveOptions(options);
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    return Promise.resolve();
  }
}
