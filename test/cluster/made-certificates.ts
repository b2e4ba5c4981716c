/** Makes certificates of any kind, sensible or not, and has a node load them. */
import { webcrypto } from "node:crypto";
import type { Extension, JsonGeneralName } from "@peculiar/x509";
import { expect } from "vitest";
import type { CertificateFault } from "../../src/carriers/tls/certificate-checks.ts";
import { x509Library } from "../../src/carriers/tls/x509-library.ts";
import {
  type Credentials,
  type LoadCredentialsOptions,
  loadCredentials,
} from "../../src/cluster/credentials.ts";
import { type ClusterSpec, validateSpec } from "../../src/cluster/spec.ts";

export const x509 = x509Library();
export const day = 24 * 60 * 60 * 1000;
const p256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
export interface Made {
  readonly certPem: string;
  readonly keyPem: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly subject: string;
  readonly algorithm: object;
}

export interface Profile {
  readonly issuer?: Made;
  readonly subject?: string;
  readonly algorithm?: { readonly name: string };
  readonly names?: JsonGeneralName[];
  /** Undefined: no basic constraints at all. */
  readonly ca?: boolean;
  readonly usages?: string[];
  /** Of the signature. Default: as the issuer's algorithm has it. */
  readonly hash?: string;
  readonly from?: number;
  readonly to?: number;
}

/**
 * Any certificate, sensible or not; the authority of the package itself makes sensible ones only.
 */
export async function make(profile: Profile): Promise<Made> {
  const { issuer, subject = "CN=1", algorithm = p256, names = [], ca, usages } = profile;
  const generated = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  if (!("privateKey" in generated)) throw new Error("Expected a pair of keys.");
  const extensions: Extension[] = [];
  if (ca !== undefined) extensions.push(new x509.BasicConstraintsExtension(ca, undefined, true));
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names));
  if (usages) extensions.push(new x509.ExtendedKeyUsageExtension(usages));
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject,
      issuer: issuer?.subject ?? subject,
      notBefore: new Date(Date.now() + (profile.from ?? -1) * day),
      notAfter: new Date(Date.now() + (profile.to ?? 30) * day),
      publicKey: generated.publicKey,
      signingKey: issuer?.keys.privateKey ?? generated.privateKey,
      signingAlgorithm: {
        ...(issuer?.algorithm ?? algorithm),
        ...(profile.hash === undefined ? {} : { hash: profile.hash }),
        name: "",
      },
      extensions,
    },
    webcrypto,
  );
  const der = await webcrypto.subtle.exportKey("pkcs8", generated.privateKey);
  const keyPem = x509.PemConverter.encode(der, "PRIVATE KEY");
  return {
    certPem: `${certificate.toString("pem")}\n`,
    keyPem,
    keys: generated,
    subject,
    algorithm,
  };
}

export function rsa(modulusLength: number) {
  const publicExponent = Uint8Array.of(1, 0, 1);
  return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength, publicExponent };
}

export function authority(profile: Profile = {}): Promise<Made> {
  return make({ subject: "CN=authority", ca: true, ...profile });
}

export const ownName: JsonGeneralName = { type: "url", value: "reign://reign/1" };

export function leafOf(issuer: Made, profile: Profile = {}): Promise<Made> {
  return make({ issuer, ca: false, names: [ownName], ...profile });
}

interface LoadOptions extends LoadCredentialsOptions {
  readonly folder?: string;
  readonly identity?: string;
}

/** Loads them for node 1 of two, relative to `folder`. */
export function load(
  certificates: Partial<ClusterSpec>,
  { folder = ".", identity, ...options }: LoadOptions = {},
): Promise<Credentials | undefined> {
  const nodes = [
    { id: 1, address: "a:1", ...(identity === undefined ? {} : { identity }) },
    { id: 2, address: "a:2" },
  ];
  return loadCredentials(validateSpec({ nodes, ...certificates }, 1), folder, options);
}

export function pem(
  leaf: { certPem: string; keyPem: string },
  roots: string,
): Partial<ClusterSpec> {
  return { node_key_pem: leaf.keyPem, node_cert_pem: leaf.certPem, cluster_cert_pem: roots };
}

export async function expectFault(
  loading: Promise<unknown>,
  reason: CertificateFault,
  source: string,
  message: string,
): Promise<void> {
  await expect(loading).rejects.toMatchObject({
    code: "REIGN_INVALID_CERTIFICATE",
    details: { reason, source },
    message: expect.stringContaining(message),
  });
}
