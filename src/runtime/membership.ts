/** How nodes come into the cluster and go out of it while the service runs: who hears of it. */
import type { NodeId } from "../core/mailbox-id.ts";
import type { Clock } from "../ports/clock.ts";
import type { AddressBook } from "./address-book.ts";
import type { ConnectionStatusFeed } from "./connection-status.ts";
import type { Peers } from "./peers.ts";

export interface MembershipPorts {
  readonly clock: Clock;
  readonly peers: Peers;
  readonly addresses: AddressBook;
  readonly status: ConnectionStatusFeed;
}

export class Membership {
  readonly #ports: MembershipPorts;

  constructor(ports: MembershipPorts) {
    this.#ports = ports;
  }

  /** From now on the node is in the cluster. Addresses of it made before come alive. */
  add(nodeId: NodeId): void {
    const { peers, addresses, status } = this.#ports;
    peers.add(nodeId);
    addresses.reroute(nodeId);
    status.add(nodeId);
  }

  /**
   * From now on the node is not in the cluster. Settles when its link is down and everybody who
   * watched through it has been told.
   */
  remove(nodeId: NodeId): Promise<void> {
    this.check(nodeId);
    const { peers, status, clock } = this.#ports;
    const down = peers.remove(nodeId, clock);
    status.remove(nodeId, this.#noSuchNode(nodeId));
    return down;
  }

  /** Makes the link of a node anew. Settles when the one before is down. */
  renew(nodeId: NodeId): Promise<void> {
    const { peers, clock } = this.#ports;
    return peers.renew(nodeId, clock);
  }

  /** Throws a `RangeError` for what is no other node of the cluster. */
  check(nodeId: NodeId): void {
    if (this.#ports.peers.get(nodeId) === undefined) throw this.#noSuchNode(nodeId);
  }

  #noSuchNode(nodeId: NodeId): RangeError {
    const nodes = this.#ports.peers.nodeIds.join(", ") || "none";
    return new RangeError(`Expected another node of the cluster (${nodes}), got ${nodeId}.`);
  }
}
