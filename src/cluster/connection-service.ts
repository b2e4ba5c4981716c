/** A node that was made from a cluster spec, and what it knows of its cluster. */
import type { NodeId } from "../core/mailbox-id.ts";
import type { NodeService } from "../runtime/node-service.ts";
import type { ClusterLogger } from "./logger.ts";
import type { ClusterSpec, NodeDefinition, ResolvedNode } from "./spec.ts";

/**
 * The cluster as this node knows it at present. Holds no private key. What can change while the
 * node runs is replaced, never changed: a map or list that was taken from here stays as it was.
 */
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

  /**
   * Takes a node into the cluster, from now on: it is dialled if this service is started, and what
   * it dials is accepted. Addresses of it that were made before come alive, and stay the same
   * objects. The same definition again does nothing.
   *
   * This node alone is told. Tell the others too, the new one first or last as you like: a link
   * comes up once both sides know each other.
   *
   * Throws `REIGN_INVALID_SPEC` with every mistake of the definition, among them the id of this
   * node, the identity of another, an id that is in the cluster with another definition
   * (`replaceSpec` changes that), and that this node has no network (`noClustering`).
   *
   * Erlang: `net_kernel:allow/1` and `connect_node/1`.
   */
  addNode(definition: NodeDefinition): void;

  /**
   * Takes a node out of the cluster, from now on: `send` to it is `false`, who watches there anew
   * is told `noproc`, and what it dials is refused. Its link ends as it does when that node stops:
   * what was sent before goes out, for a second at most, then its names go, whoever watched there
   * is told `noconnection`, and the status callbacks hear of it. Whoever waits in `connected` for
   * it is rejected at once.
   *
   * Settles when the link is down, within 5 seconds. Messages in doubt stay counted as such; they
   * are settled if the same incarnation is taken in again, with `addNode`. That node itself is not
   * told that it is out: it goes on dialling until it is stopped, or takes this node out too.
   *
   * Rejects with a `RangeError` for this node itself and for what is no node of the cluster.
   *
   * Erlang: `erlang:disconnect_node/1`, and the node is not allowed any more.
   */
  removeNode(nodeId: NodeId | number): Promise<void>;

  /**
   * Goes by another spec from now on: a value, or the path of a file; without either, the file that
   * the node was made from is read again. Nodes that are new in it are added, and those it has no
   * more are removed, as by `addNode` and `removeNode`. A node with another address is looked for
   * there at the next dial; a link that is up stays. The link of a node with another identity is
   * ended and made anew. The others are not touched.
   *
   * The spec is examined as a whole before anything changes, and then takes effect at once. Settles
   * when the links that had to go are down, within 5 seconds.
   *
   * Rejects with `REIGN_INVALID_SPEC`, and nothing is changed, for every mistake, and for what
   * cannot change while a node runs: the cluster's name, `permitted_protocols`, the keys of the
   * certificates, and where this node itself listens and what its identity is. That is a line of
   * the log too. Relative paths begin where they did before.
   */
  replaceSpec(spec?: ClusterSpec | string): Promise<void>;

  /**
   * Reads the files of the spec's certificates and key again, and goes by them from now on: in all
   * handshakes to come, whoever dials. Links that are up stay. Settles when the new ones are in
   * force. Does nothing where there are none: with a carrier of the program's own, and without a
   * network.
   *
   * Everything is examined as when the node was made. Rejects with `REIGN_INVALID_CERTIFICATE` for
   * what cannot be used, and where all of them are texts in the spec, which cannot change; the old
   * ones then stay in force, which is a line of the log.
   */
  reloadCertificates(): Promise<void>;
}
