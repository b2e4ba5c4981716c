/**
 * The service of a node that was made from a cluster spec: changes the cluster while it runs.
 *
 * A change is examined as a whole first, and then takes effect at once: nothing in between fails or
 * waits, so that no link is ever judged by half a change. Those that read files take turns.
 */
import { type NodeId, toNodeId } from "../core/mailbox-id.ts";
import { Service } from "../runtime/service.ts";
import type { ServicePorts } from "../runtime/service-ports.ts";
import { type ClusterState, describeCluster } from "./cluster-state.ts";
import type { Cluster, ConnectionService } from "./connection-service.ts";
import type { ClusterLogger } from "./logger.ts";
import { readNodeDefinition } from "./node-definition.ts";
import { invalidSpec, type NodeDefinition } from "./spec.ts";

/** What the service of a spec is made of beside what every service is. */
export interface ClusterServicePorts {
  readonly state: ClusterState;
  readonly logger: ClusterLogger;
}

export class ClusterService extends Service implements ConnectionService {
  readonly cluster: Cluster;
  readonly #ports: ClusterServicePorts;
  readonly #hasNetwork: boolean;

  constructor(ports: ServicePorts, clusterPorts: ClusterServicePorts) {
    super(ports);
    this.#ports = clusterPorts;
    this.#hasNetwork = ports.carrier !== undefined;
    this.cluster = describeCluster(clusterPorts.state, clusterPorts.logger);
  }

  addNode(definition: NodeDefinition): void {
    const { state } = this.#ports;
    if (!this.#hasNetwork) throw withoutNetwork();
    const node = readNodeDefinition(definition, state.config);
    if (state.nodes.has(node.id)) return;
    state.nodes = new Map([...state.nodes, [node.id, node]]);
    this.membership.add(node.id);
  }

  async removeNode(nodeId: NodeId | number): Promise<void> {
    const { state } = this.#ports;
    const id = toNodeId(nodeId);
    this.membership.check(id);
    state.nodes = new Map([...state.nodes].filter(([other]) => other !== id));
    await this.membership.remove(id);
  }
}

function withoutNetwork(): Error {
  const message =
    "Expected a node with a network, got one without: it was made by noClustering, or from a " +
    "spec of one node that has no certificates. Make it from a spec with certificates.";
  return invalidSpec("The change of the cluster", [{ path: "", message }]);
}
