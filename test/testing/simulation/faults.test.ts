import { describe, expect, test } from "vitest";
import { type FaultStep, simulate } from "../../../src/testing/index.ts";
import type { SimulatedCluster } from "../../../src/testing/simulation/cluster.ts";
import type { SimulatedNode } from "../../../src/testing/simulation/simulated-node.ts";
import { calm, createSeen } from "./seen.ts";

type Without<T> = T extends unknown ? Omit<T, "at"> : never;

/** Runs three nodes that know each other, from moment 10,000 on. */
async function meet(
  body: (
    cluster: SimulatedCluster,
    tools: {
      inject: (step: Without<FaultStep>) => void;
      since: (at: number) => string[];
      /** Sends numbers from one node to another, one every 10 ms, and keeps what has come. */
      flow: (from: number, to: number) => number[];
    },
  ) => Promise<void>,
): Promise<void> {
  const { onEvent, since } = createSeen();
  await simulate({ nodes: 3, seed: 1, ...calm, onEvent }, async (cluster) => {
    await cluster.advance(10_000);
    expect(since(0)).toHaveLength(6);
    await body(cluster, {
      inject: (step) => cluster.inject({ ...step, at: cluster.now }),
      since,
      flow: (from, to) => flow(cluster, from, to),
    });
  });
}

function flow(cluster: SimulatedCluster, from: number, to: number): number[] {
  const got: number[] = [];
  const { address, mailbox } = cluster.node(to).service.newMailbox<number>();
  void mailbox.consume((n) => void got.push(n));
  const far = cluster.node(from).service.address<number>(address.id);
  let n = 0;
  cluster.clock.after(10, function send() {
    far.send(n++);
    cluster.clock.after(10, send);
  });
  return got;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

describe("faults, as the nodes of a cluster see them", () => {
  test("cut: both ends learn of it at once, and others of nothing; later they find each other", () =>
    meet(async (cluster, { inject, since }) => {
      inject({ fault: "cut", between: ["1", "2"], ms: 20_000 });
      await cluster.advance(5);
      expect(since(10_000).toSorted()).toEqual(["1-2 down", "2-1 down"]);
      await cluster.advance(19_990);
      expect(since(10_000)).toHaveLength(2);
      await cluster.advance(2_000);
      expect(since(30_000).toSorted()).toEqual(["1-2 up", "2-1 up"]);
    }));

  test("partition: nothing passes and nobody is told, until silence has lasted too long", () =>
    meet(async (cluster, { inject, since, flow }) => {
      const there = flow(1, 2);
      const inside = flow(1, 3);
      await cluster.advance(1_000);
      inject({ fault: "partition", groups: [["1", "3"], ["2"]], ms: 20_000 });
      await cluster.advance(1_000);
      expect(since(10_000)).toEqual([]);
      expect(there.length).toBeLessThanOrEqual(100);
      await cluster.advance(3_000);
      expect(since(10_000).toSorted()).toEqual(["1-2 down", "2-1 down", "2-3 down", "3-2 down"]);
      await cluster.advance(18_000);
      expect(since(30_000)).toHaveLength(4);
      expect(inside).toEqual(upTo(inside.length));
      expect(inside.length).toBeGreaterThan(2_200);
    }));

  test("a partition that is shorter than anybody's patience costs nothing but time", () =>
    meet(async (cluster, { inject, since, flow }) => {
      const there = flow(1, 2);
      inject({ fault: "partition", groups: [["1"], ["2"], ["3"]], ms: 1_000 });
      await cluster.advance(1_010);
      await cluster.advance(1_000);
      expect(since(10_000)).toEqual([]);
      expect(there).toEqual(upTo(there.length));
      expect(there.length).toBeGreaterThan(195);
    }));

  test("one_way: what is sent back passes, until both ends have given up", () =>
    meet(async (cluster, { inject, since, flow }) => {
      const there = flow(1, 2);
      const back = flow(2, 1);
      inject({ fault: "one_way", from: ["1"], to: ["2", "3"], ms: 20_000 });
      await cluster.advance(1_000);
      expect(there).toEqual([]);
      expect(back.length).toBeGreaterThan(95);
      await cluster.advance(4_000);
      expect(since(10_000).toSorted()).toEqual(["1-2 down", "1-3 down", "2-1 down", "3-1 down"]);
      await cluster.advance(17_000);
      expect(since(30_000)).toHaveLength(4);
    }));

  test("clog: a path takes nothing more, and gives it all on later, in order", () =>
    meet(async (cluster, { inject, since, flow }) => {
      const there = flow(1, 2);
      const back = flow(2, 1);
      inject({ fault: "clog", from: "1", to: "2", ms: 1_000 });
      await cluster.advance(990);
      expect([there, since(10_000)]).toEqual([[], []]);
      expect(back.length).toBeGreaterThan(95);
      await cluster.advance(1_000);
      expect(there).toEqual(upTo(there.length));
      expect(there.length).toBeGreaterThan(195);
    }));

  test("swizzle: paths are clogged one after the other, and cleared in another order", () =>
    meet(async (cluster, { inject, flow }) => {
      const flows = [flow(1, 2), flow(2, 1), flow(1, 3)];
      const paths = [
        ["1", "2"],
        ["2", "1"],
        ["1", "3"],
      ] as const;
      inject({ fault: "swizzle", paths, order: [1, 2, 0], ms: 1_200 });
      const lengths: number[][] = [];
      for (let i = 0; i < 7; i++) {
        // Short of the moments at which something changes.
        await cluster.advance(i === 0 ? 190 : 200);
        lengths.push(flows.map(({ length }) => length));
      }
      const moves = lengths.map((now, i) => now.map((n, k) => n > (lengths[i - 1]?.[k] ?? 0) + 5));
      expect(moves).toEqual([
        [false, true, true],
        [false, false, true],
        [false, false, false],
        [false, true, false],
        [false, true, true],
        [true, true, true],
        [true, true, true],
      ]);
      for (const got of flows) expect(got).toEqual(upTo(got.length));
    }));

  test("pause: the process runs nothing, and what comes waits; then all of it runs", () =>
    meet(async (cluster, { inject, since, flow }) => {
      const there = flow(1, 2);
      const moments: number[] = [];
      const { clock } = cluster.node(2);
      clock.after(500, () => moments.push(cluster.now));
      inject({ fault: "pause", node: "2", ms: 1_000 });
      await cluster.advance(999);
      expect([there, moments]).toEqual([[], []]);
      await cluster.advance(100);
      expect(moments).toEqual([11_000]);
      expect(there).toEqual(upTo(there.length));
      expect(there.length).toBeGreaterThan(100);
      expect(since(10_000)).toEqual([]);
    }));

  test("a pause that is longer than the patience of the others ends the links on both sides", () =>
    meet(async (cluster, { inject, since }) => {
      inject({ fault: "pause", node: "2", ms: 10_000 });
      await cluster.advance(9_000);
      expect(since(10_000).toSorted()).toEqual(["1-2 down", "3-2 down"]);
      await cluster.advance(5_000);
      expect(since(19_000).filter((line) => line.endsWith("up"))).toHaveLength(4);
    }));

  test("slow: each callback takes its time", () =>
    meet(async (cluster, { inject }) => {
      const moments: number[] = [];
      inject({ fault: "slow", node: "2", costMs: 40, ms: 1_000 });
      const { clock } = cluster.node(2);
      clock.soon(function again() {
        moments.push(cluster.now);
        if (moments.length < 1_000) clock.soon(again);
      });
      await cluster.advance(1_001);
      const slow = moments.filter((at) => at < 11_000);
      expect(slow.length).toBeGreaterThan(3);
      expect(slow.length).toBeLessThanOrEqual(25);
      expect(moments).toHaveLength(1_000);
    }));

  test("crash: peers learn at once of a process that is gone, and nothing of a machine", async () => {
    for (const death of ["reset", "closed", "lost"] as const) {
      await meet(async (cluster, { inject, since }) => {
        const before = cluster.node(2);
        inject({ fault: "crash", node: "2", death, ms: 20_000 });
        expect(before.running).toBe(false);
        await cluster.advance(1_000);
        const learnt = since(10_000).toSorted();
        expect(learnt).toEqual(death === "lost" ? [] : ["1-2 down", "3-2 down"]);
        await cluster.advance(5_000);
        expect(since(10_000).toSorted()).toEqual(["1-2 down", "3-2 down"]);
        await cluster.advance(16_000);
        expect(since(30_000).toSorted()).toEqual(["1-2 up", "2#2-1 up", "2#2-3 up", "3-2 up"]);
        expect(cluster.node(2)).toMatchObject({ run: 2, name: "2#2", running: true });
      });
    }
  });

  test("stop: the service takes its leave, and a new incarnation comes later", () =>
    meet(async (cluster, { inject, since }) => {
      const watched = cluster.node(2).service.newMailbox().address.id;
      const { address, mailbox } = cluster.node(1).service.newMailbox();
      cluster.node(1).service.address(watched).onCloseNotify(address);
      await cluster.advance(100);
      inject({ fault: "stop", node: "2", ms: 5_000 });
      await cluster.advance(100);
      expect(mailbox.tryReceive()).toMatchObject({ id: watched });
      expect(
        since(10_000)
          .filter((line) => !line.startsWith("2"))
          .toSorted(),
      ).toEqual(["1-2 down", "3-2 down"]);
      expect(cluster.nodes.map(({ id }) => id)).toEqual(["1", "3"]);
      await cluster.advance(8_000);
      expect(since(15_000).toSorted()).toEqual(["1-2 up", "2#2-1 up", "2#2-3 up", "3-2 up"]);
    }));

  test("twin: a second process with the identity of a node dials for a while, and is gone", async () => {
    const epochs = new Set<string>();
    const linked = new Set<string>();
    const twinSteps: SimulatedNode[] = [];
    const ended = await simulate(
      {
        nodes: 4,
        seed: 1,
        ...calm,
        onEvent: (node, event) => {
          if (node.id === "2" && node.name !== "2") twinSteps.push(node);
          if (event.type !== "link_up") return;
          if (node.id === "2") linked.add(node.name);
          else if (event.peer === "2") epochs.add(event.epoch);
        },
      },
      async (cluster) => {
        cluster.crash(2);
        for (let i = 0; i < 2; i++) {
          cluster.inject({ fault: "twin", node: "2", at: 0, ms: 2_000 });
          await cluster.advance(2_500);
        }
        expect(twinSteps.filter(({ running }) => running)).toEqual([]);
        cluster.restart(2);
        await cluster.settle();
      },
    );

    expect([...linked].sort()).toEqual(["2#2", "2-twin", "2-twin#2"]);
    expect(epochs.size).toBe(3);
    expect(ended.openLinks).toBe(0);
  });

  test("clock_jump: the clock of one process jumps ahead, and what it waited for is due", () =>
    meet(async (cluster, { inject }) => {
      const moments: number[] = [];
      const { clock } = cluster.node(2);
      clock.after(3_600_000, () => moments.push(cluster.now));
      inject({ fault: "clock_jump", node: "2", ms: 3_600_000 });
      await cluster.advance(1);
      expect(moments).toEqual([10_000]);
      expect(clock.now()).toBe(3_610_001);
      expect(cluster.node(1).clock.now()).toBe(10_001);
    }));

  test("half_open: one end of a link is gone, and the other learns of it later", () =>
    meet(async (cluster, { inject, since }) => {
      inject({ fault: "half_open", from: "1", to: "2", ms: 1_000 });
      await cluster.advance(400);
      expect(since(10_000)).toEqual(["1-2 down"]);
      await cluster.advance(5_000);
      expect(since(10_000).toSorted()).toEqual(["1-2 down", "1-2 up", "2-1 down", "2-1 up"]);
    }));
});

describe("faults that lie over each other are undone one by one", () => {
  test("a path works again when the last of its faults is over", () =>
    meet(async (cluster, { inject, since }) => {
      inject({ fault: "cut", between: ["1", "2"], ms: 10_000 });
      inject({ fault: "cut", between: ["2", "1"], ms: 20_000 });
      inject({ fault: "partition", groups: [["1"], ["2"]], ms: 30_000 });
      inject({ fault: "clog", from: "1", to: "2", ms: 40_000 });
      await cluster.advance(39_999);
      expect(since(10_000).toSorted()).toEqual(["1-2 down", "2-1 down"]);
      await cluster.advance(3_000);
      expect(since(50_000).toSorted()).toEqual(["1-2 up", "2-1 up"]);
    }));

  test("a process goes on when the last of its pauses is over, and is slow as long as any says so", () =>
    meet(async (cluster, { inject }) => {
      const moments: number[] = [];
      const { clock } = cluster.node(2);
      inject({ fault: "pause", node: "2", ms: 1_000 });
      inject({ fault: "pause", node: "2", ms: 100 });
      inject({ fault: "slow", node: "2", ms: 3_000, costMs: 10 });
      inject({ fault: "slow", node: "2", ms: 2_000, costMs: 400 });
      clock.after(0, function again() {
        moments.push(cluster.now);
        clock.after(1, again);
      });
      await cluster.advance(4_000);
      expect(moments[0]).toBeGreaterThanOrEqual(11_000);
      const within = (from: number, to: number) =>
        moments.filter((at) => at >= from && at < to).length;
      expect(within(11_000, 12_000)).toBeLessThanOrEqual(3);
      expect(within(12_400, 13_000)).toBeGreaterThan(20);
    }));

  test("a node that is down twice comes back by that which took it down", () =>
    meet(async (cluster, { inject }) => {
      inject({ fault: "crash", node: "2", death: "reset", ms: 10_000 });
      inject({ fault: "crash", node: "2", death: "reset", ms: 0 });
      inject({ fault: "stop", node: "2", ms: 100 });
      for (const fault of ["pause", "clock_jump"] as const) inject({ fault, node: "2", ms: 500 });
      inject({ fault: "half_open", from: "2", to: "1", ms: 500 });
      inject({ fault: "slow", node: "2", costMs: 100, ms: 500 });
      await cluster.advance(9_999);
      expect(cluster.node(2).running).toBe(false);
      await cluster.advance(1);
      expect(cluster.node(2)).toMatchObject({ running: true, run: 2 });
    }));
});
