/** Where messages for one node go: its channel while a link to it is up. */
import type { NodeId } from "../core/mailbox-id.ts";
import type { PeerChannel } from "./peer-channel.ts";

/** Addresses hold the route of their node, so that a send looks nothing up. */
export class Route {
  readonly nodeId: NodeId;
  /** Whether the cluster has such a node. */
  known: boolean;
  channel: PeerChannel | undefined;

  constructor(nodeId: NodeId, known: boolean) {
    this.nodeId = nodeId;
    this.known = known;
  }
}
