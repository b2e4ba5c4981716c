/**
 * A certificate authority for one cluster: makes the certificates by which its nodes know each
 * other.
 *
 * The profile is as narrow as TLS 1.3 between nodes needs. The identity is a subject alternative
 * name, `URI:reign://<cluster>/<id>` unless told otherwise; the common name is there for people who
 * look at the file. A node's certificate serves both ends of a connection, signs nothing, and never
 * outlives its authority, which in turn may sign no further authorities. Validity begins an hour in
 * the past, since the clocks of two machines differ. Keys are ECDSA on P-256: fast in a handshake,
 * and known to every TLS library.
 *
 * Nothing here touches a file.
 */
import {
  createPrivateKey,
  type KeyObject,
  randomBytes,
  webcrypto,
  X509Certificate,
} from "node:crypto";
import { inspect } from "node:util";
import type * as X509 from "@peculiar/x509";
import { invariant } from "../../core/invariant.ts";
import { type NodeId, toNodeId } from "../../core/mailbox-id.ts";
import { checkWhole } from "../../core/option-values.ts";
import { issuedBy } from "./certificate-chain.ts";
import {
  checkKeyMatches,
  invalidCertificate,
  parseCertificates,
  parsePrivateKey,
} from "./certificate-checks.ts";
import { defaultIdentity } from "./default-identity.ts";
import { hasIdentity } from "./identity.ts";
import { x509Library } from "./x509-library.ts";

/** What an authority is made with. Everything has a default. */
export interface CertificateAuthorityOptions {
  /** The name of the cluster, part of every identity. Default `reign`. */
  readonly cluster?: string;
  /** Shown in the certificates, and of no other effect. Default `reign_user`. */
  readonly organization?: string;
  /** How long the authority and what it issues are valid. Default 365. */
  readonly days?: number;
}

/** How one certificate differs from the others of its authority. */
export interface IssueOptions {
  /** The subject alternative name, `URI:…` or `DNS:…`. Default `URI:reign://<cluster>/<id>`. */
  readonly identity?: string;
  /** Never beyond the authority's own end. Default: as the authority was made with. */
  readonly days?: number;
}

/**
 * A certificate and its private key, both as PEM text. Whoever holds the key is the node. Printed
 * by Node, it does not show the key.
 */
export interface IssuedCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

/**
 * An authority that issues the certificates of one cluster. Whoever holds its key can be any node.
 */
export interface CertificateAuthority {
  readonly cluster: string;
  readonly certPem: string;
  /** The authority's private key. Not shown when the object is inspected or made JSON. */
  readonly keyPem: string;
  /** Makes a key and a certificate for one node, and verifies it before handing it over. */
  issue(nodeId: NodeId | number, options?: IssueOptions): Promise<IssuedCertificate>;
}

const dayMs = 24 * 60 * 60 * 1000;
const clockSkewMs = 60 * 60 * 1000;
const nodeKeyAlgorithm = { name: "ECDSA", namedCurve: "P-256" };

/**
 * Makes a new authority, in memory alone. Rejects with a `TypeError` or `RangeError` for an option
 * that cannot be.
 */
export async function createCertificateAuthority(
  options: CertificateAuthorityOptions = {},
): Promise<CertificateAuthority> {
  const { cluster = "reign", organization = "reign_user", days = 365 } = options;
  checkAuthorityOptions({ cluster, organization, days });
  const x509 = x509Library();
  const keys = await webcrypto.subtle.generateKey(nodeKeyAlgorithm, true, ["sign", "verify"]);
  const name = distinguishedName(organization, `reign cluster ${cluster}`);
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: name,
      issuer: name,
      notBefore: new Date(now - clockSkewMs),
      notAfter: new Date(now + days * dayMs),
      publicKey: keys.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  const keyPem = await privateKeyPem(keys.privateKey);
  const certPem = pem(certificate);
  return openCertificateAuthority({ cluster, organization, days }, { certPem, keyPem }, "memory");
}

/**
 * Takes up an authority made before, by this tool or another, to issue more from it.
 *
 * Rejects with `REIGN_INVALID_CERTIFICATE` when the key is not the certificate's, or is of a kind
 * that nothing can be signed with here.
 */
export async function openCertificateAuthority(
  options: Required<CertificateAuthorityOptions>,
  { certPem, keyPem }: IssuedCertificate,
  source: string,
): Promise<CertificateAuthority> {
  const [own] = parseCertificates(certPem, source);
  invariant(own !== undefined, "parsed certificates are at least one");
  const key = parsePrivateKey(keyPem, source);
  checkKeyMatches(own, key, source);
  const algorithm = signingAlgorithm(key, source);
  const signingKey = await webcrypto.subtle.importKey(
    "pkcs8",
    key.export({ type: "pkcs8", format: "der" }),
    algorithm,
    false,
    ["sign"],
  );
  return new OpenAuthority(options, { certPem, keyPem }, { key: signingKey, algorithm });
}

interface SigningAlgorithm {
  readonly name: string;
  readonly hash: string;
  readonly namedCurve?: string;
}

interface SigningKey {
  readonly key: webcrypto.CryptoKey;
  readonly algorithm: SigningAlgorithm;
}

class OpenAuthority implements CertificateAuthority {
  readonly cluster: string;
  readonly certPem: string;
  readonly #options: Required<CertificateAuthorityOptions>;
  readonly #keyPem: string;
  readonly #signing: SigningKey;

  constructor(
    options: Required<CertificateAuthorityOptions>,
    own: IssuedCertificate,
    signing: SigningKey,
  ) {
    this.cluster = options.cluster;
    this.certPem = own.certPem;
    this.#options = options;
    this.#keyPem = own.keyPem;
    this.#signing = signing;
  }

  get keyPem(): string {
    return this.#keyPem;
  }

  async issue(node: NodeId | number, options: IssueOptions = {}): Promise<IssuedCertificate> {
    const nodeId = toNodeId(node);
    const { days = this.#options.days, identity = defaultIdentity(this.cluster, nodeId) } = options;
    const x509 = x509Library();
    const authority = new x509.X509Certificate(this.certPem);
    const keys = await webcrypto.subtle.generateKey(nodeKeyAlgorithm, true, ["sign", "verify"]);
    const now = Date.now();
    const certificate = await x509.X509CertificateGenerator.create(
      {
        serialNumber: serialNumber(),
        subject: distinguishedName(this.#options.organization, nodeId),
        // Not by way of a text: chains are built by comparing the bytes of the two names.
        issuer: authority.subjectName,
        notBefore: new Date(now - clockSkewMs),
        notAfter: new Date(Math.min(now + days * dayMs, authority.notAfter.getTime())),
        publicKey: keys.publicKey,
        signingKey: this.#signing.key,
        signingAlgorithm: this.#signing.algorithm,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([
            x509.ExtendedKeyUsage.serverAuth,
            x509.ExtendedKeyUsage.clientAuth,
          ]),
          new x509.SubjectAlternativeNameExtension([alternativeName(identity)]),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
          await x509.AuthorityKeyIdentifierExtension.create(authority, false, webcrypto),
        ],
      },
      webcrypto,
    );
    const issued = { certPem: pem(certificate), keyPem: await privateKeyPem(keys.privateKey) };
    this.#verify(issued, identity);
    return printWithoutKey(issued);
  }

  /** Reads what was made with another library than made it, before anybody relies on it. */
  #verify({ certPem, keyPem }: IssuedCertificate, identity: string): void {
    const made = new X509Certificate(certPem);
    invariant(made.checkPrivateKey(createPrivateKey(keyPem)), "a new key fits its certificate");
    invariant(
      issuedBy(made, new X509Certificate(this.certPem)),
      "a new certificate is signed by its authority",
    );
    invariant(hasIdentity(made, identity).ok, "a new certificate carries the identity asked for");
  }
}

/** As JSON, and to who takes it apart, it is whole: somebody has to put the key somewhere. */
function printWithoutKey(issued: IssuedCertificate): IssuedCertificate {
  const value = () => "IssuedCertificate { certPem, keyPem }";
  return Object.defineProperty(issued, inspect.custom, { value });
}

/** Throws a `TypeError` or `RangeError` that names the option at fault. */
export function checkAuthorityOptions(options: Required<CertificateAuthorityOptions>): void {
  const { cluster, organization, days } = options;
  checkWhole("days", days, 1, 36_500);
  checkText("organization", organization);
  checkText("cluster", cluster);
  // X.520 has room for 64. Quotes and the like have a meaning in the text form of names.
  if (!/^(?!#)[^\p{Cc}"\\]{1,64}$/u.test(organization)) {
    throw new RangeError(
      "Expected organization to be 1 to 64 characters in one line, without quotes and " +
        `backslashes, got ${JSON.stringify(organization)}.`,
    );
  }
  if (!/^[a-z0-9-]{1,63}$/.test(cluster)) {
    throw new RangeError(
      "Expected cluster to be 1 to 63 lower-case letters, digits and hyphens, " +
        `got ${JSON.stringify(cluster)}.`,
    );
  }
}

export function checkText(name: string, value: string): void {
  if (typeof value !== "string") {
    throw new TypeError(`Expected ${name} to be text, got ${typeof value}.`);
  }
  if (value === "") throw new RangeError(`Expected ${name} not to be empty.`);
}

function alternativeName(identity: string): X509.JsonGeneralName {
  const value = identity.slice(identity.indexOf(":") + 1);
  return { type: identity.startsWith("DNS:") ? "dns" : "url", value };
}

function distinguishedName(organization: string, commonName: string): X509.JsonName {
  return [{ O: [organization] }, { CN: [commonName] }];
}

/** 128 random bits, of which the first is 0 so that the number is positive, and the second 1. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

function signingAlgorithm(key: KeyObject, source: string): SigningAlgorithm {
  if (key.asymmetricKeyType === "rsa") return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  switch (key.asymmetricKeyDetails?.namedCurve) {
    case "prime256v1":
      return { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    case "secp384r1":
      return { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" };
    case "secp521r1":
      return { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512" };
    default:
      throw invalidCertificate(
        source,
        "unsupported_key",
        `The key in ${source} is of the kind ${key.asymmetricKeyType}. Expected an authority ` +
          "with an ECDSA key on P-256, P-384 or P-521, or an RSA key; issue certificates from " +
          "this one with the tool that made it.",
      );
  }
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  const exported = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return exported.export({ type: "pkcs8", format: "pem" }).toString();
}

function pem(certificate: X509.X509Certificate): string {
  return new X509Certificate(Buffer.from(certificate.rawData)).toString();
}
