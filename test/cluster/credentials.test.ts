import { createPrivateKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCertificateAuthority } from "../../src/carriers/tls/certificate-authority.ts";
import { loadCredentials } from "../../src/cluster/credentials.ts";
import { validateSpec } from "../../src/cluster/spec.ts";
import { authority, leafOf, load, type Made, pem, rsa, x509 } from "./made-certificates.ts";

const kinds = {
  "ECDSA P-256": { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  "ECDSA P-384": { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
  "ECDSA P-521": { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512" },
  Ed25519: { name: "Ed25519" },
  "RSA 2048": rsa(2048),
};

let folder: string;
let root: Made;
let good: Made;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "reign-credentials-"));
  root = await authority();
  good = await leafOf(root);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("credentials", () => {
  test("of the package's own authority load from files", async () => {
    const made = await createCertificateAuthority();
    const node = await made.issue(1);
    writeFileSync(join(folder, "ca.crt"), made.certPem);
    writeFileSync(join(folder, "1.crt"), node.certPem);
    writeFileSync(join(folder, "1.key"), node.keyPem, { mode: 0o600 });

    const credentials = await load(
      {
        node_key_path: "%d.key",
        node_cert_path: "%d.crt",
        cluster_cert_path: "ca.crt",
      },
      { folder },
    );

    expect(credentials).toMatchObject({
      keyPem: node.keyPem,
      certPem: node.certPem,
      caPem: [made.certPem],
      leaf: { names: ["URI:reign://reign/1"], subject: "O=reign_user\nCN=1" },
      clusterCertificates: [{ subject: "O=reign_user\nCN=reign cluster reign" }],
      notices: [],
    });
  });

  test("do not show the private key", async () => {
    const credentials = await load(pem(good, root.certPem));

    expect(credentials?.keyPem).toContain("PRIVATE KEY");
    expect(inspect(credentials, { depth: null, showHidden: true })).not.toContain("PRIVATE KEY");
    expect(JSON.stringify(credentials)).not.toContain("PRIVATE KEY");
    expect(JSON.stringify({ ...credentials })).not.toContain("PRIVATE KEY");
    expect(Object.isFrozen(credentials)).toBe(true);
  });

  test("are none for a single node without certificates", async () => {
    const config = validateSpec({ nodes: [{ id: 1, address: "a:1" }] }, 1);

    expect(await loadCredentials(config, folder)).toBeUndefined();
  });

  test.each(Object.entries(kinds))("may be of the kind %s throughout", async (_, algorithm) => {
    const issuer = await authority({ algorithm });
    const leaf = await leafOf(issuer, { algorithm });

    const credentials = await load(pem(leaf, issuer.certPem));

    expect(() =>
      createSecureContext({
        key: credentials?.keyPem,
        cert: credentials?.certPem,
        ca: [...(credentials?.caPem ?? [])],
        minVersion: "TLSv1.3",
      }),
    ).not.toThrow();
  });

  test("may have intermediates behind the leaf, in any order, text between them", async () => {
    const upper = await authority({ subject: "CN=upper", issuer: root });
    const lower = await authority({ subject: "CN=lower", issuer: upper });
    const leaf = await leafOf(lower);
    const certPem = `${leaf.certPem}\nissued by:\r\n${upper.certPem}${lower.certPem}`;

    const credentials = await load(pem({ ...leaf, certPem }, root.certPem));

    expect(credentials?.certPem.match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
  });

  test("may trust several roots, one of which is the leaf's", async () => {
    const other = await authority({ subject: "CN=other" });

    const credentials = await load(pem(good, other.certPem + root.certPem));

    expect(credentials?.caPem).toHaveLength(2);
  });

  test("may have the intermediate among the cluster's certificates, beside the root", async () => {
    const middle = await authority({ subject: "CN=middle", issuer: root });
    const leaf = await leafOf(middle);

    const credentials = await load(pem(leaf, middle.certPem + root.certPem));

    expect(credentials?.caPem).toHaveLength(2);
  });

  test("may go around an expired intermediate of the same name", async () => {
    const middle = await authority({ subject: "CN=middle", issuer: root });
    const leaf = await leafOf(middle);
    const expired = await authority({ subject: "CN=middle", issuer: root, from: -9, to: -1 });

    const chain = leaf.certPem + expired.certPem + middle.certPem;

    await expect(load(pem({ ...leaf, certPem: chain }, root.certPem))).resolves.toBeDefined();
  });

  test.each([
    ["URI:spiffe://example.org/shop/1", { type: "url", value: "spiffe://example.org/shop/1" }],
    ["DNS:web-1.example.org", { type: "dns", value: "web-1.example.org" }],
  ] as const)("may carry the identity %s that the spec asks for", async (identity, name) => {
    const leaf = await leafOf(root, { names: [{ type: "dns", value: "other.example.org" }, name] });

    await expect(load(pem(leaf, root.certPem), { identity })).resolves.toBeDefined();
  });

  test("may be limited to the uses that a node has", async () => {
    const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
    const leaf = await leafOf(root, { usages: [serverAuth, clientAuth] });

    await expect(load(pem(leaf, root.certPem))).resolves.toBeDefined();
  });

  test("may have key and certificates in one text, in the older form too", async () => {
    const sec1 = createPrivateKey(good.keyPem).export({ type: "sec1", format: "pem" });
    const parameters =
      "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    const all = good.certPem + parameters + sec1;

    const credentials = await load({
      node_key_pem: all,
      node_cert_pem: all,
      cluster_cert_pem: root.certPem,
    });

    expect(credentials?.keyPem.trim()).toBe(good.keyPem.trim());
    expect(credentials?.certPem).toBe(good.certPem);
  });
});
