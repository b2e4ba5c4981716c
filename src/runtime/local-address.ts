/** An address of a mailbox of this very node and incarnation, live or closed. */
import type { LossCause } from "../core/loss.ts";
import type { Epoch, NodeId } from "../core/mailbox-id.ts";
import type { AddressHost } from "./address-host.ts";
import { AnyAddress } from "./any-address.ts";
import type { LocalMailbox } from "./mailbox.ts";

export class LocalAddress<in M> extends AnyAddress<M> {
  /** Nothing in an address made without a mailbox. One that closes refuses by itself. */
  readonly #mailbox: Pick<LocalMailbox<M>, "deliver" | "maxMessages"> | undefined;

  constructor(host: AddressHost, number: number, mailbox: LocalMailbox<M> | undefined) {
    super(host, number);
    this.#mailbox = mailbox;
  }

  override get nodeId(): NodeId {
    return this.host.self.nodeId;
  }

  override get epoch(): Epoch {
    return this.host.self.epoch;
  }

  override transmit(message: M): LossCause | undefined {
    if (this.#mailbox === undefined) return "closed";
    const { ledger } = this.host;
    // Before, since what happens inside may throw the message out again.
    ledger.delivered += 1;
    const refusal = this.#mailbox.deliver(message);
    if (refusal !== undefined) ledger.delivered -= 1;
    return refusal;
  }

  override get maxMessageBytes(): number {
    return Number.POSITIVE_INFINITY;
  }

  override get maxMessages(): number {
    return this.#mailbox?.maxMessages ?? Number.POSITIVE_INFINITY;
  }

  override ready(options?: { readonly signal?: AbortSignal }): Promise<void> {
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    return Promise.resolve();
  }
}
