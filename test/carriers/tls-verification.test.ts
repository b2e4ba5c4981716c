import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createMemoryNetwork } from "../../src/carriers/memory/memory-network.ts";
import { createFromSpecFile, noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { createSystemClock } from "../../src/cluster/system-clock.ts";
import { ReignError } from "../../src/core/errors.ts";
import { selfSigned } from "./certificates.ts";
import { ended, openTls } from "./raw-tls.ts";
import { createTestCluster, eventually, identityOf } from "./tls-cluster.ts";
import { createTlsServices } from "./tls-services.ts";

const variable = "NODE_TLS_REJECT_UNAUTHORIZED";
const refusal = {
  code: "REIGN_INVALID_CERTIFICATE",
  details: { source: variable, reason: "verification_disabled" },
  message: expect.stringContaining(`${variable}=0 in the environment asks TLS to look at no`),
};

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a process that is asked to look at no certificate (NODE_TLS_REJECT_UNAUTHORIZED=0)", () => {
  test("makes no node, from a value or from a file", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const { certPem, keyPem } = await cluster.authority.issue("1");
    const nodes = { 1: { address: "127.0.0.1:1" }, 2: { address: "127.0.0.1:2" } };
    const folder = await mkdtemp(join(tmpdir(), "reign-environment-"));
    const path = join(folder, "cluster.json");
    const spec = { nodes, node_cert_pem: certPem, node_key_pem: keyPem };
    const whole = { ...spec, cluster: "test", cluster_cert_pem: cluster.authority.certPem };
    await writeFile(path, JSON.stringify(whole), { mode: 0o600 });
    vi.stubEnv(variable, "0");

    await expect(cluster.create("1")).rejects.toMatchObject(refusal);
    await expect(createFromSpecFile(path, 1, { logger: nullLogger })).rejects.toMatchObject(
      refusal,
    );
    await rm(folder, { recursive: true });
  });

  test("does not let a node listen that was made before, and lets it when that is over", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const one = await cluster.create("1");
    vi.stubEnv(variable, "0");

    await expect(one.start()).rejects.toMatchObject(refusal);
    vi.unstubAllEnvs();
    await one.start();

    expect(cluster.telemetry.eventsOf("listening")).toHaveLength(1);
  });

  test("lets a node dial nobody, and that is an error in its log", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    await cluster.start("1");
    vi.stubEnv(variable, "0");

    await eventually(() =>
      expect(cluster.telemetry.eventsOf("handshake_failed")).toMatchObject([
        { peer: "2", stage: "tls", reason: expect.stringContaining(variable), lasting: true },
      ]),
    );
  });

  test("still turns away who knocks with a bad certificate, while a node listens", async () => {
    const { node, close } = await createTestCluster(["1", "2"]);
    const first = await node("1");
    const second = await node("2");
    const { port } = await first.listen();
    const stranger = await selfSigned({ names: [identityOf("2")] });
    vi.stubEnv(variable, "0");

    await ended(openTls(port, { cert: stranger.certPem, key: stranger.keyPem }));
    const failure = await second.dial("1").catch((error: unknown) => error);

    await eventually(() => expect(first.telemetry.eventsOf("stranger_refused")).toHaveLength(1));
    expect(first.links).toEqual([]);
    expect(ReignError.is(failure, "REIGN_CLUSTER_HANDSHAKE_FAILED")).toBe(true);
    await close();
  });

  test("may have nodes that have no TLS: with a carrier of their own, or without a network", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    vi.stubEnv(variable, "0");

    const network = createMemoryNetwork({ clock: createSystemClock() });
    await using own = await cluster.create("1", { carrier: network.carrier("1") });
    await using single = noClustering({ logger: nullLogger });

    expect([own.nodeId, single.nodeId]).toEqual(["1", "0"]);
  });

  test.each(["1", "", "false"])("is not one where the variable is %j", async (value) => {
    await using cluster = await createTlsServices(["1", "2"]);
    vi.stubEnv(variable, value);

    await expect(cluster.start("1")).resolves.toMatchObject({ nodeId: "1" });
  });
});
