/**
 * The cluster spec: what it may say, and what it comes to for one of its nodes.
 *
 * All mistakes are found in one go and reported together, each with its place, in one
 * `REIGN_INVALID_SPEC`: first those of each part by itself, then those that take two parts to see.
 * Nothing here reads a file, resolves a name or looks at a clock, so that every rule can be tested
 * with a plain object.
 */
import { defaultIdentity } from "../carriers/tls/default-identity.ts";
import { ReignError, type SpecProblem } from "../core/errors.ts";
import { type NodeId, toNodeId } from "../core/mailbox-id.ts";
import {
  type CertificateSources,
  certificateSources,
  checkCertificateSources,
} from "./certificate-sources.ts";
import type { Endpoint, ListenEndpoint, LocalEndpoint } from "./endpoint.ts";
import { permittedSuites } from "./permitted-protocols.ts";
import {
  idText,
  isFields,
  readShape,
  type ShapedNode,
  type ShapedSpec,
  type TidySpec,
  wanted,
} from "./spec-shape.ts";

/** One node of a cluster, as a spec has it. */
export interface NodeDefinition {
  /** `[A-Za-z0-9._-]{1,63}`; a number stands for its decimal text. */
  readonly id: NodeId | number;
  /** Where the others reach it: `host:port` or `[v6]:port`. Names are resolved at each dial. */
  readonly address: string;
  /**
   * Where it listens. Default: `address`. `:port` listens on every interface; with port 0 the node
   * can dial, but nobody can dial it.
   */
  readonly listen_address?: string;
  /** The IP address it dials from, with or without a port. Default: the system chooses. */
  readonly local_address?: string;
  /**
   * The one subject alternative name that its certificate must carry, compared exactly: `URI:…` or
   * `DNS:…`. No two nodes share one. Default: `URI:reign://<cluster>/<id>`.
   */
  readonly identity?: string;
}

/**
 * A cluster, as the file has it that all its nodes share. The keys are those of the Go library,
 * whose files load unchanged; `cluster` and `identity` are added.
 */
export interface ClusterSpec {
  /** The nodes as a list, or as a map by id, in which `id` may be left out. */
  readonly nodes:
    | readonly NodeDefinition[]
    | Readonly<Record<NodeId, Omit<NodeDefinition, "id"> & Partial<Pick<NodeDefinition, "id">>>>;
  /** `[a-z0-9-]{1,63}`. Nodes of clusters with other names are refused. Default: `reign`. */
  readonly cluster?: string;
  /**
   * Cipher suites of TLS 1.3, or suites of TLS 1.2 with the same ciphers. Default: all of TLS 1.3.
   */
  readonly permitted_protocols?: readonly string[];
  /** PEM file of this node's private key. `%d` stands for the node's id. */
  readonly node_key_path?: string;
  /**
   * PEM file of this node's certificate, intermediates behind it. `%d` stands for the node's id.
   */
  readonly node_cert_path?: string;
  /** The private key itself, instead of its path. */
  readonly node_key_pem?: string;
  /** The certificate itself, instead of its path. */
  readonly node_cert_pem?: string;
  /** PEM file of the certificates of the cluster's authorities, one or more. */
  readonly cluster_cert_path?: string;
  /** These certificates themselves, instead of their path. */
  readonly cluster_cert_pem?: string;
}

/** A node of a spec, its texts taken apart and what it left out filled in. */
export interface ResolvedNode {
  readonly id: NodeId;
  readonly address: Endpoint;
  readonly listenAddress: ListenEndpoint;
  readonly localAddress?: LocalEndpoint;
  readonly identity: string;
}

/** What a spec comes to for one of its nodes. Holds no mistakes, and shows no private key. */
export interface ClusterConfig {
  /** The cluster's name. */
  readonly name: string;
  readonly thisNode: NodeId;
  /** All nodes, this one among them, in the order of the spec. */
  readonly nodes: ReadonlyMap<NodeId, ResolvedNode>;
  /** The cipher suites that links may use, the preferred first. */
  readonly tlsSuites: readonly string[];
  /** Absent for a cluster of one node that has none. */
  readonly certificateSources?: CertificateSources;
  /** What somebody should know though it is no mistake: a line of the log each. */
  readonly notices: readonly string[];
}

const defaultCluster = "reign";

export interface ValidateOptions {
  /** Where the spec came from, for the message. */
  readonly source?: string;
  /** Links are not made by TLS with the spec's certificates, which need not be there then. */
  readonly ownCarrier?: boolean;
}

/**
 * Works out what `input` means for `thisNode`.
 *
 * Throws `REIGN_INVALID_SPEC` with every mistake, among them that `thisNode` is not in it, and a
 * `TypeError` for a `thisNode` that is no id.
 */
export function validateSpec(
  input: unknown,
  thisNode: NodeId | number,
  { source = "The cluster spec", ownCarrier = false }: ValidateOptions = {},
): ClusterConfig {
  const nodeId = toNodeId(thisNode);
  if (!isFields(input)) {
    throw invalidSpec(source, [{ path: "", message: wanted("an object with nodes", input) }]);
  }
  const { tidy, problems, spec } = readShape(input);
  const all = [
    ...problems,
    ...checkNodesTogether(tidy),
    ...checkThisNode(tidy, nodeId),
    ...checkCertificateSources(tidy.fields, tidy.nodes.length > 1 && !ownCarrier),
  ];
  if (spec === undefined || all.length > 0) throw invalidSpec(source, all);
  return resolve(spec, nodeId);
}

/** Where in a spec a node stands, for messages about it. */
export function placeOfNode(input: unknown, nodeId: NodeId): string {
  const { nodes } = readShape(isFields(input) ? input : {}).tidy;
  const own = nodes.find(({ value }) => isFields(value) && idText(value.id) === nodeId);
  return own?.path ?? "nodes";
}

/** One error for all problems: the message has a line for each. */
export function invalidSpec(
  source: string,
  problems: readonly SpecProblem[],
  options?: ErrorOptions,
): ReignError<"REIGN_INVALID_SPEC"> {
  const lines = problems.map(({ path, message }) =>
    path === "" ? message : `${path}: ${message}`,
  );
  const [only] = lines;
  const text =
    lines.length === 1
      ? `${source} has a mistake: ${only}`
      : [`${source} has ${lines.length} mistakes:`, ...lines.map((line) => `  ${line}`)].join("\n");
  return new ReignError("REIGN_INVALID_SPEC", text, { problems }, options);
}

/** Parts that are mistaken by themselves are passed over: they have been reported. */
function checkNodesTogether({ fields, nodes }: TidySpec): SpecProblem[] {
  const cluster = typeof fields.cluster === "string" ? fields.cluster : defaultCluster;
  const problems: SpecProblem[] = [];
  const paths = new Map<NodeId, string>();
  const identities = new Map<string, string>();
  for (const { path, value } of nodes) {
    if (!isFields(value)) continue;
    const id = idText(value.id);
    if (id === undefined) continue;
    const former = paths.get(id);
    if (former !== undefined) {
      const message = `Expected an id of its own, got ${JSON.stringify(id)}, which ${former} has.`;
      problems.push({ path: `${path}.id`, message });
      continue;
    }
    paths.set(id, path);
    const own = value.identity;
    const identity = typeof own === "string" ? own : defaultIdentity(cluster, id);
    const other = identities.get(identity);
    if (other !== undefined) {
      const message = `Expected an identity of its own, got ${identity}, which ${other} has.`;
      problems.push({ path: `${path}.identity`, message });
    }
    identities.set(identity, path);
  }
  return problems;
}

function checkThisNode({ nodes }: TidySpec, thisNode: NodeId): SpecProblem[] {
  // Without any node there is a greater mistake to mend first.
  if (nodes.length === 0) return [];
  const ids = nodes.flatMap(({ value }) => (isFields(value) ? [idText(value.id)] : []));
  if (ids.includes(thisNode)) return [];
  const known = ids.filter((id) => id !== undefined);
  const listed = known.slice(0, 10).join(", ") + (known.length > 10 ? ", …" : "");
  const own = JSON.stringify(thisNode);
  const message = `Expected this node, ${own}, among the nodes, got ${listed}.`;
  return [{ path: "nodes", message }];
}

function resolve(spec: ShapedSpec, thisNode: NodeId): ClusterConfig {
  const name = spec.cluster ?? defaultCluster;
  const { suites, notices } = permittedSuites(spec.permitted_protocols ?? []);
  const sources = certificateSources(spec, thisNode);
  return Object.freeze({
    name,
    thisNode,
    nodes: new Map(spec.nodes.map((node) => [node.id, resolveNode(node, name)])),
    tlsSuites: Object.freeze(suites),
    ...(sources === undefined ? {} : { certificateSources: sources }),
    notices: Object.freeze(notices),
  });
}

/** Fills in what a node left out. */
export function resolveNode(node: ShapedNode, cluster: string): ResolvedNode {
  const { id, address, listen_address, local_address, identity } = node;
  return Object.freeze({
    id,
    address: Object.freeze(address),
    listenAddress: Object.freeze(listen_address ?? address),
    ...(local_address === undefined ? {} : { localAddress: Object.freeze(local_address) }),
    identity: identity ?? defaultIdentity(cluster, id),
  });
}
