/**
 * Finds the way from a node's certificate to a root of the cluster.
 *
 * Every step is an issuer that is named by the certificate below, may sign certificates, is within
 * its dates, and whose key verifies the signature. Only what the spec gives is looked at: neither
 * the system's roots nor anything fetched. Path lengths and name constraints are left to the
 * handshake.
 */
import type { X509Certificate } from "node:crypto";
import {
  checkDates,
  checkKeyKind,
  checkSignature,
  describe,
  invalidCertificate,
  type SourcedCertificate,
} from "./certificate-checks.ts";

export interface ChainCandidates {
  readonly leaf: SourcedCertificate;
  /** What stands behind the leaf in the same file, in any order. */
  readonly intermediates: readonly SourcedCertificate[];
  /** The certificates of the cluster, each checked by `checkClusterCertificates`. */
  readonly roots: readonly SourcedCertificate[];
}

/**
 * `issuer` has the name that `certificate` gives for its issuer, and its key made the signature.
 * Whether it was allowed to is another question: asked apart, it can be answered by name.
 */
export function issuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.issuer === issuer.subject && certificate.verify(issuer.publicKey);
}

function selfSigned(certificate: X509Certificate): boolean {
  return issuedBy(certificate, certificate);
}

/** Refuses cluster certificates that cannot be trusted, whatever the node's certificate is. */
export function checkClusterCertificates(
  roots: readonly SourcedCertificate[],
  nowMs: number,
  remedy: string,
): void {
  for (const root of roots) {
    checkAuthority(root);
    checkKeyKind(root);
    checkDates(root, nowMs, remedy);
  }
  const [first] = roots;
  if (first === undefined || roots.some((root) => selfSigned(root.certificate))) return;
  throw invalidCertificate(
    first.source,
    "not_a_root",
    `${describe(first.certificate, first.source)} is an intermediate: somebody else issued it. ` +
      "Expected the root, which issued itself, among the cluster certificates; the intermediate " +
      "belongs behind each node's certificate.",
  );
}

/**
 * Refuses a leaf from which no chain of authorities leads to a root. An authority that cannot be
 * used is reported only when there is no way around it.
 */
export function checkChain(candidates: ChainCandidates, nowMs: number, remedy: string): void {
  const { leaf, intermediates, roots } = candidates;
  const issuers = [...roots, ...intermediates];
  const visited = new Set<SourcedCertificate>();
  const waiting = [leaf];
  let obstacle: unknown;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { certificate } = next;
    if (isRoot(next, roots)) return;
    visited.add(next);
    for (const issuer of issuers) {
      if (visited.has(issuer) || !issuedBy(certificate, issuer.certificate)) continue;
      try {
        checkIssuerSignature(issuer, roots);
        checkAuthority(issuer);
        checkKeyKind(issuer);
        checkDates(issuer, nowMs, remedy);
        waiting.push(issuer);
      } catch (fault) {
        obstacle ??= fault;
      }
    }
  }
  throw obstacle ?? untrusted(candidates);
}

/** A root is trusted by itself: its signature says nothing to anybody. */
function checkIssuerSignature(
  issuer: SourcedCertificate,
  roots: readonly SourcedCertificate[],
): void {
  if (!isRoot(issuer, roots)) checkSignature(issuer);
}

function isRoot(candidate: SourcedCertificate, roots: readonly SourcedCertificate[]): boolean {
  return roots.includes(candidate) && selfSigned(candidate.certificate);
}

function checkAuthority({ certificate, source }: SourcedCertificate): void {
  if (certificate.ca) return;
  throw invalidCertificate(
    source,
    "not_a_ca",
    `${describe(certificate, source)} is not a certificate authority (basicConstraints CA:TRUE): ` +
      "nothing it issued is trusted. Expected the authority that signs the nodes' certificates.",
  );
}

function untrusted({ leaf, roots }: ChainCandidates): Error {
  const from = [...new Set(roots.map((root) => root.source))].join(", ");
  const issuer = leaf.certificate.issuer.replace(/[^\x20-\x7e]+/g, ", ").slice(0, 100);
  return invalidCertificate(
    leaf.source,
    "untrusted",
    `${describe(leaf.certificate, leaf.source)} does not lead to the cluster certificates in ` +
      `${from}. Expected it to be issued by one of them, or by intermediates that stand behind ` +
      `it in the same file; its issuer is "${issuer}".`,
  );
}
