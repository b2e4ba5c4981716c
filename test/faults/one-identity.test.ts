import { describe, expect, test } from "vitest";
import { createFaultCluster, type FaultCluster, type FaultNode } from "./fault-cluster.ts";
import { times } from "./figures.ts";

/** A second process of node 2: it dials, and cannot listen where the first one does. */
function startTwin(cluster: FaultCluster): Promise<FaultNode> {
  return cluster.start("2", { nodes: { 2: { listen_address: "127.0.0.1:0" } } });
}

/** Settles when a node has waited so many times to dial again. */
async function retries(node: FaultNode, count: number): Promise<void> {
  let left = count;
  await node.until("retry", () => --left === 0, node.events.length);
}

const duplicate = "handshake_failed: duplicate_node";

describe("two living processes with one identity", () => {
  test("do not disturb the link that is there: the second is refused, and told why once", async () => {
    await using cluster = await createFaultCluster(2);
    const [one, two] = await Promise.all([cluster.start("1"), cluster.start("2")]);
    await one.link("2", true);
    await two.link("1", true);
    const mark = one.events.length;
    const twin = await startTwin(cluster);
    await retries(twin, times(150));

    expect(one.changes(mark)).toEqual([]);
    expect(two.changes()).toEqual(["1 up"]);
    expect(twin.changes()).toEqual([]);
    expect(twin.log("1")).toEqual([duplicate]);
    expect(one.log("2", mark)).toEqual([duplicate]);
  });

  test("that come at once settle: one is linked, with at most one switch, and stays so", async () => {
    await using cluster = await createFaultCluster(2);
    const one = await cluster.start("1");
    const twins = await Promise.all([cluster.start("2"), startTwin(cluster)]);
    await one.link("2", true);
    // Whoever is not linked goes on trying, for ever.
    await Promise.any(twins.map((twin) => retries(twin, times(150))));

    expect(["2 up", "2 up 2 down 2 up"]).toContain(one.changes().join(" "));
    const linked = twins.filter((twin) => twin.changes().at(-1) === "1 up");
    expect(linked).toHaveLength(1);
    for (const twin of twins) {
      const refusals = twin.log("1").filter((line) => line === duplicate);
      expect(refusals).toHaveLength(linked.includes(twin) ? 0 : 1);
    }
    expect(one.log("2").filter((line) => line === duplicate)).toHaveLength(1);
  });

  test("change over once when the one that was there is frozen, and not back when it goes on", async () => {
    await using cluster = await createFaultCluster(2);
    const [one, two] = await Promise.all([cluster.start("1"), cluster.start("2")]);
    await Promise.all([one.link("2", true), two.link("1", true)]);
    const twin = await startTwin(cluster);
    await retries(twin, 3);
    const mark = one.events.length;
    two.kill("SIGSTOP");
    await one.link("2", false, mark);
    await twin.link("1", true);
    two.kill("SIGCONT");
    await two.link("1", false);
    await retries(two, times(100));

    expect(one.changes(mark)).toEqual(["2 down", "2 up"]);
    expect(twin.changes()).toEqual(["1 up"]);
    expect(two.changes()).toEqual(["1 up", "1 down"]);
    expect(two.log("1").filter((line) => line === duplicate)).toHaveLength(1);
  });
});
