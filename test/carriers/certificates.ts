/** Makes certificates in memory, good ones and ones that are wrong in a single way. */
import { webcrypto } from "node:crypto";
import { x509Library } from "../../src/carriers/tls/x509-library.ts";

const x509 = x509Library();
const hourMs = 3_600_000;
const purposes = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  emailProtection: "1.3.6.1.5.5.7.3.4",
} as const;

const keyKinds = {
  p256: { name: "ECDSA", namedCurve: "P-256" },
  p384: { name: "ECDSA", namedCurve: "P-384" },
  ed25519: { name: "Ed25519" },
  rsa2048: rsa(2048),
  rsa1024: rsa(1024),
} as const;

export interface Issued {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface Wanted {
  /** `URI:…`, `DNS:…`. Default `URI:reign://test/1`. An empty list: no such extension. */
  readonly names?: readonly string[];
  readonly commonName?: string;
  readonly key?: keyof typeof keyKinds;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Default: both. Null: no such extension. */
  readonly purposes?: readonly (keyof typeof purposes)[] | null;
  readonly ca?: boolean;
}

export interface TestAuthority extends Issued {
  issue(wanted?: Wanted): Promise<Issued>;
  /** An authority below this one; what it issues comes with its certificate behind it. */
  intermediate(name: string, wanted?: Wanted): Promise<TestAuthority>;
}

export function hoursFromNow(hours: number): Date {
  return new Date(Date.now() + hours * hourMs);
}

export async function createTestAuthority(name: string): Promise<TestAuthority> {
  return authority(name, undefined, authorityForm(name));
}

function authorityForm(name: string): Wanted {
  return { commonName: name, ca: true, names: [], purposes: null };
}

/** Signed by nobody but itself. */
export async function selfSigned(wanted: Wanted = {}): Promise<Issued> {
  const keys = await generate(wanted.key);
  return issued(await certificate(wanted, keys, undefined), keys, "");
}

interface Signer {
  readonly subject: string;
  readonly keys: webcrypto.CryptoKeyPair;
  /** What goes behind a certificate that it issues. */
  readonly chainPem: string;
}

async function authority(
  name: string,
  parent: Signer | undefined,
  wanted: Wanted,
): Promise<TestAuthority> {
  const keys = await generate("p256");
  const own = await issued(await certificate(wanted, keys, parent), keys, "");
  const chainPem = parent === undefined ? "" : `${own.certPem}${parent.chainPem}`;
  const signer: Signer = { subject: `CN=${name}`, keys, chainPem };
  return {
    ...own,
    async issue(leaf = {}) {
      const leafKeys = await generate(leaf.key);
      return issued(await certificate(leaf, leafKeys, signer), leafKeys, chainPem);
    },
    intermediate: (below, beneath = {}) =>
      authority(below, signer, { ...authorityForm(below), ...beneath }),
  };
}

async function certificate(
  wanted: Wanted,
  keys: webcrypto.CryptoKeyPair,
  signer: Signer | undefined,
): Promise<string> {
  const subject = `CN=${wanted.commonName ?? "node"}`;
  const signingKeys = signer?.keys ?? keys;
  const made = await x509.X509CertificateGenerator.create(
    {
      serialNumber: Buffer.from(
        webcrypto.getRandomValues(new Uint8Array(8)).fill(1, 0, 1),
      ).toString("hex"),
      subject,
      issuer: signer?.subject ?? subject,
      notBefore: wanted.notBefore ?? hoursFromNow(-1),
      notAfter: wanted.notAfter ?? hoursFromNow(24),
      publicKey: keys.publicKey,
      signingKey: signingKeys.privateKey,
      signingAlgorithm: { ...signingKeys.privateKey.algorithm, hash: "SHA-256" },
      extensions: extensions(wanted),
    },
    webcrypto,
  );
  return made.toString("pem");
}

function extensions(wanted: Wanted): InstanceType<typeof x509.Extension>[] {
  const { names = ["URI:reign://test/1"], purposes: wantedPurposes, ca = false } = wanted;
  const usages =
    wantedPurposes === undefined ? (["serverAuth", "clientAuth"] as const) : wantedPurposes;
  const flags = x509.KeyUsageFlags;
  return [
    new x509.BasicConstraintsExtension(ca, undefined, true),
    new x509.KeyUsagesExtension(ca ? flags.keyCertSign : flags.digitalSignature, true),
    ...(usages === null
      ? []
      : [new x509.ExtendedKeyUsageExtension(usages.map((usage) => purposes[usage]))]),
    ...(names.length === 0
      ? []
      : [new x509.SubjectAlternativeNameExtension(names.map(generalName))]),
  ];
}

function generalName(name: string): { type: "url" | "dns"; value: string } {
  const [, kind, value = ""] = /^(URI|DNS):([\s\S]*)$/.exec(name) ?? [];
  return { type: kind === "URI" ? "url" : "dns", value };
}

async function issued(
  certPem: Promise<string> | string,
  keys: webcrypto.CryptoKeyPair,
  chainPem: string,
): Promise<Issued> {
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certPem: `${await certPem}\n${chainPem}`,
    keyPem: x509.PemConverter.encode(pkcs8, "PRIVATE KEY"),
  };
}

async function generate(kind: keyof typeof keyKinds = "p256"): Promise<webcrypto.CryptoKeyPair> {
  const keys = await webcrypto.subtle.generateKey(keyKinds[kind], true, ["sign", "verify"]);
  if (!("privateKey" in keys)) throw new Error("Expected a pair of keys.");
  return keys;
}

function rsa(modulusLength: number) {
  return {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  };
}
