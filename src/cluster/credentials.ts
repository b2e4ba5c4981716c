/**
 * What a node proves itself with: its key, its certificate with the intermediates behind it, and
 * the certificates of the cluster's authorities.
 *
 * All of it is examined here, once, so that whatever is wrong is found when the node is made, by
 * the one who can mend it, rather than by its peers at the first handshake. The checks are those
 * that peers make, and one that they cannot: that the key belongs to the certificate.
 */
import type { X509Certificate } from "node:crypto";
import { resolve } from "node:path";
import { checkChain, checkClusterCertificates } from "../carriers/tls/certificate-chain.ts";
import {
  checkDates,
  checkKeyKind,
  checkKeyMatches,
  checkSignature,
  describe,
  invalidCertificate,
  parseCertificates,
  parsePrivateKey,
  type SourcedCertificate,
} from "../carriers/tls/certificate-checks.ts";
import { readCertificateFile } from "../carriers/tls/certificate-files.ts";
import { hasIdentity, subjectAlternativeNames } from "../carriers/tls/identity.ts";
import { missingUses } from "../carriers/tls/peer-certificate.ts";
import { invariant } from "../core/invariant.ts";
import type { CertificateSource } from "./certificate-sources.ts";
import type { SpecFile } from "./read-spec.ts";
import type { ClusterConfig } from "./spec.ts";

/** What a certificate says, without the certificate. Times are in ISO 8601. */
export interface CertificateSummary {
  readonly subject: string;
  readonly issuer: string;
  readonly serialNumber: string;
  readonly fingerprint256: string;
  readonly validFrom: string;
  readonly validTo: string;
  /** The subject alternative names, each as `URI:…`, `DNS:…` or `IP Address:…`. */
  readonly names: readonly string[];
}

/** Frozen, and examined: whatever is in it can be used. */
export interface Credentials {
  /** The private key, as PEM. Not shown when the object is inspected or made JSON. */
  readonly keyPem: string;
  /** This node's certificate and its intermediates, as PEM. */
  readonly certPem: string;
  /** The certificates of the cluster, each as PEM: the only ones that are trusted. */
  readonly caPem: readonly string[];
  readonly leaf: CertificateSummary;
  /** Those behind it, up to the cluster's. */
  readonly intermediates: readonly CertificateSummary[];
  readonly clusterCertificates: readonly CertificateSummary[];
  /** What somebody should know though it is no mistake: a line of the log each. */
  readonly notices: readonly string[];
}

export interface LoadCredentialsOptions {
  /** Refuse a private key that others than its owner may read. Default false: a notice. */
  readonly strictKeyPermissions?: boolean;
  /** The file that the spec was in, if it was in one: it may hold the key itself. */
  readonly specFile?: Pick<SpecFile, "path" | "openToOthers"> | undefined;
  /** The time against which validity is checked, in milliseconds since 1970. Default: now. */
  readonly nowMs?: number;
}

interface LoadedText {
  readonly text: string;
  readonly source: string;
  readonly openToOthers: boolean;
}

const renewal =
  "Sign a new one with the same subject alternative name, or make it with `reign init --renew` " +
  "if `reign init` made the old one.";

/**
 * Reads and examines the credentials of `config.thisNode`. Relative paths begin at `baseFolder`.
 *
 * Nothing comes back for a cluster of one node that has no certificates. Rejects with
 * `REIGN_INVALID_CERTIFICATE` for the first thing that cannot be used: `details.source` is the
 * file, or the key of the spec, and `details.reason` a `CertificateFault`.
 */
export async function loadCredentials(
  config: ClusterConfig,
  baseFolder: string,
  options: LoadCredentialsOptions = {},
): Promise<Credentials | undefined> {
  const { strictKeyPermissions = false, specFile, nowMs = Date.now() } = options;
  const { certificateSources: sources } = config;
  if (sources === undefined) return undefined;

  const keyText = await load(sources.nodeKey, baseFolder);
  const nodeText = await load(sources.nodeCertificate, baseFolder);
  const clusterText = await load(sources.clusterCertificates, baseFolder);

  // A key in the spec is as safe as the file that the spec is in.
  const keyFile =
    sources.nodeKey.path === undefined
      ? specFile
      : { path: keyText.source, openToOthers: keyText.openToOthers };
  const notices = checkKeyPermissions(keyFile, strictKeyPermissions);
  const key = parsePrivateKey(keyText.text, keyText.source);
  const [leaf, ...intermediates] = parseCertificates(nodeText.text, nodeText.source);
  const roots = parseCertificates(clusterText.text, clusterText.source);
  invariant(leaf !== undefined, "parsed certificates are at least one");

  checkKeyMatches(leaf, key, keyText.source);
  checkKeyKind(leaf);
  checkSignature(leaf);
  checkDates(leaf, nowMs, renewal);
  checkLeafIdentity(leaf, config);
  checkUsage(leaf);
  checkClusterCertificates(roots, nowMs, renewal);
  checkChain({ leaf, intermediates, roots }, nowMs, renewal);

  return new LoadedCredentials({
    keyPem: key.export({ type: "pkcs8", format: "pem" }).toString(),
    chain: [leaf, ...intermediates].map(({ certificate }) => certificate),
    roots: roots.map(({ certificate }) => certificate),
    notices,
  });
}

class LoadedCredentials implements Credentials {
  readonly certPem: string;
  readonly caPem: readonly string[];
  readonly leaf: CertificateSummary;
  readonly intermediates: readonly CertificateSummary[];
  readonly clusterCertificates: readonly CertificateSummary[];
  readonly notices: readonly string[];
  readonly #keyPem: string;

  constructor(parts: {
    readonly keyPem: string;
    readonly chain: readonly X509Certificate[];
    readonly roots: readonly X509Certificate[];
    readonly notices: readonly string[];
  }) {
    const [leaf, ...intermediates] = parts.chain;
    invariant(leaf !== undefined, "a chain begins with the node's certificate");
    this.#keyPem = parts.keyPem;
    this.certPem = parts.chain.map(String).join("");
    this.caPem = Object.freeze(parts.roots.map(String));
    this.leaf = summarise(leaf);
    this.intermediates = Object.freeze(intermediates.map(summarise));
    this.clusterCertificates = Object.freeze(parts.roots.map(summarise));
    this.notices = Object.freeze([...parts.notices]);
    Object.freeze(this);
  }

  get keyPem(): string {
    return this.#keyPem;
  }
}

function summarise(certificate: X509Certificate): CertificateSummary {
  return Object.freeze({
    subject: certificate.subject,
    issuer: certificate.issuer,
    serialNumber: certificate.serialNumber,
    fingerprint256: certificate.fingerprint256,
    validFrom: new Date(certificate.validFrom).toISOString(),
    validTo: new Date(certificate.validTo).toISOString(),
    names: Object.freeze([...subjectAlternativeNames(certificate)]),
  });
}

async function load(from: CertificateSource, baseFolder: string): Promise<LoadedText> {
  if (from.path === undefined) return { text: from.pem, source: from.key, openToOthers: false };
  const source = resolve(baseFolder, from.path);
  return { ...(await readCertificateFile(source)), source };
}

function checkKeyPermissions(file: LoadCredentialsOptions["specFile"], strict: boolean): string[] {
  if (file === undefined || !file.openToOthers) return [];
  const message =
    `The private key in ${file.path} can be read by others than its owner, and whoever reads it ` +
    `can be this node. Run: chmod 600 ${file.path}`;
  if (strict) throw invalidCertificate(file.path, "key_permissions", message);
  return [message];
}

function checkLeafIdentity(leaf: SourcedCertificate, { nodes, thisNode }: ClusterConfig): void {
  const { certificate, source } = leaf;
  const identity = nodes.get(thisNode)?.identity;
  invariant(identity !== undefined, "a config has its own node");
  const verdict = hasIdentity(certificate, identity);
  if (verdict.ok) return;

  const names = subjectAlternativeNames(certificate);
  if (names.length === 0) {
    throw invalidCertificate(
      source,
      "old_form",
      `${describe(certificate, source)} has no subject alternative name: the common name is not ` +
        `read. Expected ${identity}. Make new certificates with \`reign init\` in an empty ` +
        `folder, or sign one with subjectAltName = ${identity}.`,
    );
  }
  const several = names.filter((name) => /^URI:reign:/i.test(name)).length > 1;
  throw invalidCertificate(
    source,
    several ? "several_identities" : "wrong_identity",
    `${describe(certificate, source)} is not for node ${thisNode}: ${verdict.reason}. Expected ` +
      `the subject alternative name ${identity}. Check that the spec's paths lead to this node's ` +
      "own certificate (`%d` stands for its id), or name the right `identity` in the spec.",
  );
}

/** A node both dials and accepts: a certificate limited to some uses must be fit for either. */
function checkUsage({ certificate, source }: SourcedCertificate): void {
  const missing = missingUses(certificate);
  if (missing.length === 0) return;
  throw invalidCertificate(
    source,
    "wrong_usage",
    `${describe(certificate, source)} may not be used for ` +
      `${missing.join(" and ")}. Expected an extended key usage of ` +
      "serverAuth and clientAuth, since a node is both, or none at all.",
  );
}
