/**
 * What has to be done so that a running node goes by another spec, or why it cannot.
 *
 * Pure. A node can meet others, part with them and find them elsewhere. What it is itself it cannot
 * change: the others know it by that, and it is bound to its port.
 */
import type { SpecProblem } from "../core/errors.ts";
import type { NodeId } from "../core/mailbox-id.ts";
import type {
  CertificateKeys,
  CertificateSource,
  CertificateSources,
} from "./certificate-sources.ts";
import type { Endpoint, LocalEndpoint } from "./endpoint.ts";
import type { ClusterConfig, ResolvedNode } from "./spec.ts";

export interface SpecChange {
  /** What cannot change while a node runs. If there is any, nothing is to be done. */
  readonly problems: readonly SpecProblem[];
  readonly removed: readonly NodeId[];
  readonly added: readonly NodeId[];
  /** They have another identity: their links are to be made anew. */
  readonly renewed: readonly NodeId[];
}

/** Compares two specs for one node. Problems of that node itself are placed under `ownPath`. */
export function compareSpecs(now: ClusterConfig, next: ClusterConfig, ownPath: string): SpecChange {
  const ids = [...new Set([...now.nodes.keys(), ...next.nodes.keys()])];
  const others = ids.filter((id) => id !== now.thisNode);
  return {
    problems: [...checkCluster(now, next), ...checkThisNode(now, next, ownPath)],
    removed: others.filter((id) => !next.nodes.has(id)),
    added: others.filter((id) => !now.nodes.has(id)),
    renewed: others.filter((id) => {
      const [before, after] = [now.nodes.get(id), next.nodes.get(id)];
      return before && after && before.identity !== after.identity;
    }),
  };
}

/** Whether two definitions of one node come to the same. */
export function sameNode(a: ResolvedNode, b: ResolvedNode): boolean {
  return (
    a.identity === b.identity &&
    sameEndpoint(a.address, b.address) &&
    sameEndpoint(a.listenAddress, b.listenAddress) &&
    sameEndpoint(a.localAddress, b.localAddress)
  );
}

function checkCluster(now: ClusterConfig, next: ClusterConfig): SpecProblem[] {
  const problems = checkCertificates(now.certificateSources, next.certificateSources);
  if (now.name !== next.name) {
    problems.push(fixed("cluster", `the cluster's name ${now.name}`, next.name));
  }
  if (now.tlsSuites.join() !== next.tlsSuites.join()) {
    const [suites, others] = [now.tlsSuites, next.tlsSuites].map((names) => names.join(", "));
    problems.push(fixed("permitted_protocols", `the suites ${suites}`, others ?? ""));
  }
  return problems;
}

function checkThisNode(now: ClusterConfig, next: ClusterConfig, ownPath: string): SpecProblem[] {
  const [before, after] = [now.nodes.get(now.thisNode), next.nodes.get(now.thisNode)];
  if (before === undefined || after === undefined) return [];
  const problems: SpecProblem[] = [];
  if (!sameEndpoint(before.listenAddress, after.listenAddress)) {
    const [bound, other] = [before, after].map(({ listenAddress }) => text(listenAddress));
    const expected = `this node to listen on ${bound}`;
    problems.push(fixed(`${ownPath}.listen_address`, expected, other ?? ""));
  }
  // With the name of the cluster all identities change, which has been said then.
  if (now.name === next.name && before.identity !== after.identity) {
    const expected = `this node's identity ${before.identity}`;
    problems.push(fixed(`${ownPath}.identity`, expected, after.identity));
  }
  return problems;
}

function checkCertificates(
  now: CertificateSources | undefined,
  next: CertificateSources | undefined,
): SpecProblem[] {
  const parts = ["nodeKey", "nodeCertificate", "clusterCertificates"] as const;
  return parts.flatMap((part) => {
    const [before, after] = [now?.[part], next?.[part]];
    if (sameSource(before, after)) return [];
    const path: keyof CertificateKeys = after?.key ?? before?.key ?? "node_cert_path";
    // The texts themselves are not shown: one of them may be a private key.
    const message =
      `Expected ${before?.path ?? before?.key ?? "no certificates"} as it is: this cannot change ` +
      "while the node runs. `reloadCertificates` reads the files of the same paths again.";
    return [{ path, message }];
  });
}

function sameSource(a: CertificateSource | undefined, b: CertificateSource | undefined): boolean {
  return a?.key === b?.key && a?.path === b?.path && a?.pem === b?.pem;
}

function fixed(path: string, expected: string, got: string): SpecProblem {
  return {
    path,
    message: `Expected ${expected}, which cannot change while the node runs, got ${got}.`,
  };
}

type AnyEndpoint = Endpoint | LocalEndpoint;

function sameEndpoint(a: AnyEndpoint | undefined, b: AnyEndpoint | undefined): boolean {
  return a?.host === b?.host && a?.port === b?.port;
}

function text({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
