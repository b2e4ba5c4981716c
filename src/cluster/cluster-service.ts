/**
 * The service of a node that was made from a cluster spec: changes the cluster while it runs.
 *
 * A change is examined as a whole first, and then takes effect at once: nothing in between fails or
 * waits, so that no link is ever judged by half a change. Changes that are read from files take
 * turns, so that what was asked for last is what is in force.
 */
import { invalidCertificate } from "../carriers/tls/certificate-checks.ts";
import { ReignError } from "../core/errors.ts";
import { invariant } from "../core/invariant.ts";
import { type NodeId, toNodeId } from "../core/mailbox-id.ts";
import { Service } from "../runtime/service.ts";
import type { ServicePorts } from "../runtime/service-ports.ts";
import { type ClusterState, describeCluster } from "./cluster-state.ts";
import type { Cluster, ConnectionService } from "./connection-service.ts";
import type { Credentials } from "./credentials.ts";
import type { ClusterLogger } from "./logger.ts";
import { readNodeDefinition } from "./node-definition.ts";
import { readSpecFile } from "./read-spec.ts";
import {
  type ClusterConfig,
  type ClusterSpec,
  invalidSpec,
  type NodeDefinition,
  placeOfNode,
  validateSpec,
} from "./spec.ts";
import { compareSpecs } from "./spec-change.ts";

/** What the service of a spec is made of beside what every service is. */
export interface ClusterServicePorts {
  readonly state: ClusterState;
  readonly logger: ClusterLogger;
  /** The file that the spec was read from. */
  readonly specPath: string | undefined;
  /** Links are not made by TLS with the spec's certificates. */
  readonly ownCarrier: boolean;
  /** Nothing for a node whose carrier has no use for them. */
  readonly certificates: Certificates | undefined;
}

export interface Certificates {
  /** Reads the files of the spec again, and examines all as when the node was made. */
  load(): Promise<Credentials | undefined>;
  use(credentials: Credentials): void;
}

/** What somebody has changed. */
type Changed = "spec" | "certificates";

export class ClusterService extends Service implements ConnectionService {
  readonly cluster: Cluster;
  readonly #ports: ServicePorts & ClusterServicePorts;
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(ports: ServicePorts & ClusterServicePorts) {
    super(ports);
    this.#ports = ports;
    this.cluster = describeCluster(ports.state, ports.logger);
  }

  addNode(definition: NodeDefinition): void {
    this.#checkNetwork();
    const { state } = this.#ports;
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

  async replaceSpec(spec: ClusterSpec | string | undefined = this.#ports.specPath): Promise<void> {
    const ended = await this.#inTurn("spec", () => this.#replaceSpec(spec));
    await Promise.all(ended);
  }

  async reloadCertificates(): Promise<void> {
    const { certificates, state, telemetry } = this.#ports;
    if (certificates === undefined) return;
    await this.#inTurn("certificates", async () => {
      checkReloadable(state.config);
      const credentials = await certificates.load();
      invariant(credentials !== undefined, "a spec whose certificates are in use has some");
      certificates.use(credentials);
      state.credentials = credentials;
      for (const notice of credentials.notices) {
        telemetry.emit({ type: "configuration_notice", notice });
      }
    });
  }

  /** Gives back what settles when the links that have to go are down. */
  async #replaceSpec(given: ClusterSpec | string | undefined): Promise<Promise<void>[]> {
    if (given === undefined) {
      throw new TypeError(
        "Expected a spec, or the path of its file: this node was made from none.",
      );
    }
    this.#checkNetwork();
    const { state, ownCarrier } = this.#ports;
    const isPath = typeof given === "string";
    const spec = isPath ? (await readSpecFile(given)).spec : given;
    const source = isPath ? given : "The cluster spec";
    const next = validateSpec(spec, this.nodeId, { source, ownCarrier });
    const change = compareSpecs(state.config, next, placeOfNode(spec, this.nodeId));
    if (change.problems.length > 0) throw invalidSpec(source, change.problems);
    state.config = next;
    const ended = [
      ...change.removed.map((id) => this.membership.remove(id)),
      ...change.renewed.map((id) => this.membership.renew(id)),
    ];
    for (const id of change.added) this.membership.add(id);
    return ended;
  }

  /** Runs one change after the other. One that is refused is a line of the log. */
  #inTurn<T>(changed: Changed, change: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(change);
    this.#lastTurn = turn.catch((error: unknown) => {
      if (!(error instanceof ReignError)) return;
      const { message: reason } = error;
      this.#ports.telemetry.emit({ type: "configuration_refused", changed, reason });
    });
    return turn;
  }

  #checkNetwork(): void {
    if (this.#ports.carrier !== undefined) return;
    const message =
      "Expected a node with a network, got one without: it was made by noClustering, or from a " +
      "spec of one node that has no certificates. Make it from a spec with certificates.";
    throw invalidSpec("The change of the cluster", [{ path: "", message }]);
  }
}

function checkReloadable({ certificateSources: sources }: ClusterConfig): void {
  if (sources === undefined) return;
  const { nodeKey, nodeCertificate, clusterCertificates } = sources;
  const all = [nodeKey, nodeCertificate, clusterCertificates];
  if (all.some(({ path }) => path !== undefined)) return;
  const { key } = nodeCertificate;
  throw invalidCertificate(
    key,
    "not_a_file",
    `Expected a file to read again, got ${all.map((one) => one.key).join(", ")}: texts in the ` +
      "spec cannot change while the node runs. Make the node from a spec with paths.",
  );
}
