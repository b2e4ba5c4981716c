import { describe, expect, test } from "vitest";
import { garbageCollector } from "../../../measure/garbage-collector.ts";
import { type SimulatedCluster, type SimulatedNode, simulate } from "../../../src/testing/index.ts";
import { chatter } from "./chatter.ts";
import { failureOf } from "./failure-of.ts";
import { calm, createSeen } from "./seen.ts";

const three = ["1", "2", "3"];
const four = [...three, "4"];

describe("the processes of a simulated cluster", () => {
  test("each run of a node is an incarnation of its own, with names and links that work", () =>
    simulate({ nodes: 3, seed: 3, ...calm }, async (cluster) => {
      cluster.run(chatter(three));
      for (let run = 1; run <= 5; run++) {
        await cluster.settle();
        const node = cluster.node(2);
        expect(node).toMatchObject({ id: "2", run, running: true });
        const far = cluster.node(1).service.names.lookup("node 2");
        const { address, mailbox } = node.service.newMailbox<string>();
        expect(far?.nodeId).toBe("2");
        cluster.node(1).service.address<string>(address.id).send(`to run ${run}`);
        expect(await mailbox.receive()).toBe(`to run ${run}`);
        expect(cluster.restart(2)).toBe(cluster.node(2));
        expect(node.running).toBe(false);
      }
    }));

  test("one that is dead runs nothing any more, and leaves nothing open", async () => {
    for (const death of ["reset", "closed", "lost"] as const) {
      let ran = 0;
      const said: string[] = [];
      const result = await simulate({ nodes: 3, seed: 1, ...calm }, async (cluster) => {
        await cluster.settle();
        const node = cluster.node(2);
        const { address, mailbox } = node.service.newMailbox<string>();
        void mailbox.receive().then(
          (text) => said.push(text),
          () => said.push("rejected"),
        );
        void node.sleep(10).then(() => said.push("slept"));
        node.clock.after(10, () => {
          ran += 1;
        });
        node.clock.soon(() => {
          ran += 1;
        });
        cluster.node(1).service.address<string>(address.id).send("on its way");
        cluster.crash(2, death);
        node.clock.soon(() => {
          ran += 1;
        });
        await cluster.advance(10_000);
        expect(cluster.nodes.map(({ id }) => id)).toEqual(["1", "3"]);
      });
      expect([ran, said, result.openLinks, result.pendingTimers]).toEqual([0, [], 0, 0]);
    }
  });

  test("those that run are one list until a node starts or ends", () =>
    simulate({ nodes: 3, seed: 1 }, async (cluster) => {
      const all = cluster.nodes;
      expect(cluster.nodes).toBe(all);
      const names = () => cluster.nodes.map(({ name }) => name);
      cluster.crash(2);
      expect(names()).toEqual(["1", "3"]);
      cluster.restart(2);
      expect(names()).toEqual(["1", "2#2", "3"]);
      const stopped = cluster.stop(3);
      expect(names()).toEqual(["1", "2#2"]);
      await stopped;
      expect(all.map(({ name, running }) => [name, running])).toEqual([
        ["1", true],
        ["2", false],
        ["3", false],
      ]);
    }));

  test("a program begins with each run, in its process, and ends with it", async () => {
    const begun: string[] = [];
    const ticks = new Map<string, number>();
    const program = async (node: SimulatedNode): Promise<void> => {
      begun.push(node.name);
      for (;;) {
        await node.sleep(1_000);
        ticks.set(node.name, (ticks.get(node.name) ?? 0) + 1);
      }
    };
    await simulate({ nodes: 2, seed: 1 }, async (cluster) => {
      cluster.run(program);
      await cluster.advance(10_500);
      cluster.restart(2);
      await cluster.advance(5_200);
      cluster.pause(1);
      await cluster.advance(10_000);
    });

    expect(begun.toSorted()).toEqual(["1", "2", "2#2"]);
    // What node 1 had waited for came when it was let go on, and once.
    expect(Object.fromEntries(ticks)).toEqual({ "1": 16, "2": 10, "2#2": 15 });
  });

  test("what a program throws fails the simulation, unless its node is gone", async () => {
    const program = async (node: SimulatedNode): Promise<void> => {
      await node.sleep(1_000);
      if (node.id === "2") throw new Error("out of luck");
    };
    const error = await failureOf({ nodes: 2, seed: 1 }, (cluster) => {
      cluster.run(program);
      return cluster.advance(5_000);
    });
    expect(error.message).toContain("failed at 0:01.000: out of luck");
    expect(error.message).toContain("the program of node 2 throws: out of luck");

    await simulate({ nodes: 2, seed: 1 }, async (cluster) => {
      cluster.run(program);
      await cluster.advance(999);
      cluster.crash(2);
      await cluster.advance(5_000);
    });
  });

  test("a program that waits for messages for ever is ended with its service, and fails nothing", async () => {
    let rejected = 0;
    const program = async (node: SimulatedNode): Promise<void> => {
      const { mailbox } = node.service.newMailbox();
      try {
        for (;;) await mailbox.receive();
      } catch (error) {
        rejected += 1;
        throw error;
      }
    };
    await simulate({ nodes: 3, seed: 1 }, async (cluster) => {
      cluster.run(program);
      await cluster.advance(1_000);
      await cluster.stop(2);
      expect(rejected).toBe(1);
    });

    expect(rejected).toBe(3);
  });

  test("a node can be stopped at any time, twice, when it is down, and while it stands still", () =>
    simulate({ nodes: 3, seed: 1, ...calm }, async (cluster) => {
      await Promise.all([cluster.stop(2), cluster.stop(2)]);
      await cluster.stop(2);
      expect(cluster.node(2).running).toBe(false);
      cluster.restart(2);
      await cluster.settle();
      cluster.pause(2);
      const stopped = cluster.stop(2);
      await cluster.advance(10_000);
      cluster.crash(2);
      await stopped;
      cluster.pause(3);
      cluster.resume(3);
      await cluster.stop(3);
      cluster.pause(1);
      const last = cluster.stop(1);
      await cluster.settle();
      await last;
      expect(cluster.nodes).toEqual([]);
    }));

  test("what the test has taken down stays down, whatever the plan has done to it", async () => {
    await simulate(
      {
        nodes: 4,
        seed: 1,
        faults: [
          { at: 0, fault: "crash", node: "1", death: "reset", ms: 5_000 },
          { at: 2_000, fault: "crash", node: "2", death: "reset", ms: 5_000 },
          { at: 2_000, fault: "stop", node: "3", ms: 500_000 },
          { at: 2_000, fault: "crash", node: "4", death: "lost", ms: 500_000 },
        ],
      },
      async (cluster) => {
        await cluster.advance(1_000);
        cluster.crash(1);
        cluster.crash(2);
        await cluster.advance(9_000);
        expect(cluster.nodes).toEqual([]);
        await cluster.settle();
        expect(cluster.nodes.map(({ name }) => name)).toEqual(["3#2", "4#2"]);
        cluster.restart(1);
        await cluster.settle();
        expect(cluster.nodes.map(({ name }) => name)).toEqual(["1#2", "3#2", "4#2"]);
      },
    );
  });

  test("heal undoes what the test has done to the network, and nothing else", async () => {
    const { onEvent, since } = createSeen();
    await simulate({ nodes: 3, seed: 1, ...calm, onEvent }, async (cluster) => {
      await cluster.settle();
      const before = cluster.now;
      cluster.partition([1], [2, 3]);
      cluster.blockOneWay([2], [3]);
      cluster.cut(2, 3);
      cluster.inject({ at: 0, fault: "crash", node: "3", death: "reset", ms: 20_000 });
      await cluster.advance(10_000);
      expect(since(before).filter((line) => line.endsWith("up"))).toEqual([]);
      cluster.heal();
      cluster.heal();
      await cluster.advance(5_000);
      expect(
        since(before + 1)
          .filter((line) => line.endsWith("up"))
          .toSorted(),
      ).toEqual(["1-2 up", "2-1 up"]);
      expect(cluster.node(3).running).toBe(false);
      await cluster.settle();
      expect(cluster.node(3).running).toBe(true);
    });
  });

  test("settle looks again when a node crashes or stands still before it has answered", async () => {
    const options = { nodes: 3, seed: 1, ...calm, delay: [10, 10] } as const;
    const during = async (cluster: SimulatedCluster, strike: () => void): Promise<void> => {
      await cluster.settle();
      cluster.clock.after(5, strike);
      await cluster.settle();
    };
    await simulate(options, async (cluster) => {
      await during(cluster, () => cluster.crash(2));
      expect(cluster.nodes.map(({ id }) => id)).toEqual(["1", "3"]);
      cluster.restart(2);
      await during(cluster, () => cluster.restart(2));
      expect(cluster.nodes.map(({ name }) => name)).toEqual(["1", "2#3", "3"]);
      const before = cluster.now;
      await during(cluster, () => cluster.pause(2, 5_000));
      expect(cluster.now - before).toBeGreaterThan(5_000);
    });

    const error = await failureOf({ ...options, settleWithin: 5_000 }, (cluster) =>
      during(cluster, () => cluster.pause(2)),
    );
    expect(error.message).toContain("Not settled within 5000 ms of quiet: no link from 1 to 2");
  });

  test("settle ends all faults, and says what is missing when that is not enough", async () => {
    const faults = { meanGap: 500, duration: 600_000 };
    await simulate({ nodes: 4, seed: 5, faults }, async (cluster) => {
      await cluster.advance(20_000);
      cluster.partition([1], [2, 3, 4]);
      cluster.pause(4);
      await cluster.settle();
      const reached = cluster.nodes.flatMap(({ id, service }) =>
        four.filter((peer) => peer !== id).map((peer) => service.connected(peer, { timeout: 0 })),
      );
      expect(await Promise.all(reached)).toHaveLength(12);
    });
    const settings = { handshakeTimeout: 10 };
    const error = await failureOf(
      { nodes: 2, seed: 1, delay: [50, 50], settings, settleWithin: 5_000 },
      (cluster) => cluster.settle(),
    );
    expect(error.message).toContain("Not settled within 5000 ms of quiet: no link from 1 to 2");
  });

  test("what comes to a process that stands still is bounded, and then waits at the sender", async () => {
    const size = 50_000;
    const settings = { maxPendingBytes: 1_000_000 };
    await simulate({ nodes: 3, seed: 1, delay: [1, 5], settings }, async (cluster) => {
      await cluster.settle();
      const { address, mailbox } = cluster.node(2).service.newMailbox<Uint8Array>();
      const far = cluster.node(1).service.address<Uint8Array>(address.id);
      cluster.pause(2);
      let sent = 0;
      for (let i = 0; i < 100; i++) {
        if (far.send(new Uint8Array(size).fill(sent))) sent += 1;
        await cluster.advance(10);
      }
      // A million bytes at the sender, and what a kernel keeps.
      expect(sent * size).toBeGreaterThan(1_200_000);
      expect(sent * size).toBeLessThan(1_500_000);
      cluster.resume(2);
      await far.ready();
      for (let i = 0; i < sent; i++) expect((await mailbox.receive())[size - 1]).toBe(i);
    });
  });

  test("a node that the simulation does not have is refused by name", () =>
    simulate({ nodes: 2, seed: 1 }, (cluster) => {
      const calls: (() => unknown)[] = [
        () => cluster.node(3),
        () => cluster.crash(3),
        () => cluster.restart(3),
        () => cluster.pause(3),
        () => cluster.resume(3),
        () => cluster.partition([1], [3]),
        () => cluster.blockOneWay([3], [1]),
        () => cluster.cut(1, 3),
        () => cluster.inject({ at: 0, fault: "stop", node: "3", ms: 0 }),
      ];
      for (const call of calls) expect(call).toThrow(/Expected .*1, 2.*got 3\./);
      expect(() => cluster.partition([1, 2], [2])).toThrow("in one group");
      return expect(cluster.stop(3)).rejects.toThrow(RangeError);
    }));

  test("simulations leave nothing behind them in memory", async () => {
    const collectGarbage = garbageCollector();
    const faults = { meanGap: 1_000 };
    const round = async (seeds: number): Promise<number> => {
      for (let seed = 0; seed < seeds; seed++) {
        await simulate({ nodes: 3, seed, faults }, (cluster) => {
          cluster.run(chatter(three));
          return cluster.advance(3_000);
        });
      }
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = await round(5);
    const after = await round(20);
    expect(after - before).toBeLessThan(2 * 1024 * 1024);
  });
});
