/** A node in the process of a part, made by the public API alone. */
import {
  type ClusterLogger,
  type ConnectionService,
  createFromSpec,
  nullLogger,
  type ServiceSettings,
  type Telemetry,
} from "reign";
import { freePorts } from "../measure/free-ports.ts";

export interface NodeSetting {
  /** Where the certificates are. */
  readonly folder: string;
  /** Which of the nodes this is. */
  readonly id: number;
  readonly nodes: readonly NodePlace[];
  readonly options?: Partial<ServiceSettings>;
}

export interface NodePlace {
  readonly id: number;
  readonly address: string;
  readonly listen_address?: string;
}

/** Nobody listens there: who has this for an address of a node waits to be dialled by it. */
export const nowhere = "127.0.0.1:1";

export async function makeNode(
  { folder, id, nodes, options }: NodeSetting,
  more: { readonly logger?: ClusterLogger; readonly telemetry?: Telemetry } = {},
): Promise<ConnectionService> {
  const spec = {
    cluster: "reliability",
    nodes: nodes.map((node) => ({ ...node })),
    node_key_path: "reign_node.%d.key",
    node_cert_path: "reign_node.%d.crt",
    cluster_cert_path: "reign_ca.crt",
  };
  return createFromSpec(spec, id, {
    baseFolder: folder,
    logger: nullLogger,
    ...options,
    ...more,
  });
}

export async function startNode(...given: Parameters<typeof makeNode>): Promise<ConnectionService> {
  const service = await makeNode(...given);
  await service.start();
  return service;
}

/** Nodes 1 to `count`, each on a port of its own that was free a moment ago. */
export async function placeNodes(count: number): Promise<readonly NodePlace[]> {
  const ports = await freePorts(count);
  return ports.map((port, i) => ({ id: i + 1, address: `127.0.0.1:${port}` }));
}

export function portOf({ address }: NodePlace): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

/** Time that all processes of this machine share, in milliseconds. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
