/** A node that was made from a cluster spec, and what it knows of its cluster. */
import type { NodeId } from "../core/mailbox-id.ts";
import type { NodeService } from "../runtime/node-service.ts";
import { Service } from "../runtime/service.ts";
import type { ServicePorts } from "../runtime/service-ports.ts";
import type { ClusterLogger } from "./logger.ts";
import type { ResolvedNode } from "./spec.ts";

/** The cluster as this node was told of it. Holds no private key. */
export interface Cluster {
  /** As the spec names it; the same on all nodes. */
  readonly name: string;
  /** Every node, this one among them. */
  readonly nodes: ReadonlyMap<NodeId, ResolvedNode>;
  /** This one. */
  readonly thisNode: ResolvedNode;
  /** The cipher suites that links may use. */
  readonly permittedProtocols: readonly string[];
  /** The certificates of the cluster's authorities, as PEM. */
  readonly clusterCertificates: readonly string[];
  /**
   * This node's certificate with its intermediates, as PEM; nothing for a node without a network.
   */
  readonly certificate: string | undefined;
  /** Where the node writes its log to; a program may do so too. */
  readonly logger: ClusterLogger;
}

/** A node, and the cluster it belongs to. */
export interface ConnectionService extends NodeService {
  /** What it knows of its cluster. */
  readonly cluster: Cluster;
}

export class ClusterService extends Service implements ConnectionService {
  readonly cluster: Cluster;

  constructor(ports: ServicePorts, cluster: Cluster) {
    super(ports);
    this.cluster = cluster;
  }
}
