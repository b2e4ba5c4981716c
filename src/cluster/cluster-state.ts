/** What a node knows of its cluster at present. Each part is replaced as a whole, never changed. */
import type { NodeId } from "../core/mailbox-id.ts";
import type { Cluster } from "./connection-service.ts";
import type { Credentials } from "./credentials.ts";
import type { ClusterLogger } from "./logger.ts";
import type { ClusterConfig, ResolvedNode } from "./spec.ts";

export class ClusterState {
  config: ClusterConfig;
  /** Nothing without a network, or with a carrier of the program's own. */
  credentials: Credentials | undefined;

  constructor(config: ClusterConfig, credentials: Credentials | undefined) {
    this.config = config;
    this.credentials = credentials;
  }

  get nodes(): ReadonlyMap<NodeId, ResolvedNode> {
    return this.config.nodes;
  }

  set nodes(nodes: ReadonlyMap<NodeId, ResolvedNode>) {
    this.config = Object.freeze({ ...this.config, nodes });
  }

  get thisNode(): ResolvedNode {
    const thisNode = this.nodes.get(this.config.thisNode);
    if (thisNode === undefined) throw new TypeError("Expected this node among the nodes.");
    return thisNode;
  }
}

/** The same as a program sees it. */
export function describeCluster(state: ClusterState, logger: ClusterLogger): Cluster {
  return Object.freeze({
    name: state.config.name,
    get nodes() {
      return state.nodes;
    },
    get thisNode() {
      return state.thisNode;
    },
    permittedProtocols: state.config.tlsSuites,
    get clusterCertificates() {
      return state.credentials?.caPem ?? [];
    },
    get certificate() {
      return state.credentials?.certPem;
    },
    logger,
  });
}
