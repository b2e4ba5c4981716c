import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCertificateAuthority } from "../../src/carriers/tls/certificate-authority.ts";
import { type InitOptions, initCluster } from "../../src/carriers/tls/init-cluster.ts";
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

function certificate(name: string): X509Certificate {
  return new X509Certificate(readFileSync(file(name)));
}

describe("in an empty folder", () => {
  test("everything for two nodes is made, and the files are told in order", async () => {
    const result = await initCluster({ dir });

    expect(result).toEqual({
      made: allFiles.map(file),
      kept: [],
      specFile: file("cluster.json"),
      nodes: 2,
    });
    expect(readdirSync(dir).sort()).toEqual([...allFiles].sort());
  });

  test("private keys are for their owner's eyes alone, whatever the umask", async () => {
    const umask = process.umask(0o000);
    try {
      await initCluster({ dir });
    } finally {
      process.umask(umask);
    }

    const modes = allFiles.map((name) => [name, statSync(file(name)).mode & 0o777]);
    if (process.platform === "win32") return;
    expect(modes).toEqual(allFiles.map((name) => [name, name.endsWith(".key") ? 0o600 : 0o644]));
  });

  test("each node of the spec that is made loads what it needs", async () => {
    const { specFile } = await initCluster({
      dir,
      nodes: 3,
      cluster: "shop",
      organization: "Käse, 7",
    });

    const { spec } = await readSpecFile(specFile);
    for (const node of [1, 2, 3]) {
      const config = validateSpec(spec, node);
      const credentials = await loadCredentials(config, dir, { strictKeyPermissions: true });

      expect(config.name).toBe("shop");
      expect(config.nodes.get(String(node))?.address).toEqual({
        host: "127.0.0.1",
        port: 19_999 + node,
      });
      expect(credentials?.leaf.names).toEqual([`URI:reign://shop/${node}`]);
      expect(credentials?.leaf.subject).toContain(`CN=${node}`);
      expect(credentials?.notices).toEqual([]);
    }
  });

  test("certificates say what they are for, and no more", async () => {
    await initCluster({ dir, days: 10 });
    const authority = certificate("reign_ca.crt");
    const node = certificate("reign_node.1.crt");

    expect(authority.ca).toBe(true);
    expect(node.ca).toBe(false);
    // In this Node.js, `keyUsage` is the extended one: servers and clients.
    expect(node.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    expect(node.checkIssued(authority)).toBe(true);
    expect(node.verify(authority.publicKey)).toBe(true);
    for (const made of [authority, node]) {
      expect(made.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
      expect(made.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
      // An hour in the past, for clocks that go slow.
      expect(Date.parse(made.validFrom)).toBeLessThan(Date.now() - 59 * 60_000);
      expect(Date.parse(made.validTo)).toBeLessThanOrEqual(Date.now() + 10 * dayMs);
      expect(Date.parse(made.validTo)).toBeGreaterThan(Date.now() + 9 * dayMs);
    }
  });

  test("nothing is left on the global Reflect by the library that makes certificates", async () => {
    await initCluster({ dir });

    for (const name of ["getMetadata", "getOwnMetadata", "defineMetadata"]) {
      expect(Reflect.has(Reflect, name)).toBe(false);
    }
  });

  test("a folder that is not there is made", async () => {
    const { specFile } = await initCluster({ dir: file("deep/er") });

    expect(existsSync(specFile)).toBe(true);
  });

  test("two runs at once do not mix their files", async () => {
    const outcomes = await Promise.allSettled([initCluster({ dir }), initCluster({ dir })]);

    // The one that made the authority's key first goes on; the other stops there at the latest.
    expect(outcomes.map(({ status }) => status)).toContain("fulfilled");
    for (const name of ["reign_ca", "reign_node.1", "reign_node.2"]) {
      const key = createPrivateKey(readFileSync(file(`${name}.key`)));
      expect(certificate(`${name}.crt`).checkPrivateKey(key)).toBe(true);
      expect(certificate(`${name}.crt`).verify(certificate("reign_ca.crt").publicKey)).toBe(true);
    }
  });
});

describe("an authority in memory", () => {
  test("issues certificates for any id and identity", async () => {
    const authority = await createCertificateAuthority({ cluster: "c" });

    const plain = await authority.issue("web-3");
    const named = await authority.issue(4, { identity: "DNS:four.example.org" });

    expect(new X509Certificate(plain.certPem).subjectAltName).toBe("URI:reign://c/web-3");
    expect(new X509Certificate(named.certPem).subjectAltName).toBe("DNS:four.example.org");
  });

  test("does not show its private key", async () => {
    const authority = await createCertificateAuthority();

    expect(authority.keyPem).toContain("PRIVATE KEY");
    expect(inspect(authority, { depth: null, showHidden: true })).not.toContain("PRIVATE KEY");
    expect(JSON.stringify(authority)).not.toContain("PRIVATE KEY");
  });
});

describe("options", () => {
  const wrong: ReadonlyArray<readonly [InitOptions, typeof RangeError, string]> = [
    [{ nodes: 0 }, RangeError, "nodes"],
    [{ nodes: 256 }, RangeError, "nodes"],
    [{ nodes: 1.5 }, RangeError, "nodes"],
    [{ nodes: Number.NaN }, RangeError, "nodes"],
    [{ days: 0 }, RangeError, "days"],
    [{ days: 36_501 }, RangeError, "days"],
    [{ organization: "" }, RangeError, "organization"],
    [{ organization: "x".repeat(65) }, RangeError, "organization"],
    [{ organization: "a\nb" }, RangeError, "organization"],
    [{ organization: 'a "b"' }, RangeError, "organization"],
    [{ organization: "#00" }, RangeError, "organization"],
    [{ cluster: "" }, RangeError, "cluster"],
    [{ cluster: "Shop" }, RangeError, "cluster"],
    [{ cluster: "x".repeat(64) }, RangeError, "cluster"],
    [{ dir: "" }, RangeError, "dir"],
    // @ts-expect-error What a program without types might pass.
    [{ nodes: "2" }, TypeError, "nodes"],
    // @ts-expect-error What a program without types might pass.
    [{ dir: 7 }, TypeError, "dir"],
    // @ts-expect-error What a program without types might pass.
    [{ cluster: null }, TypeError, "cluster"],
  ];

  test.each(wrong)("%j is refused by name, at once", (options, kind, name) => {
    const start = () => initCluster({ dir: file("never"), ...options });

    expect(start).toThrow(kind);
    expect(start).toThrow(`Expected ${name}`);
    expect(existsSync(file("never"))).toBe(false);
  });
});
