import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createFromSpecFile, noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { createChangingCluster, definition, specOf } from "./changing-cluster.ts";

describe("a spec that is replaced while the cluster runs", () => {
  test("adds the nodes that are new in it, removes those it has no more, and leaves the others", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.start("1", ["1", "2", "3"]);
    for (const id of ["2", "3", "4"]) await cluster.start(id, ["1", "2", "3", "4"]);
    const changes: unknown[] = [];
    one.addConnectionStatusCallback((...change) => changes.push(change));
    await cluster.during(one.replaceSpec(specOf(["1", "3", "4"])));
    await cluster.during(one.connected("4"), 20_000);

    expect(changes.toSorted()).toEqual([
      ["2", false],
      ["4", true],
    ]);
    expect([...one.cluster.nodes.keys()]).toEqual(["1", "3", "4"]);
  });

  test("ends the link of a node with another identity, and makes it anew", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.start("1", ["1", "2"]);
    await cluster.start("2", ["1", "2"]);
    const changes: unknown[] = [];
    one.addConnectionStatusCallback((...change) => changes.push(change));
    const two = { ...definition("2"), identity: "DNS:two.example" };
    const replaced = one.replaceSpec({ nodes: [definition("1"), two] });
    await cluster.during(replaced, 20_000);

    expect(changes).toEqual([
      ["2", false],
      ["2", true],
    ]);
    expect(one.cluster.nodes.get("2")?.identity).toBe("DNS:two.example");
  });

  test("keeps the link of a node with another address, which is for the next dial", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.start("1", ["1", "2"]);
    await cluster.start("2", ["1", "2"]);
    const changes: unknown[] = [];
    one.addConnectionStatusCallback((...change) => changes.push(change));
    const two = { ...definition("2"), address: "there.example:20002" };
    await cluster.during(one.replaceSpec({ nodes: [definition("1"), two] }));

    expect(changes).toEqual([]);
    expect(one.cluster.nodes.get("2")?.address.host).toBe("there.example");
  });

  test("is read from a file, by default the one that the node was made from", async () => {
    await using cluster = createChangingCluster();
    await using folder = await specFolder();
    const path = await folder.write("cluster.json", specOf(["1", "2"]));
    const carrier = cluster.network.carrier("1");
    const one = await createFromSpecFile(path, 1, { carrier, logger: nullLogger });
    await folder.write("cluster.json", specOf(["1", "2", "3"]));
    await one.replaceSpec();
    expect([...one.cluster.nodes.keys()]).toEqual(["1", "2", "3"]);
    await one.replaceSpec(await folder.write("other.json", specOf(["1", "4"])));

    expect([...one.cluster.nodes.keys()]).toEqual(["1", "4"]);
    await one.terminate();
  });

  test("is the last that was asked for, when several are read at once", async () => {
    await using cluster = createChangingCluster();
    await using folder = await specFolder();
    const one = await cluster.create("1", ["1"]);
    const path = await folder.write("cluster.json", specOf(["1", "2"]));
    await Promise.all([one.replaceSpec(path), one.replaceSpec(specOf(["1", "3"]))]);

    expect([...one.cluster.nodes.keys()]).toEqual(["1", "3"]);
  });
});

describe("a spec that is refused", () => {
  test("changes nothing, lists every mistake, and is a line of the log", async () => {
    const telemetry = createRecordingTelemetry();
    await using cluster = createChangingCluster();
    const one = await cluster.create("1", ["1", "2"], { telemetry });
    const nodes = { "1": definition("1"), "4": { address: "nowhere" }, "5": { address: ":1" } };

    await expect(one.replaceSpec({ nodes })).rejects.toMatchObject({
      code: "REIGN_INVALID_SPEC",
      details: { problems: [{ path: "nodes.4.address" }, { path: "nodes.5.address" }] },
    });
    await expect(one.replaceSpec({ ...specOf(["1"]), cluster: "other" })).rejects.toMatchObject({
      details: { problems: [{ path: "cluster" }] },
    });
    await expect(one.replaceSpec(specOf(["2"]))).rejects.toThrow("Expected this node");
    await expect(one.replaceSpec("no/such.json")).rejects.toThrow("There is no such file");
    expect([...one.cluster.nodes.keys()]).toEqual(["1", "2"]);
    const refused = telemetry.eventsOf("configuration_refused");
    expect(refused.map(({ changed }) => changed)).toEqual(Array(4).fill("spec"));
    expect(refused[0]?.reason).toContain("nodes.4.address");
    expect(refused[3]?.reason).toContain("no/such.json");
  });

  test("is any, on a node without a network, and none is one too", async () => {
    await using alone = noClustering({ logger: nullLogger });
    await expect(alone.replaceSpec(specOf(["0", "1"]))).rejects.toMatchObject({
      code: "REIGN_INVALID_SPEC",
      message: expect.stringContaining("noClustering"),
    });

    await expect(alone.replaceSpec()).rejects.toThrow("this node was made from none");
  });
});

interface SpecFolder extends AsyncDisposable {
  write(name: string, spec: object): Promise<string>;
}

async function specFolder(): Promise<SpecFolder> {
  const folder = await mkdtemp(join(tmpdir(), "reign-spec-"));
  return {
    async write(name, spec) {
      const path = join(folder, name);
      await writeFile(path, JSON.stringify(spec), { mode: 0o600 });
      return path;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
