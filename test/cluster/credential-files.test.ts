import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CertificateFault } from "../../src/carriers/tls/certificate-checks.ts";
import { createFromSpecFile } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import type { ClusterSpec } from "../../src/cluster/spec.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { authority, expectFault, leafOf, load, type Made, pem } from "./made-certificates.ts";

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

describe("a private key", () => {
  function withKeyMode(mode: number): Partial<ClusterSpec> {
    const path = join(folder, `mode-${mode.toString(8)}.key`);
    writeFileSync(path, good.keyPem);
    chmodSync(path, mode);
    writeFileSync(join(folder, "good.crt"), good.certPem);
    return { node_key_path: path, node_cert_path: "good.crt", cluster_cert_pem: root.certPem };
  }

  test.each([0o640, 0o644, 0o604, 0o660])("of mode %o is a notice", async (mode) => {
    const credentials = await load(withKeyMode(mode), { folder });

    expect(credentials?.notices).toEqual([expect.stringContaining("chmod 600")]);
  });

  test("that others may read is refused where permissions are strict", async () => {
    const keys = withKeyMode(0o640);

    await expectFault(
      load(keys, { folder, strictKeyPermissions: true }),
      "key_permissions",
      String(keys.node_key_path),
      "chmod 600",
    );
  });

  test.each([0o600, 0o400])("of mode %o is as it should be", async (mode) => {
    const credentials = await load(withKeyMode(mode), { folder, strictKeyPermissions: true });

    expect(credentials?.notices).toEqual([]);
  });

  test.each([0o640, 0o600])("behind a link is judged by the mode of the file, %o", async (mode) => {
    const keys = withKeyMode(mode);
    const link = join(folder, `link-${mode.toString(8)}.key`);
    symlinkSync(String(keys.node_key_path), link);
    const linked = { ...keys, node_key_path: link };

    const credentials = await load(linked, { folder });

    expect(credentials?.notices).toEqual(
      mode === 0o600 ? [] : [expect.stringContaining(`chmod 600 ${link}`)],
    );
    if (mode === 0o600) return;
    await expectFault(
      load(linked, { folder, strictKeyPermissions: true }),
      "key_permissions",
      link,
      "chmod 600",
    );
  });

  test("in the spec is as open to others as the file that the spec is in", async () => {
    const specFile = { path: join(folder, "cluster.json"), openToOthers: true };
    const inSpec = pem(good, root.certPem);

    const credentials = await load(inSpec, { specFile });
    const fromFile = await load(withKeyMode(0o600), { folder, specFile });

    expect(credentials?.notices).toEqual([expect.stringContaining(`chmod 600 ${specFile.path}`)]);
    expect(fromFile?.notices).toEqual([]);
    await expectFault(
      load(inSpec, { specFile, strictKeyPermissions: true }),
      "key_permissions",
      specFile.path,
      "chmod 600",
    );
  });

  test("in a spec file that others may read is a line in the log, or refused", async () => {
    const path = join(folder, "with-key.json");
    const nodes = { 1: { address: "127.0.0.1:1" }, 2: { address: "127.0.0.1:2" } };
    writeFileSync(path, JSON.stringify({ nodes, ...pem(good, root.certPem) }));
    chmodSync(path, 0o644);
    const telemetry = createRecordingTelemetry();
    const options = { logger: nullLogger, telemetry };

    await createFromSpecFile(path, 1, options);
    expect(telemetry.events).toEqual([
      { type: "configuration_notice", notice: expect.stringContaining(`chmod 600 ${path}`) },
    ]);
    await expectFault(
      createFromSpecFile(path, 1, { ...options, strictKeyPermissions: true }),
      "key_permissions",
      path,
      "chmod 600",
    );
    chmodSync(path, 0o600);
    await createFromSpecFile(path, 1, { ...options, strictKeyPermissions: true });
    expect(telemetry.events).toHaveLength(1);
  });

  test("that is encrypted is refused, in either form", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const secret = { cipher: "aes-256-cbc", passphrase: "x", format: "pem" } as const;
    for (const type of ["pkcs8", "sec1"] as const) {
      const node_key_pem = privateKey.export({ type, ...secret }).toString();

      await expectFault(
        load({ ...pem(good, root.certPem), node_key_pem }),
        "encrypted_key",
        "node_key_pem",
        "passphrase",
      );
    }
  });

  test.each<[string, () => string, CertificateFault, string]>([
    ["a certificate", () => good.certPem, "no_key", "exchanged"],
    ["no PEM", () => "0\x82binary", "not_pem", "PEM form"],
    [
      "damaged",
      () => "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
      "malformed",
      "damaged",
    ],
  ])("that is %s is refused", async (_, text, reason, message) => {
    const keys = { ...pem(good, root.certPem), node_key_pem: text() };

    await expectFault(load(keys), reason, "node_key_pem", message);
  });

  test("that is damaged is quoted nowhere", async () => {
    const node_key_pem = "-----BEGIN PRIVATE KEY-----\nSECRETSECRET\n-----END PRIVATE KEY-----";
    const error = await load({ ...pem(good, root.certPem), node_key_pem }).catch((e) => e);

    expect(inspect(error, { depth: null, showHidden: true })).not.toContain("SECRETSECRET");
  });
});

describe("a file", () => {
  const paths = {
    node_key_path: "present.key",
    node_cert_path: "present.crt",
    cluster_cert_path: "present-ca.crt",
  };

  beforeAll(() => {
    writeFileSync(join(folder, "present.key"), good.keyPem, { mode: 0o600 });
    writeFileSync(join(folder, "present.crt"), good.certPem);
    writeFileSync(join(folder, "present-ca.crt"), root.certPem);
  });

  test.each(Object.keys(paths))(
    "%s that is not there is named with its whole path",
    async (key) => {
      await expectFault(
        load({ ...paths, [key]: "absent" }, { folder }),
        "missing",
        join(folder, "absent"),
        "There is no file",
      );
    },
  );

  test("that is a folder is refused", async () => {
    mkdirSync(join(folder, "folder"));

    await expectFault(
      load({ ...paths, node_key_path: "folder" }, { folder }),
      "unreadable",
      join(folder, "folder"),
      "EISDIR",
    );
  });

  test("of more than 1 MiB is refused", async () => {
    writeFileSync(join(folder, "large"), "x".repeat(1024 * 1024 + 1));

    await expectFault(
      load({ ...paths, node_cert_path: "large" }, { folder }),
      "unreadable",
      join(folder, "large"),
      "at most 1 MiB",
    );
  });

  test("that this process may not read is refused", async () => {
    const path = join(folder, "forbidden");
    writeFileSync(path, good.keyPem, { mode: 0o000 });

    await asUser(() =>
      expectFault(
        load({ ...paths, node_key_path: path }, { folder }),
        "unreadable",
        path,
        "may not read",
      ),
    );
  });
});

/** The superuser may read everything, and is somebody else meanwhile. */
async function asUser(run: () => Promise<void>): Promise<void> {
  const superuser = process.geteuid?.() === 0;
  if (superuser) process.seteuid?.("nobody");
  try {
    await run();
  } finally {
    if (superuser) process.seteuid?.(0);
  }
}
