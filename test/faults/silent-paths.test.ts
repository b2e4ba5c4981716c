import { describe, expect } from "vitest";
import { networkNamespaces, testNeeding } from "../needs.ts";
import {
  busyMs,
  createFaultCluster,
  type FaultNode,
  moment,
  shortTick,
  tickBoundMs,
} from "./fault-cluster.ts";
import { note } from "./figures.ts";
import { createNetwork, type Host, type Network } from "./namespaces.ts";

const inNamespaces = testNeeding(networkNamespaces);

interface TwoHosts {
  readonly network: Network;
  readonly hosts: readonly [Host, Host];
  readonly nodes: readonly [FaultNode, FaultNode];
}

/** A test with two linked nodes, each on a host of its own with a router between them. */
function onTwoHosts(body: (world: TwoHosts) => Promise<void>): () => Promise<void> {
  return async () => {
    await using network = await createNetwork(2);
    await using cluster = await createFaultCluster(network.hosts);
    const nodes = await Promise.all([cluster.start("1"), cluster.start("2")]);
    await Promise.all([nodes[0].link("2", true), nodes[1].link("1", true)]);
    await body({ network, hosts: network.hosts as [Host, Host], nodes });
  };
}

/** Both links down, and when, from `since` on. */
async function bothDown([one, two]: TwoHosts["nodes"], since: number) {
  const downs = await Promise.all([one.link("2", false), two.link("1", false)]);
  return { downs, took: downs.map(({ at }) => at - since) };
}

/** Both links up again after a heal, and messages both ways. */
async function bothBack([one, two]: TwoHosts["nodes"], marks: readonly number[]): Promise<void> {
  await Promise.all([one.link("2", true, marks[0]), two.link("1", true, marks[1])]);
  await one.do("send", { peer: "2", every: 20 });
  await two.do("send", { peer: "1", every: 20 });
  await Promise.all([
    one.until("message", ({ n }) => n >= 10, marks[0]),
    two.until("message", ({ n }) => n >= 10, marks[1]),
  ]);
}

describe("a path that swallows everything", () => {
  inNamespaces(
    "is found out on both ends within the tick, every watch told once, and all is back when it heals",
    onTwoHosts(async ({ network, hosts: [a, b], nodes }) => {
      const [one, two] = nodes;
      await one.do("watch", { peer: "2", count: 500 });
      await two.do("watch", { peer: "1", count: 500 });
      const marks = nodes.map(({ events }) => events.length);
      const since = moment();
      await Promise.all([network.drop(a, b), network.drop(b, a)]);
      const { downs, took } = await bothDown(nodes, since);
      note("silent both ways: down on each end", took);

      for (const down of downs) expect(down).toMatchObject({ named: false, notices: 500 });
      expect(Math.min(...took)).toBeGreaterThan(
        shortTick.deadlineInterval - shortTick.pingInterval - busyMs / 10,
      );
      expect(Math.max(...took)).toBeLessThan(tickBoundMs + busyMs);

      await network.heal();
      await bothBack(nodes, marks);
      for (const node of nodes) {
        const state = await node.do("state");
        expect(state.reasons).toEqual({ noconnection: 500 });
        expect(state.noticed).toBe(500);
        expect(state.received).toMatchObject({ foreign: 0, disorder: 0 });
        expect(state.inboxes).toEqual([one.inbox, two.inbox]);
      }
      expect(one.changes(marks[0])).toEqual(["2 down", "2 up"]);
      expect(two.changes(marks[1])).toEqual(["1 down", "1 up"]);
    }),
  );

  for (const [title, from, to] of [
    ["one way only ends with the link down on both ends, within twice the bound, and heals", 0, 1],
    ["the other way only ends with it down on both ends, within twice the bound, and heals", 1, 0],
  ] as const) {
    inNamespaces(
      title,
      onTwoHosts(async ({ network, hosts, nodes }) => {
        for (const [i, node] of nodes.entries()) {
          await node.do("watch", { peer: `${2 - i}`, count: 50 });
        }
        const marks = nodes.map(({ events }) => events.length);
        const since = moment();
        await network.drop(hosts[from], hosts[to]);
        const { took } = await bothDown(nodes, since);
        note(`silent from ${from + 1} to ${to + 1} only: down on each end`, took);

        expect(Math.max(...took)).toBeLessThan(2 * tickBoundMs + busyMs);
        await network.heal();
        await bothBack(nodes, marks);
        for (const node of nodes) {
          const { reasons, noticed, received } = await node.do("state");
          expect(reasons).toEqual({ noconnection: 50 });
          expect(noticed).toBe(50);
          expect(received).toMatchObject({ foreign: 0, disorder: 0 });
        }
      }),
    );
  }
});
