/** An address of a mailbox elsewhere: of another node, or of an earlier incarnation of this one. */
import type { LossCause } from "../core/loss.ts";
import type { Epoch, MailboxRef, NodeId } from "../core/mailbox-id.ts";
import type { AddressHost } from "./address-host.ts";
import { AnyAddress } from "./any-address.ts";
import type { Route } from "./route.ts";
import type { WaitOptions } from "./waiting.ts";

export class RemoteAddress<in M> extends AnyAddress<M> {
  override readonly nodeId: NodeId;
  override readonly epoch: Epoch;
  #route: Route;

  constructor(host: AddressHost, ref: MailboxRef, route: Route) {
    super(host, ref.number);
    this.nodeId = ref.nodeId;
    this.epoch = ref.epoch;
    this.#route = route;
  }

  /** The node has come into the cluster, maybe again. */
  reroute(route: Route): void {
    this.#route = route;
  }

  override transmit(message: M): LossCause | undefined {
    const { channel } = this.#route;
    if (channel !== undefined && channel.epoch === this.epoch) {
      return channel.sendMessage(this.number, message);
    }
    this.host.checkSerializable(message);
    // This node knows its own incarnation whatever the links.
    const isStale = channel !== undefined || this.nodeId === this.host.self.nodeId;
    return isStale ? "stale" : "no_connection";
  }

  override get reachable(): boolean {
    return this.#route.channel?.epoch === this.epoch;
  }

  override get maxMessageBytes(): number {
    return this.#route.channel?.maxMessageBytes ?? this.host.maxMessageBytes;
  }

  override get refusedBytes(): number | undefined {
    const { channel } = this.#route;
    return channel?.epoch === this.epoch ? channel.refusedBytes : undefined;
  }

  override get maxMessages(): number {
    return Number.POSITIVE_INFINITY;
  }

  override ready(options: WaitOptions = {}): Promise<void> {
    return this.host.whenRoom(this.nodeId, options);
  }
}
