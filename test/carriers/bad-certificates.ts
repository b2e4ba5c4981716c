/**
 * Certificates that no node takes for node 2 of a test cluster, each wrong in a single way, and
 * what whoever looks at one says of it.
 */
import {
  createTestAuthority,
  hoursFromNow,
  type Issued,
  selfSigned,
  type TestAuthority,
  tampered,
  withoutItsKey,
} from "./certificates.ts";
import { identityOf, testAuthority } from "./tls-cluster.ts";

export interface BadCertificate {
  /** What is wrong: the rest of a sentence that begins with "when its certificate". */
  readonly what: string;
  make(authority: TestAuthority): Promise<Issued | undefined>;
  /** The identity that the spec gives to node 2. Default: that of a test cluster. */
  readonly identity?: string;
  /** TLS refuses to show this one at all where it is set up as nodes do. */
  readonly unpresentable?: true;
  /** Only the other side finds it: the node that has it would start. */
  readonly unnoticed?: true;
  /** What a dial to one who shows it fails with: the code of Node.js, and the reason in words. */
  readonly dialled: readonly [code: string | RegExp, reason: string];
  /** What is told of one who knocks with it. */
  readonly knocking: string;
}

type Verdict = Pick<BadCertificate, "dialled" | "knocking">;

function both(code: string | RegExp, reason: string): Verdict {
  return { dialled: [code, reason], knocking: reason };
}

/** A verdict of OpenSSL for which Node.js has no code, and outside of dials no words. */
function unnamed(words: string): Verdict {
  return {
    dialled: ["UNSPECIFIED", `the certificate, or one that it rests on, was refused: ${words}`],
    knocking:
      "the certificate or its chain has a weak key or signature, " +
      "an issuer that may not issue it, or a clause nobody knows",
  };
}

const wrongIdentity = "ERR_TLS_CERT_ALTNAME_INVALID";

function isFor(name: string, identity = identityOf("2")): Verdict {
  return {
    dialled: [wrongIdentity, `the certificate is for ${name}, not for ${identity}`],
    knocking: `the certificate is for ${name}, which is no node of this cluster`,
  };
}

function odd(shown: string): Verdict {
  const what = "the certificate has a subject alternative name with characters that no name has";
  return both(wrongIdentity, `${what}: ${shown}`);
}

const notOurs =
  "the certificate was not issued by a CA of this cluster, or an intermediate is missing";
const untrusted = both("UNABLE_TO_VERIFY_LEAF_SIGNATURE", notOurs);
const badSignature = both(
  "CERT_SIGNATURE_FAILURE",
  "the certificate has a signature that is not by the CA of this cluster which it names",
);
const expired = both("CERT_HAS_EXPIRED", "the certificate, or one that it rests on, has expired");
const notYetValid = both(
  "CERT_NOT_YET_VALID",
  "the certificate, or one that it rests on, is not valid yet; " +
    "compare the clocks of the two machines and when it begins",
);
const wrongUse = both(
  "INVALID_PURPOSE",
  "the certificate's extended key usage must allow both clientAuth and serverAuth, " +
    "and what issued it must be a CA",
);
const noCertificate: Verdict = {
  dialled: [
    /^ERR_SSL_.*_ALERT_HANDSHAKE_FAILURE$/,
    "the two sides have no cipher suite in common, or the other side has no certificate " +
      "that can be used in TLS 1.3",
  ],
  knocking: "no certificate was presented",
};

const names = [identityOf("2")];
const past = { notBefore: hoursFromNow(-5), notAfter: hoursFromNow(-1) };
const other = () => testAuthority("others");

function leafFrom(below: Parameters<TestAuthority["intermediate"]>[1]): BadCertificate["make"] {
  return async (authority) => (await authority.intermediate("middle", below)).issue({ names });
}

export const badCertificates: readonly BadCertificate[] = [
  { what: "is none", unpresentable: true, ...noCertificate, make: async () => undefined },
  {
    what: "is self-signed",
    ...both(
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "the certificate is self-signed, not issued by a CA of this cluster",
    ),
    make: () => selfSigned({ names }),
  },
  {
    what: "comes from another authority",
    ...untrusted,
    make: async () => (await other()).issue({ names }),
  },
  {
    what: "comes from another authority, which it brings along",
    ...both(
      "SELF_SIGNED_CERT_IN_CHAIN",
      "the certificate was issued by a CA that is not of this cluster",
    ),
    make: async () => {
      const issued = await (await other()).issue({ names });
      return { ...issued, certPem: issued.certPem + (await other()).certPem };
    },
  },
  {
    what: "comes from another authority of the same name",
    ...badSignature,
    make: async () => (await createTestAuthority("test roots")).issue({ names }),
  },
  { what: "has expired", ...expired, make: (authority) => authority.issue({ names, ...past }) },
  {
    what: "is not valid yet",
    ...notYetValid,
    make: (authority) => authority.issue({ names, notBefore: hoursFromNow(5) }),
  },
  { what: "rests on an intermediate that has expired", ...expired, make: leafFrom(past) },
  {
    what: "rests on an intermediate that is not valid yet",
    ...notYetValid,
    make: leafFrom({ notBefore: hoursFromNow(5) }),
  },
  {
    what: "lacks the intermediate that leads to the root",
    ...untrusted,
    make: async (authority) => {
      const { certPem, keyPem } = await (await authority.intermediate("middle")).issue({ names });
      return { certPem: `${certPem.split("-----END")[0]}-----END CERTIFICATE-----\n`, keyPem };
    },
  },
  {
    what: "was issued by a node's certificate",
    ...unnamed("key usage does not include certificate signing"),
    make: leafFrom({ ca: false }),
  },
  {
    what: "was issued by one that may sign and is no authority",
    ...wrongUse,
    make: leafFrom({ ca: false, keyUsage: "keyCertSign" }),
  },
  {
    what: "was issued by an authority that may not sign certificates",
    unnoticed: true,
    ...unnamed("key usage does not include certificate signing"),
    make: leafFrom({ keyUsage: "digitalSignature" }),
  },
  {
    what: "was issued by an authority that has no place in its chain",
    unnoticed: true,
    ...both("PATH_LENGTH_EXCEEDED", "the certificate was issued by a CA that may not issue it"),
    make: async (authority) => {
      const upper = await authority.intermediate("upper", { pathLength: 0 });
      return (await upper.intermediate("lower")).issue({ names });
    },
  },
  {
    what: "was issued by an authority for the names of others",
    unnoticed: true,
    ...unnamed("permitted subtree violation"),
    make: leafFrom({
      extensions: [
        {
          oid: "2.5.29.30",
          critical: true,
          der: Buffer.from([
            0x30,
            0x0b,
            0xa0,
            0x09,
            0x30,
            0x07,
            0x86,
            0x05,
            ...Buffer.from("other"),
          ]),
        },
      ],
    }),
  },
  {
    what: "has a signature with one bit turned",
    ...badSignature,
    make: async (authority) => tampered(await authority.issue({ names })),
  },
  {
    what: "is the right one, but the key is not",
    unnoticed: true,
    ...both(
      /^ERR_SSL_(?:BAD_SIGNATURE|PROVIDER_SIGNATURE_FAILURE)$/,
      "the other side does not have the key of its certificate",
    ),
    make: async (authority) => withoutItsKey(await authority.issue({ names })),
  },
  {
    what: "rests on RSA with 1024 bits",
    unpresentable: true,
    ...unnamed("EE certificate key too weak"),
    make: (authority) => authority.issue({ names, key: "rsa1024" }),
  },
  {
    what: "rests on an authority with RSA of 1024 bits",
    unpresentable: true,
    ...unnamed("CA certificate key too weak"),
    make: leafFrom({ key: "rsa1024" }),
  },
  {
    what: "is signed by way of SHA-1",
    unpresentable: true,
    ...unnamed("CA signature digest algorithm too weak"),
    make: (authority) => authority.issue({ names, hash: "SHA-1" }),
  },
  {
    what: "is on a curve that TLS 1.3 does not have",
    ...noCertificate,
    make: (authority) => authority.issue({ names, key: "secp256k1" }),
  },
  {
    what: "may be used by servers alone",
    ...wrongUse,
    make: (authority) => authority.issue({ names, purposes: ["serverAuth"] }),
  },
  {
    what: "may be used by clients alone",
    ...wrongUse,
    make: (authority) => authority.issue({ names, purposes: ["clientAuth"] }),
  },
  {
    what: "may be used for neither end",
    ...wrongUse,
    make: (authority) => authority.issue({ names, purposes: ["emailProtection"] }),
  },
  {
    what: "says something critical that nobody understands",
    unnoticed: true,
    ...unnamed("unhandled critical extension"),
    make: (authority) =>
      authority.issue({
        names,
        extensions: [{ oid: "1.3.6.1.4.1.99999.1", critical: true, der: Buffer.from([5, 0]) }],
      }),
  },
  {
    what: "is for another node of the cluster",
    ...isFor(identityOf("1")),
    knocking: "the certificate is for this node itself",
    make: (authority) => authority.issue({ names: [identityOf("1")] }),
  },
  {
    what: "is for a node that the cluster does not have",
    ...isFor(identityOf("9")),
    make: (authority) => authority.issue({ names: [identityOf("9")] }),
  },
  {
    what: "is for the node of that id of another cluster",
    ...isFor("URI:reign://other/2"),
    make: (authority) => authority.issue({ names: ["URI:reign://other/2"] }),
  },
  {
    what: "is of the old form, with a common name alone",
    ...both(
      wrongIdentity,
      'the certificate has no subject alternative name, only the common name "2", ' +
        "which is not read. " +
        'It is of the old form: remove it and its key, and have "reign init" make new ones',
    ),
    make: (authority) => authority.issue({ names: [], commonName: "2" }),
  },
  {
    what: "is for two nodes",
    ...both(
      wrongIdentity,
      "the certificate is for several nodes at once: URI:reign://test/2 and URI:reign://test/3",
    ),
    make: (authority) => authority.issue({ names: [identityOf("2"), identityOf("3")] }),
  },
  {
    what: "hides the name in another",
    ...odd("DNS:x, URI:reign://test/2"),
    make: (authority) => authority.issue({ names: [`DNS:x, ${identityOf("2")}`] }),
  },
  {
    what: "has the name up to a zero byte",
    ...odd(String.raw`"URI:reign://test/2\u0000.evil"`),
    make: (authority) => authority.issue({ names: [`${identityOf("2")}\0.evil`] }),
  },
  {
    what: "has the name in upper case",
    ...isFor("URI:reign://TEST/2"),
    make: (authority) => authority.issue({ names: ["URI:reign://TEST/2"] }),
  },
  {
    what: "has the name and one character more",
    ...isFor("URI:reign://test/2/"),
    make: (authority) => authority.issue({ names: [`${identityOf("2")}/`] }),
  },
  {
    what: "has the name as one of a host",
    ...isFor("DNS:reign://test/2"),
    make: (authority) => authority.issue({ names: ["DNS:reign://test/2"] }),
  },
  {
    what: "has the name as an address of mail",
    ...isFor("email:reign://test/2"),
    make: (authority) => authority.issue({ names: ["EMAIL:reign://test/2"] }),
  },
  {
    what: "is for the IP address of the node",
    ...isFor("IP Address:127.0.0.1"),
    make: (authority) => authority.issue({ names: ["IP:127.0.0.1"] }),
  },
  {
    what: "has a wildcard that would fit",
    ...isFor("DNS:*.example", "DNS:node-2.example"),
    identity: "DNS:node-2.example",
    make: (authority) => authority.issue({ names: ["DNS:*.example"] }),
  },
  {
    what: "has names that are no list of names",
    ...untrusted,
    make: (authority) =>
      authority.issue({
        names: [],
        extensions: [{ oid: "2.5.29.17", critical: false, der: Buffer.from("not a sequence") }],
      }),
  },
  {
    what: "has more behind it than TLS takes",
    unnoticed: true,
    ...both(
      "ERR_SSL_EXCESSIVE_MESSAGE_SIZE",
      "the other side sent more than TLS takes in a handshake, as certificates without end",
    ),
    make: async (authority) => {
      const issued = await authority.issue({ names });
      return { ...issued, certPem: issued.certPem + authority.certPem.repeat(400) };
    },
  },
];
