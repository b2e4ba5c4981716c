/** Makes certificates in memory, good ones and ones that are wrong in a single way. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  webcrypto,
} from "node:crypto";
import { promisify } from "node:util";
import type { Extension, GeneralNameType } from "@peculiar/x509";
import { x509Library } from "../../src/carriers/tls/x509-library.ts";

const x509 = x509Library();
const hourMs = 3_600_000;
const purposes = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  emailProtection: "1.3.6.1.5.5.7.3.4",
} as const;

const generatePair = promisify(generateKeyPair);
const keyKinds = {
  p256: () => generatePair("ec", { namedCurve: "P-256" }),
  p384: () => generatePair("ec", { namedCurve: "P-384" }),
  p521: () => generatePair("ec", { namedCurve: "P-521" }),
  secp256k1: () => generatePair("ec", { namedCurve: "secp256k1" }),
  ed25519: () => generatePair("ed25519"),
  rsa4096: () => rsa(4096),
  rsa2048: () => rsa(2048),
  rsa1024: () => rsa(1024),
} as const;

const rsaKeys = new Map<number, Promise<KeyPair>>();

/** Always the same of one length: to make such a key takes longer than all the rest of a test. */
function rsa(modulusLength: number): Promise<KeyPair> {
  const found = rsaKeys.get(modulusLength) ?? generatePair("rsa", { modulusLength });
  rsaKeys.set(modulusLength, found);
  return found;
}

export type KeyKind = keyof typeof keyKinds;

export interface Issued {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface Wanted {
  /** `URI:…`, `DNS:…`, `IP:…`, `EMAIL:…`. Default `URI:reign://test/1`. Empty: no such extension. */
  readonly names?: readonly string[];
  readonly commonName?: string;
  readonly key?: KeyKind;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Default: both. Null: no such extension. */
  readonly purposes?: readonly (keyof typeof purposes)[] | null;
  readonly ca?: boolean;
  /** How many authorities an authority allows below it. Default: any number. */
  readonly pathLength?: number;
  /** What a key may do. Default: sign certificates for an authority, else anything in TLS. */
  readonly keyUsage?: "keyCertSign" | "digitalSignature";
  /** Of the signature. Default SHA-256. */
  readonly hash?: "SHA-1";
  /** Whatever else, as it is. */
  readonly extensions?: readonly {
    readonly oid: string;
    readonly critical: boolean;
    readonly der: Uint8Array;
  }[];
}

export interface TestAuthority extends Issued {
  issue(wanted?: Wanted): Promise<Issued>;
  /** An authority below this one; what it issues comes with its certificate behind it. */
  intermediate(name: string, wanted?: Wanted): Promise<TestAuthority>;
}

export function hoursFromNow(hours: number): Date {
  return new Date(Date.now() + hours * hourMs);
}

export async function createTestAuthority(name: string, wanted?: Wanted): Promise<TestAuthority> {
  return authority(name, undefined, { ...authorityForm(name), ...wanted });
}

function authorityForm(name: string): Wanted {
  return { commonName: name, ca: true, names: [], purposes: null };
}

/** Signed by nobody but itself. */
export async function selfSigned(wanted: Wanted = {}): Promise<Issued> {
  const keys = await keyKinds[wanted.key ?? "p256"]();
  return issued(await certificate(wanted, keys, undefined), keys, "");
}

/** The same certificate, with the last bit of its signature turned. */
export function tampered({ certPem, keyPem }: Issued): Issued {
  const der = Buffer.from(x509.PemConverter.decodeFirst(certPem));
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
  return { certPem: x509.PemConverter.encode(der, "CERTIFICATE"), keyPem };
}

/**
 * The same certificate with the key of somebody who does not have its own. TLS refuses to load a
 * key that does not fit, so that this one claims to: its private part is another's.
 */
export async function withoutItsKey({ certPem, keyPem }: Issued): Promise<Issued> {
  const { x = "", y = "" } = createPrivateKey(keyPem).export({ format: "jwk" });
  const thief = (await keyKinds.p256()).privateKey.export({ format: "jwk" });
  const claimed = createPrivateKey({ key: { ...thief, x, y }, format: "jwk" });
  return { certPem, keyPem: pkcs8(claimed) };
}

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

interface Signer {
  readonly subject: string;
  readonly keys: KeyPair;
  /** What goes behind a certificate that it issues. */
  readonly chainPem: string;
}

async function authority(
  name: string,
  parent: Signer | undefined,
  wanted: Wanted,
): Promise<TestAuthority> {
  const keys = await keyKinds[wanted.key ?? "p256"]();
  const own = issued(await certificate(wanted, keys, parent), keys, "");
  const chainPem = parent === undefined ? "" : `${own.certPem}${parent.chainPem}`;
  const signer: Signer = { subject: `CN=${name}`, keys, chainPem };
  return {
    ...own,
    async issue(leaf = {}) {
      const leafKeys = await keyKinds[leaf.key ?? "p256"]();
      return issued(await certificate(leaf, leafKeys, signer), leafKeys, chainPem);
    },
    intermediate: (below, beneath = {}) =>
      authority(below, signer, { ...authorityForm(below), ...beneath }),
  };
}

async function certificate(
  wanted: Wanted,
  keys: KeyPair,
  signer: Signer | undefined,
): Promise<string> {
  const subject = `CN=${wanted.commonName ?? "node"}`;
  const algorithm = signingAlgorithm((signer?.keys ?? keys).privateKey, wanted.hash);
  const made = await x509.X509CertificateGenerator.create(
    {
      serialNumber: Buffer.from(
        webcrypto.getRandomValues(new Uint8Array(8)).fill(1, 0, 1),
      ).toString("hex"),
      subject,
      issuer: signer?.subject ?? subject,
      notBefore: wanted.notBefore ?? hoursFromNow(-1),
      notAfter: wanted.notAfter ?? hoursFromNow(24),
      publicKey: Uint8Array.from(keys.publicKey.export({ type: "spki", format: "der" })),
      signingKey: await signingKey((signer?.keys ?? keys).privateKey, algorithm),
      signingAlgorithm: algorithm,
      extensions: extensions(wanted),
    },
    webcrypto,
  );
  return made.toString("pem");
}

function signingKey(key: KeyObject, algorithm: object): Promise<webcrypto.CryptoKey> {
  const der = key.export({ type: "pkcs8", format: "der" });
  return webcrypto.subtle.importKey("pkcs8", der, { name: "", ...algorithm }, false, ["sign"]);
}

function signingAlgorithm(key: KeyObject, hash: string = "SHA-256") {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return { name: "RSASSA-PKCS1-v1_5", hash };
    case "ed25519":
      return { name: "Ed25519" };
    default: {
      const { crv: namedCurve } = createPublicKey(key).export({ format: "jwk" });
      return { name: "ECDSA", namedCurve, hash };
    }
  }
}

function extensions(wanted: Wanted): Extension[] {
  const { names = ["URI:reign://test/1"], purposes: wantedPurposes, ca = false } = wanted;
  const usages =
    wantedPurposes === undefined ? (["serverAuth", "clientAuth"] as const) : wantedPurposes;
  const keyUsage = wanted.keyUsage ?? (ca ? "keyCertSign" : "digitalSignature");
  return [
    new x509.BasicConstraintsExtension(ca, wanted.pathLength, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags[keyUsage], true),
    ...(usages === null
      ? []
      : [new x509.ExtendedKeyUsageExtension(usages.map((usage) => purposes[usage]))]),
    ...(names.length === 0
      ? []
      : [new x509.SubjectAlternativeNameExtension(names.map(generalName))]),
    ...(wanted.extensions ?? []).map(
      ({ oid, critical, der }) => new x509.Extension(oid, critical, Uint8Array.from(der)),
    ),
  ];
}

const generalNameKinds: Readonly<Record<string, GeneralNameType>> = {
  URI: "url",
  DNS: "dns",
  IP: "ip",
  EMAIL: "email",
};

function generalName(name: string): { type: GeneralNameType; value: string } {
  const [, kind = "", value = ""] = /^(\w+):([\s\S]*)$/.exec(name) ?? [];
  const type = generalNameKinds[kind];
  if (type === undefined) throw new Error(`Expected a name of a known kind, got ${name}.`);
  return { type, value };
}

function issued(certPem: string, { privateKey }: KeyPair, chainPem: string): Issued {
  return { certPem: `${certPem}\n${chainPem}`, keyPem: pkcs8(privateKey) };
}

function pkcs8(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
