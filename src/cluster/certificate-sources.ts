/** Where a node's key and certificate and the cluster's certificates are to be read from. */
import type { SpecProblem } from "../core/errors.ts";

/** The keys of a spec that say where its certificates are. */
export interface CertificateKeys {
  readonly node_key_path?: string | undefined;
  readonly node_cert_path?: string | undefined;
  readonly node_key_pem?: string | undefined;
  readonly node_cert_pem?: string | undefined;
  readonly cluster_cert_path?: string | undefined;
  readonly cluster_cert_pem?: string | undefined;
}

export interface CertificateSources {
  readonly nodeKey: CertificateSource;
  readonly nodeCertificate: CertificateSource;
  readonly clusterCertificates: CertificateSource;
}

/**
 * A file to read, or PEM text that was in the spec itself. The text may be a private key: it is not
 * among the properties, so that no log of a config shows it.
 */
export class CertificateSource {
  /** The key of the spec, for messages. */
  readonly key: keyof CertificateKeys;
  readonly path: string | undefined;
  readonly #pem: string;

  constructor(key: keyof CertificateKeys, text: string) {
    this.key = key;
    this.path = key.endsWith("_path") ? text : undefined;
    this.#pem = this.path === undefined ? text : "";
  }

  /** The text of the spec; empty for a file. */
  get pem(): string {
    return this.#pem;
  }
}

/** Which of the keys are there; what they hold is somebody else's question. */
type GivenKeys = { readonly [Key in keyof CertificateKeys]?: unknown };

const pathPair = ["node_key_path", "node_cert_path"] as const;
const pemPair = ["node_key_pem", "node_cert_pem"] as const;
const clusterKeys = ["cluster_cert_path", "cluster_cert_pem"] as const;

/** What is missing or given twice. A cluster of one node has nobody to prove itself to. */
export function checkCertificateSources(keys: GivenKeys, required: boolean): SpecProblem[] {
  return [...checkNodeSources(keys, required), ...checkClusterSource(keys, required)];
}

/** The sources, or nothing where a cluster of one node does without. */
export function certificateSources(
  keys: CertificateKeys,
  nodeId: string,
): CertificateSources | undefined {
  const nodeKey = firstSource(keys, ["node_key_path", "node_key_pem"], nodeId);
  const nodeCertificate = firstSource(keys, ["node_cert_path", "node_cert_pem"], nodeId);
  const clusterCertificates = firstSource(keys, clusterKeys, undefined);
  if (!nodeKey || !nodeCertificate || !clusterCertificates) return undefined;
  return Object.freeze({ nodeKey, nodeCertificate, clusterCertificates });
}

function checkNodeSources(keys: GivenKeys, required: boolean): SpecProblem[] {
  const given = [...pathPair, ...pemPair].filter((key) => keys[key] !== undefined);
  const [first] = given;
  if (first === undefined) {
    if (!required) return [];
    const message =
      "Expected node_key_path and node_cert_path, or node_key_pem and node_cert_pem, " +
      "since there is more than one node. `reign init` makes certificates.";
    return [{ path: "node_cert_path", message }];
  }
  const pair = given.every((key) => key.endsWith("_path")) ? pathPair : pemPair;
  if (given.some((key) => !pair.some((own) => own === key))) {
    const message =
      "Expected node_key_path and node_cert_path, or node_key_pem and node_cert_pem, " +
      `got ${given.join(" and ")}.`;
    return [{ path: first, message }];
  }
  return pair
    .filter((key) => keys[key] === undefined)
    .map((key) => ({ path: key, message: `Expected ${key} beside ${first}, got nothing.` }));
}

function checkClusterSource(keys: GivenKeys, required: boolean): SpecProblem[] {
  const given = clusterKeys.filter((key) => keys[key] !== undefined);
  if (given.length > 1) {
    const message = `Expected cluster_cert_path or cluster_cert_pem, got both.`;
    return [{ path: "cluster_cert_path", message }];
  }
  if (given.length === 1 || !required) return [];
  const message =
    "Expected cluster_cert_path or cluster_cert_pem, since there is more than one node. " +
    "`reign init` makes certificates.";
  return [{ path: "cluster_cert_path", message }];
}

function firstSource(
  keys: CertificateKeys,
  candidates: ReadonlyArray<keyof CertificateKeys>,
  nodeId: string | undefined,
): CertificateSource | undefined {
  for (const key of candidates) {
    const text = keys[key];
    if (text === undefined) continue;
    const placed = nodeId !== undefined && key.endsWith("_path");
    return new CertificateSource(key, placed ? text.replaceAll("%d", nodeId) : text);
  }
  return undefined;
}
