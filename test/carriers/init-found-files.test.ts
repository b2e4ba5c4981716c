import { createPrivateKey, X509Certificate } from "node:crypto";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCertificateAuthority } from "../../src/carriers/tls/certificate-authority.ts";
import { type InitOptions, initCluster } from "../../src/carriers/tls/init-cluster.ts";
import { x509Library } from "../../src/carriers/tls/x509-library.ts";
import { loadCredentials } from "../../src/cluster/credentials.ts";
import { readSpecFile } from "../../src/cluster/read-spec.ts";
import { validateSpec } from "../../src/cluster/spec.ts";

const dayMs = 24 * 60 * 60 * 1000;
const allFiles = [
  "reign_ca.key",
  "reign_ca.crt",
  "reign_node.1.key",
  "reign_node.1.crt",
  "reign_node.2.key",
  "reign_node.2.crt",
  "cluster.json",
];

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "reign-init-"));
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

function file(name: string): string {
  return join(dir, name);
}

function contents(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(dir).map((name) => [name, readFileSync(file(name), "utf8")]),
  );
}

function certificate(name: string): X509Certificate {
  return new X509Certificate(readFileSync(file(name)));
}

/** What is in the folder makes `initCluster` refuse, and stays as it was. */
async function expectRefusal(options: InitOptions, expected: object): Promise<void> {
  const before = contents();

  await expect(initCluster({ dir, ...options })).rejects.toMatchObject(expected);

  expect(contents()).toEqual(before);
}

describe("in a folder that has files already", () => {
  test("a second run makes nothing and changes nothing", async () => {
    await initCluster({ dir });
    const before = contents();

    const result = await initCluster({ dir, days: 1, organization: "other" });

    expect(result.made).toEqual([]);
    expect(result.kept).toEqual(allFiles.map(file));
    expect(contents()).toEqual(before);
  });

  test("a node that was added to the spec gets a certificate of the same authority", async () => {
    await initCluster({ dir });
    const spec = JSON.parse(readFileSync(file("cluster.json"), "utf8"));
    spec.nodes.push({ id: "3", address: "127.0.0.1:20002" });
    writeFileSync(file("cluster.json"), JSON.stringify(spec));

    const { made } = await initCluster({ dir, nodes: 3 });

    expect(made).toEqual(["reign_node.3.key", "reign_node.3.crt"].map(file));
    expect(certificate("reign_node.3.crt").verify(certificate("reign_ca.crt").publicKey)).toBe(
      true,
    );
  });

  test("a spec with further nodes, as a map, is kept", async () => {
    await initCluster({ dir });
    const nodes = { 1: { address: "a:1" }, 2: { address: "a:2" }, web: { address: "a:3" } };
    writeFileSync(file("cluster.json"), JSON.stringify({ nodes }));

    const { kept } = await initCluster({ dir });

    expect(kept).toContain(file("cluster.json"));
  });

  test("--renew makes certificates and keys of nodes anew, and keeps the old ones beside them", async () => {
    await initCluster({ dir });
    const before = contents();

    const { made, kept } = await initCluster({ dir, renew: true });

    const nodeFiles = allFiles.slice(2, 6);
    const after = contents();
    expect(made).toEqual(nodeFiles.map(file));
    expect(kept).toEqual(["reign_ca.key", "reign_ca.crt", "cluster.json"].map(file));
    for (const name of nodeFiles) {
      expect(after[name]).not.toBe(before[name]);
      expect(after[`${name}.old`]).toBe(before[name]);
    }
    expect(Object.keys(after).sort()).toEqual(
      [...allFiles, ...nodeFiles.map((name) => `${name}.old`)].sort(),
    );
    if (process.platform !== "win32") {
      expect(statSync(file("reign_node.1.key")).mode & 0o777).toBe(0o600);
    }
    const config = validateSpec((await readSpecFile(file("cluster.json"))).spec, 2);
    await expect(loadCredentials(config, dir)).resolves.toBeDefined();
  });

  test.each([
    ["of another cluster", { cluster: "other" }],
    ["that are missing in part", {}],
    ["that do not belong together", {}],
  ])("--renew takes the place of certificates %s", async (how, options) => {
    await initCluster({ dir, ...options });
    if (how.endsWith("part")) rmSync(file("reign_node.1.key"));
    if (how.endsWith("together")) {
      writeFileSync(file("reign_node.1.key"), readFileSync(file("reign_node.2.key")));
    }
    rmSync(file("cluster.json"));

    await initCluster({ dir, renew: true });

    await expect(initCluster({ dir })).resolves.toMatchObject({ made: [] });
  });

  test("as many nodes as the spec has are renewed, and added, unless a number is given", async () => {
    await initCluster({ dir, nodes: 3 });

    const renewed = await initCluster({ dir, renew: true });
    rmSync(file("reign_node.3.key"));
    rmSync(file("reign_node.3.crt"));
    const added = await initCluster({ dir });

    expect(renewed.made).toContain(file("reign_node.3.crt"));
    expect(renewed.nodes).toBe(3);
    expect(added.made).toEqual(["reign_node.3.key", "reign_node.3.crt"].map(file));
  });

  test("--renew makes no new authority for certificates that have lost theirs", async () => {
    await initCluster({ dir });
    rmSync(file("reign_ca.key"));
    rmSync(file("reign_ca.crt"));

    await expectRefusal({ renew: true }, { details: { reason: "missing" } });
  });

  test("a certificate never outlives the authority", async () => {
    await initCluster({ dir, nodes: 1, days: 5 });
    rmSync(file("cluster.json"));

    await initCluster({ dir, nodes: 2, days: 50 });

    expect(certificate("reign_node.2.crt").validTo).toBe(certificate("reign_ca.crt").validTo);
  });

  test("an authority of another tool is used, the Go tool's P-521 among them", async () => {
    const x509 = x509Library();
    const algorithm = { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512" };
    const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const made = await x509.X509CertificateGenerator.createSelfSigned({
      name: "C=GO, ST=reign, O=reign_user, CN=Reign Signing Certificate",
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    });
    const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
    const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    writeFileSync(file("reign_ca.crt"), made.toString("pem"));
    const parameters = "-----BEGIN EC PARAMETERS-----\nBgUrgQQAIw==\n-----END EC PARAMETERS-----\n";
    writeFileSync(
      file("reign_ca.key"),
      parameters + key.export({ type: "sec1", format: "pem" }).toString(),
    );

    const { kept, specFile } = await initCluster({ dir });

    expect(kept).toEqual([file("reign_ca.key"), file("reign_ca.crt")]);
    const config = validateSpec((await readSpecFile(specFile)).spec, 2);
    await expect(loadCredentials(config, dir)).resolves.toBeDefined();
  });

  test.each([
    ["reign_ca.key", "reign_ca.crt"],
    ["reign_ca.crt", "reign_ca.key"],
    ["reign_node.2.key", "reign_node.2.crt"],
    ["reign_node.2.crt", "reign_node.2.key"],
  ])("the loss of %s is reported rather than papered over", async (missing, there) => {
    await initCluster({ dir });
    rmSync(file(missing));
    // What makes a node's files anew refuses a broken authority.
    const remedy = missing.startsWith("reign_ca") ? "an empty folder" : "reign init --renew";

    await expectRefusal(
      {},
      {
        code: "REIGN_INVALID_CERTIFICATE",
        details: { source: file(missing), reason: "missing" },
        message: expect.stringMatching(`${there} .*is there, but .*${missing} is not.*${remedy}`),
      },
    );
  });

  test("certificates without their authority are refused", async () => {
    await initCluster({ dir });
    rmSync(file("reign_ca.key"));
    rmSync(file("reign_ca.crt"));

    await expectRefusal({}, { details: { source: file("reign_ca.crt"), reason: "missing" } });
  });

  test("certificates of another authority are refused", async () => {
    await initCluster({ dir, nodes: 1 });
    const other = await createCertificateAuthority();
    writeFileSync(file("reign_ca.key"), other.keyPem);
    writeFileSync(file("reign_ca.crt"), other.certPem);

    await expectRefusal(
      { nodes: 1 },
      { details: { source: file("reign_node.1.crt"), reason: "untrusted" } },
    );
  });

  test("a certificate of another cluster is refused with what to do", async () => {
    await initCluster({ dir, cluster: "other" });

    await expectRefusal(
      {},
      {
        details: { source: file("reign_node.1.crt"), reason: "wrong_identity" },
        message: expect.stringContaining("reign init --renew"),
      },
    );
  });

  test("a certificate with another node's key is refused", async () => {
    await initCluster({ dir });
    renameSync(file("reign_node.1.key"), file("reign_node.2.key"));
    writeFileSync(file("reign_node.1.key"), readFileSync(file("reign_node.2.key")));

    await expectRefusal(
      {},
      { details: { source: file("reign_node.2.key"), reason: "key_mismatch" } },
    );
  });

  test.each([
    ["reign_ca.crt", "no_certificate"],
    ["reign_node.1.crt", "no_certificate"],
  ])("a key in the place of %s is refused", async (name, reason) => {
    await initCluster({ dir });
    writeFileSync(file(name), readFileSync(file("reign_ca.key")));

    await expectRefusal({}, { details: { source: file(name), reason } });
  });

  test.each([
    ["for another cluster", { cluster: "other", nodes: [{ id: 1 }, { id: 2 }] }, "cluster"],
    ["without one of the nodes", { nodes: [{ id: 1 }] }, "nodes"],
    ["without nodes", {}, "nodes"],
    ["that is no object", 7, ""],
  ])("a spec %s is refused, and nothing is made", async (_, spec, path) => {
    writeFileSync(file("cluster.json"), JSON.stringify(spec));

    await expectRefusal(
      { nodes: 2 },
      { code: "REIGN_INVALID_SPEC", details: { problems: [expect.objectContaining({ path })] } },
    );
  });

  test("a spec that is not JSON is refused", async () => {
    writeFileSync(file("cluster.json"), "nodes:\n");

    await expectRefusal({}, { code: "REIGN_INVALID_SPEC" });
  });
});

describe("existing certificates", () => {
  async function place(name: string, change: object): Promise<void> {
    const authority = await createCertificateAuthority({ days: 365 });
    const node = await authority.issue(1, change);
    writeFileSync(file("reign_ca.key"), authority.keyPem);
    writeFileSync(file("reign_ca.crt"), authority.certPem);
    writeFileSync(file(`${name}.key`), node.keyPem);
    writeFileSync(file(`${name}.crt`), node.certPem);
  }

  test("of another node are refused", async () => {
    await place("reign_node.2", {});

    await expectRefusal({}, { details: { reason: "wrong_identity" } });
  });

  test("that expired are refused with what to do", async () => {
    await place("reign_node.1", { days: -0.01 });

    await expectRefusal(
      {},
      {
        details: { source: file("reign_node.1.crt"), reason: "expired" },
        message: expect.stringContaining("reign init --renew"),
      },
    );
  });

  test("with the id in the common name alone are refused with what to do", async () => {
    const x509 = x509Library();
    const authority = await createCertificateAuthority();
    const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const made = await x509.X509CertificateGenerator.createSelfSigned({ name: "CN=1", keys });
    const der = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
    writeFileSync(file("reign_ca.key"), authority.keyPem);
    writeFileSync(file("reign_ca.crt"), authority.certPem);
    writeFileSync(file("reign_node.1.key"), x509.PemConverter.encode(der, "PRIVATE KEY"));
    writeFileSync(file("reign_node.1.crt"), made.toString("pem"));

    await expectRefusal(
      {},
      {
        details: { source: file("reign_node.1.crt"), reason: "old_form" },
        message: expect.stringContaining("reign init --renew"),
      },
    );
  });

  test("of an authority that expired are of no use", async () => {
    const x509 = x509Library();
    const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const made = await x509.X509CertificateGenerator.createSelfSigned({
      name: "CN=old",
      keys,
      notBefore: new Date(Date.now() - 2 * dayMs),
      notAfter: new Date(Date.now() - dayMs),
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    });
    const der = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
    writeFileSync(file("reign_ca.key"), x509.PemConverter.encode(der, "PRIVATE KEY"));
    writeFileSync(file("reign_ca.crt"), made.toString("pem"));

    await expectRefusal({}, { details: { source: file("reign_ca.crt"), reason: "expired" } });
  });
});
