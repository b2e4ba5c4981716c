/**
 * Reads keys and certificates from PEM text, and says what is wrong with one that cannot be used.
 *
 * TLS itself would refuse most of these too, but at the first handshake, on the other side, and in
 * words that name neither the file nor the remedy. Here each is found when the node is made.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { ReignError } from "../../core/errors.ts";
import { weakHashOf } from "./signature-hash.ts";

/**
 * What can be wrong with a certificate or a key: `details.reason` of `REIGN_INVALID_CERTIFICATE`.
 */
export type CertificateFault =
  | "missing"
  | "unreadable"
  | "not_pem"
  | "no_certificate"
  | "no_key"
  | "encrypted_key"
  | "malformed"
  | "key_mismatch"
  | "key_permissions"
  | "weak_key"
  | "weak_signature"
  | "unsupported_key"
  | "expired"
  | "not_yet_valid"
  | "old_form"
  | "wrong_identity"
  | "several_identities"
  | "wrong_usage"
  | "not_a_ca"
  | "not_a_root"
  | "untrusted"
  | "refused_by_tls"
  | "verification_disabled"
  | "not_a_file";

/** A certificate and where it came from: a file's path, or the key of the spec that holds it. */
export interface SourcedCertificate {
  readonly certificate: X509Certificate;
  readonly source: string;
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const privateKeyBlock =
  /-----BEGIN ((?:RSA |EC |ENCRYPTED )?PRIVATE KEY)-----[\s\S]*?-----END \1-----/;
const leastRsaBits = 2048;
const curves: readonly string[] = ["prime256v1", "secp384r1", "secp521r1"];

export function invalidCertificate(
  source: string,
  reason: CertificateFault,
  message: string,
  options?: ErrorOptions,
): ReignError<"REIGN_INVALID_CERTIFICATE"> {
  return new ReignError("REIGN_INVALID_CERTIFICATE", message, { source, reason }, options);
}

/**
 * Every certificate of a PEM text, in order; at least one. Text between the blocks is passed over.
 */
export function parseCertificates(pem: string, source: string): readonly SourcedCertificate[] {
  const blocks = pem.match(certificateBlock) ?? [];
  if (blocks.length === 0) {
    if (pem.includes("-----BEGIN ")) {
      throw invalidCertificate(
        source,
        "no_certificate",
        `Expected a certificate (BEGIN CERTIFICATE) in ${source}, found none. ` +
          "Check that the key and the certificate are not exchanged.",
      );
    }
    throw notPem(source, "a certificate");
  }
  return blocks.map((block, index) => {
    try {
      return { certificate: new X509Certificate(block), source };
    } catch (cause) {
      throw invalidCertificate(
        source,
        "malformed",
        `Certificate ${index + 1} in ${source} is damaged and cannot be read. Copy the file again.`,
        { cause },
      );
    }
  });
}

/** The first private key of a PEM text. It must not need a passphrase. */
export function parsePrivateKey(pem: string, source: string): KeyObject {
  const [block, label] = privateKeyBlock.exec(pem) ?? [];
  if (block === undefined) {
    if (!pem.includes("-----BEGIN ")) throw notPem(source, "a private key");
    throw invalidCertificate(
      source,
      "no_key",
      `Expected a private key (BEGIN PRIVATE KEY) in ${source}, found none. ` +
        "Check that the key and the certificate are not exchanged.",
    );
  }
  if (label === "ENCRYPTED PRIVATE KEY" || block.includes("Proc-Type: 4,ENCRYPTED")) {
    throw invalidCertificate(
      source,
      "encrypted_key",
      `The private key in ${source} is encrypted, and a node has nobody to ask for the ` +
        "passphrase. Decrypt it, as by `openssl pkey -in KEY -out NEWKEY`, and guard the file.",
    );
  }
  try {
    return createPrivateKey(block);
  } catch {
    // The cause is left out: it may quote what it could not parse, which is a private key.
    throw invalidCertificate(
      source,
      "malformed",
      `The private key in ${source} is damaged and cannot be read. Copy the file again.`,
    );
  }
}

/** Refuses keys too weak or too odd for TLS 1.3 everywhere: RSA from 2048 bits, ECDSA, Ed25519. */
export function checkKeyKind({ certificate, source }: SourcedCertificate): void {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = certificate.publicKey;
  if (kind === "rsa") {
    const bits = details?.modulusLength ?? 0;
    if (bits >= leastRsaBits) return;
    throw invalidCertificate(
      source,
      "weak_key",
      `${describe(certificate, source)} has an RSA key of ${bits} bits; ` +
        `expected ${leastRsaBits} or more. Make a new key and certificate.`,
    );
  }
  if (kind === "ed25519" || (kind === "ec" && curves.includes(details?.namedCurve ?? ""))) return;
  throw invalidCertificate(
    source,
    "unsupported_key",
    `${describe(certificate, source)} has a key of the kind ` +
      `${[kind, details?.namedCurve].filter(Boolean).join(" ")}; expected RSA of ${leastRsaBits} ` +
      "bits or more, ECDSA on P-256, P-384 or P-521, or Ed25519.",
  );
}

/** Refuses a signature that could be somebody else's. */
export function checkSignature({ certificate, source }: SourcedCertificate): void {
  const hash = weakHashOf(certificate);
  if (hash === undefined) return;
  throw invalidCertificate(
    source,
    "weak_signature",
    `${describe(certificate, source)} is signed by way of ${hash}, which can be forged; ` +
      "expected SHA-256 or better. Have it signed anew.",
  );
}

/**
 * Refuses a certificate outside its dates. `remedy` is a sentence that says how to get a new one.
 */
export function checkDates(
  { certificate, source }: SourcedCertificate,
  nowMs: number,
  remedy: string,
): void {
  const from = new Date(certificate.validFrom);
  const to = new Date(certificate.validTo);
  if (nowMs > to.getTime()) {
    throw invalidCertificate(
      source,
      "expired",
      `${describe(certificate, source)} expired on ${date(to)}. ${remedy}`,
    );
  }
  if (nowMs < from.getTime()) {
    throw invalidCertificate(
      source,
      "not_yet_valid",
      `${describe(certificate, source)} is not valid before ${date(from)}, and it is ` +
        `${date(new Date(nowMs))} now. Check the clock of this machine.`,
    );
  }
}

export function checkKeyMatches(leaf: SourcedCertificate, key: KeyObject, keySource: string): void {
  if (leaf.certificate.checkPrivateKey(key)) return;
  throw invalidCertificate(
    keySource,
    "key_mismatch",
    `The private key in ${keySource} does not belong to the certificate in ${leaf.source}. ` +
      "Expected the key that the certificate was made for, and this node's own certificate first " +
      "in its file.",
  );
}

/** "The certificate CN=1 in FILE": names one of several in a file. */
export function describe(certificate: X509Certificate, source: string): string {
  // A subject is set by whoever made the certificate: one line, no control characters, bounded.
  const subject = certificate.subject.replace(/[^\x20-\x7e]+/g, ", ").slice(0, 100);
  return `The certificate ${subject === "" ? "" : `"${subject}" `}in ${source}`;
}

function date(when: Date): string {
  return when.toISOString().replace(".000Z", "Z");
}

function notPem(source: string, wanted: string): ReignError {
  return invalidCertificate(
    source,
    "not_pem",
    `Expected ${wanted} in PEM form (text that begins with -----BEGIN) in ${source}. ` +
      "A file in DER form is converted by `openssl x509 -inform der` (or `openssl pkey`).",
  );
}
