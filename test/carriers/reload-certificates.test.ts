import { describe, expect, test } from "vitest";
import { createFromSpec, noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import {
  createFileCluster,
  type FileCluster,
  linked,
  meetAgain,
  testAuthority,
} from "./file-cluster.ts";
import { specOf as specWithTexts } from "./test-spec.ts";
import { eventually } from "./tls-cluster.ts";

describe("certificates that are read again", () => {
  test.each([
    ["dials", "1"],
    ["is dialled", "2"],
  ])("are used in handshakes to come, where the node %s", async (_, dialled) => {
    await using cluster = await createFileCluster();
    const [known, other] = [await testAuthority(), await testAuthority()];
    // Nobody can dial a node that listens on a port which nobody knows.
    cluster.nodes = cluster.nodes.map((node) =>
      String(node.id) === dialled ? node : { ...node, listen_address: "127.0.0.1:0" },
    );
    await cluster.issue("1", known);
    await cluster.trust("1", known);
    await cluster.issue("2", other);
    await cluster.trust("2", known, other);
    const [one, two] = [await cluster.start("1"), await cluster.start("2")] as const;
    await eventually(() => {
      const refused = cluster.telemetry.eventsOf("stranger_refused");
      expect([...refused, ...cluster.telemetry.eventsOf("handshake_failed")]).not.toEqual([]);
    });
    const certificate = await cluster.issue("2", known);
    await two.reloadCertificates();
    await linked(one, two);

    expect(two.cluster.certificate).toBe(certificate);
  });

  test("let the authority be changed, by a file with both, without a link being cut", async () => {
    await using cluster = await createFileCluster();
    const [before, after] = [await testAuthority(), await testAuthority()];
    for (const id of ["1", "2"]) {
      await cluster.issue(id, before);
      await cluster.trust(id, before);
    }
    const [one, two] = [await cluster.start("1"), await cluster.start("2")] as const;
    await linked(one, two);
    const reloadEach = async (change: (id: string) => Promise<unknown>) => {
      for (const [id, service] of Object.entries({ 1: one, 2: two })) {
        await change(id);
        await service.reloadCertificates();
      }
    };
    await reloadEach((id) => cluster.trust(id, before, after));
    await reloadEach((id) => cluster.issue(id, after));
    await reloadEach((id) => cluster.trust(id, after));
    expect(cluster.telemetry.eventsOf("link_down")).toEqual([]);
    expect(one.cluster.clusterCertificates).toEqual([after.certPem]);
    await meetAgain(one, two, cluster.nodes);

    // What the old authority has signed is good for nothing now.
    await cluster.issue("2", before);
    await cluster.trust("2", before, after);
    await two.reloadCertificates();
    await Promise.all([one.removeNode("2"), two.removeNode("1")]);
    cluster.telemetry.clear();
    const [first, second] = cluster.nodes;
    if (first !== undefined) two.addNode(first);
    if (second !== undefined) one.addNode(second);
    await eventually(() => {
      expect(cluster.telemetry.eventsOf("handshake_failed")).not.toEqual([]);
    });
    expect(cluster.telemetry.eventsOf("link_up")).toEqual([]);
  });

  test.each<[string, string, (cluster: FileCluster) => Promise<unknown>]>([
    ["is no certificate", "not_pem", ({ write }) => write("1.crt", "nothing")],
    [
      "is another node's",
      "wrong_identity",
      async (cluster) => {
        const { certPem, keyPem } = await (await testAuthority()).issue("2");
        await cluster.write("1.crt", certPem);
        await cluster.write("1.key", keyPem);
      },
    ],
    [
      "has another key",
      "key_mismatch",
      async (cluster) => {
        await cluster.write("1.key", (await (await testAuthority()).issue("1")).keyPem);
      },
    ],
    [
      "is of an authority that is not trusted",
      "untrusted",
      async (cluster) => {
        await cluster.issue("1", await testAuthority());
      },
    ],
  ])("are refused where one %s: the old ones stay in force", async (_, reason, spoil) => {
    await using cluster = await createFileCluster();
    const known = await testAuthority();
    for (const id of ["1", "2"]) {
      await cluster.issue(id, known);
      await cluster.trust(id, known);
    }
    const [one, two] = [await cluster.start("1"), await cluster.start("2")] as const;
    await linked(one, two);
    const { certificate } = one.cluster;
    await spoil(cluster);
    await expect(one.reloadCertificates()).rejects.toMatchObject({
      code: "REIGN_INVALID_CERTIFICATE",
      details: { reason },
    });
    await meetAgain(one, two, cluster.nodes);

    expect(one.cluster.certificate).toBe(certificate);
    expect(cluster.telemetry.eventsOf("configuration_refused")).toEqual([
      { type: "configuration_refused", changed: "certificates", reason: expect.any(String) },
    ]);
  });

  test("cannot be texts in the spec, which do not change", async () => {
    const known = await testAuthority();
    const nodes = [{ id: 1, address: "127.0.0.1:1" }];
    const spec = specWithTexts(known, await known.issue("1"), nodes);
    const one = await createFromSpec(spec, 1, { logger: nullLogger });

    await expect(one.reloadCertificates()).rejects.toMatchObject({
      code: "REIGN_INVALID_CERTIFICATE",
      details: { source: "node_cert_pem", reason: "not_a_file" },
    });
    await one.terminate();
  });

  test("are none on a node without a network, and that is fine", async () => {
    await using alone = noClustering({ logger: nullLogger });

    await expect(alone.reloadCertificates()).resolves.toBeUndefined();
  });
});
