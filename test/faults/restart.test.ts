import { describe, expect, test } from "vitest";
import { networkNamespaces, testNeeding } from "../needs.ts";
import {
  busyMs,
  createFaultCluster,
  type FaultCluster,
  type FaultNode,
  moment,
  shortTick,
} from "./fault-cluster.ts";
import { note, times } from "./figures.ts";
import { createNetwork } from "./namespaces.ts";

const inNamespaces = testNeeding(networkNamespaces);

/** How long the link that is up has to answer, when a newcomer says it is the same node (G16). */
const probeMs = 1_000;
/** So long that in none of these tests a silence is found by it. */
const longTick = { pingInterval: 60_000, deadlineInterval: 240_000 } as const;

async function startLinked(
  cluster: FaultCluster,
  ticks: Partial<typeof longTick> = {},
): Promise<[FaultNode, FaultNode]> {
  const nodes = await Promise.all([cluster.start("1", ticks), cluster.start("2", ticks)]);
  await Promise.all([nodes[0].link("2", true), nodes[1].link("1", true)]);
  return nodes;
}

/** What node 1 must not have done while node 2 came again: reach it under an old address. */
async function expectOldAddressesDead(one: FaultNode, again: FaultNode): Promise<void> {
  await one.until("refused", ({ id }) => id !== again.inbox, one.events.length);
  expect(await one.do("watchPinned")).toBe("noproc");
  // Settles when the new one has a name here, and goes by it.
  await one.do("watch", { peer: "2", count: 1 });
  const state = await one.do("state");
  expect(state.lost.stale).toBeGreaterThan(0);
  expect(state.inboxes[1]).toBe(again.inbox);
  expect((await again.do("state")).received).toEqual({ count: 0, foreign: 0, disorder: 0 });
}

describe("a process that is killed", () => {
  test("is known at once, and each of 10,000 watches told exactly once", async () => {
    await using cluster = await createFaultCluster(2);
    const one = await cluster.start("1");
    const took: number[] = [];
    for (let round = 1; round <= times(20); round++) {
      const mark = one.events.length;
      const two = await cluster.start("2");
      await one.link("2", true, mark);
      await one.do("watch", { peer: "2", count: 10_000 });
      const since = moment();
      two.kill("SIGKILL");
      const down = await one.link("2", false, mark);
      took.push(down.at - since);
      const state = await one.do("state");

      expect(down).toMatchObject({ named: false, notices: round * 10_000 });
      expect(state.noticed).toBe(round * 10_000);
      expect(state.reasons).toEqual({ noconnection: round * 10_000 });
      expect(state.inboxes[1]).toBeNull();
    }
    note("killed: down, and 10,000 notices", took);
    // Far below what a tick would take.
    expect(Math.max(...took)).toBeLessThan(shortTick.deadlineInterval + busyMs);
  });
});

describe("a process that comes again on its port before its old link was noticed", () => {
  for (const [title, resets] of [
    ["gets in when the old connection stays silent, and its old addresses stay dead", false],
    ["gets in when its system resets the old connection, and its old addresses stay dead", true],
  ] as const) {
    inNamespaces(title, async () => {
      await using network = await createNetwork(2);
      await using cluster = await createFaultCluster(network.hosts);
      const [a, b] = network.hosts;
      if (a === undefined || b === undefined) throw new Error("Expected two hosts.");
      let [one, two] = await startLinked(cluster, longTick);
      const took: number[] = [];
      for (let round = 0; round < times(20); round++) {
        await one.do("send", { peer: "2", every: 10, pinned: true });
        await two.until("message", () => true);
        const mark = one.events.length;
        // Nothing tells node 1: neither the end of the connection, nor a reset, nor silence.
        for (const { fromPort, toPort } of await network.connections(a)) {
          await network.drop(a, b, { fromPort, toPort });
          await network.drop(b, a, { fromPort: toPort, toPort: fromPort });
        }
        two.kill("SIGKILL");
        await two.gone;
        if (resets) {
          await network.forget(b);
          await network.heal();
        }
        const since = moment();
        const again = await cluster.start("2", longTick);
        const up = await one.link("2", true, mark);
        took.push(up.at - since);
        await again.link("1", true);
        await network.heal();
        await expectOldAddressesDead(one, again);

        expect(one.changes(mark)).toEqual(["2 down", "2 up"]);
        expect(again.changes()).toEqual(["1 up"]);
        await one.do("quiet");
        two = again;
      }
      note(`started again, old connection ${resets ? "reset" : "silent"}: linked`, took);
      expect(Math.max(...took)).toBeLessThan(
        probeMs + shortTick.handshakeTimeout + shortTick.maxReconnectDelay + busyMs,
      );
    });
  }
});
