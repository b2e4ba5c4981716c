import { describe, expect, test } from "vitest";
import { type FaultPlan, type SimulateOptions, simulate } from "../../../src/testing/index.ts";
import type { SimulatedCluster } from "../../../src/testing/simulation/cluster.ts";
import { chatter } from "./chatter.ts";
import { failureOf } from "./failure-of.ts";
import { calm } from "./seen.ts";

const two = { nodes: 2, seed: 1, ...calm };

describe("what a simulation is checked for", () => {
  test("an invariant is looked at after each event, and fails at the moment of that event", async () => {
    let level = 0;
    const body = async (cluster: SimulatedCluster): Promise<void> => {
      level = 0;
      cluster.invariant("the level is low", () => {
        if (level > 2) throw new Error(`it is ${level}`);
      });
      for (const ms of [100, 200, 300, 400]) {
        cluster.node(1).clock.after(ms, () => {
          level += 1;
        });
      }
      await cluster.advance(10_000);
    };
    const error = await failureOf(two, body);

    expect(error.run.at).toBe(300);
    expect(error.message).toContain(
      'Seed 1 failed at 0:00.300: Invariant "the level is low" does not hold: it is 3',
    );
    expect(error.cause).toMatchObject({ cause: new Error("it is 3") });
  });

  test("a failure is not made smaller into one of an invariant that differs in a number", async () => {
    const faults: FaultPlan = [{ at: 1_000, fault: "pause", node: "1", ms: 10 }];
    const error = await failureOf({ ...two, faults }, async (cluster) => {
      const { length } = cluster.plan;
      cluster.invariant("rule 1", () => {
        if (cluster.now > 1_000 && length > 0) throw new Error("it is broken");
      });
      cluster.invariant("rule 2", () => {
        if (cluster.now > 500 && length === 0) throw new Error("it is broken");
      });
      await cluster.advance(5_000);
    });

    expect(error.message).toContain('Invariant "rule 1" does not hold');
    expect(error.run.plan).toEqual(faults);
  });

  test("an invariant that the last event breaks is seen", async () => {
    let broken = false;
    const onEvent: SimulateOptions["onEvent"] = (_, event) => {
      broken = event.type === "stopped";
    };
    const error = await failureOf({ nodes: 1, seed: 1, onEvent }, (cluster) => {
      broken = false;
      cluster.invariant("all is well", () => {
        if (broken) throw new Error("it is not");
      });
    });

    expect(error.message).toContain('"all is well" does not hold');
  });

  test("what is to hold in the end is looked at when everything has settled, faults and all", async () => {
    const looked: number[] = [];
    const faults = { meanGap: 1_000 };
    await simulate({ nodes: 3, seed: 1, faults }, async (cluster) => {
      cluster.partition([1], [2, 3]);
      cluster.eventually("all are linked", async () => {
        looked.push(cluster.nodes.length);
        await cluster.node(1).service.connected(3, { timeout: 0 });
        await cluster.advance(10);
      });
      await cluster.advance(5_000);
      expect(looked).toEqual([]);
    });
    expect(looked).toEqual([3]);

    const error = await failureOf(two, (cluster) => {
      cluster.eventually("pigs fly", () => Promise.reject(new Error("they do not")));
    });
    expect(error.message).toContain('"pigs fly" does not hold in the end: they do not');
  });

  test.each<[what: string, body: (cluster: SimulatedCluster) => void, wanted: string]>([
    ["an invariant", (c) => c.invariant("x", () => false), "its check returned false"],
    ["an end", (c) => c.eventually("x", (() => true) as never), "its check returned true"],
    [
      "an invariant that waits",
      (c) => c.invariant("x", (() => Promise.reject(new Error("unheard"))) as never),
      "its check returned a promise",
    ],
  ])("%s that returns what nobody would look at fails", async (_, body, wanted) => {
    const error = await failureOf(two, body);

    expect(error.message).toContain(`"x" does not hold`);
    expect(error.message).toContain(wanted);
  });

  test.each<[what: string, body: (cluster: SimulatedCluster) => void, wanted: string]>([
    ["run", (c) => c.run(5 as never), "Expected the program to be a function, got 5."],
    ["invariant", (c) => c.invariant("x", 5 as never), 'the check of invariant "x"'],
    ["eventually", (c) => c.eventually("x", 5 as never), 'the check of "x" to be a function'],
    ["partition", (c) => c.partition(1 as never, 2 as never), "as a list of ids, got 1."],
    ["partition", (c) => c.partition([1]), "two groups of nodes at least, got 1."],
    ["cut", (c) => c.cut(1, 1), "to be between two nodes, got 1, 1."],
  ])("%s says what it wants when it gets something else", async (_, body, wanted) => {
    expect((await failureOf(two, body)).message).toContain(wanted);
  });

  test("rare states are counted by their labels", async () => {
    const { sometimes } = await simulate(two, (cluster) => {
      cluster.sometimes("rare");
      cluster.sometimes("often");
      cluster.sometimes("often");
    });

    expect([...sometimes]).toEqual([
      ["rare", 1],
      ["often", 2],
    ]);
  });

  test("anything can be thrown, anywhere, and is the cause of the failure", async () => {
    const nothing = Object.create(null) as object;
    for (const thrown of [undefined, null, "text", 7, Symbol("s"), nothing, new Error("")]) {
      const fail = (): never => {
        throw thrown;
      };
      const places: ((cluster: SimulatedCluster) => void | Promise<void>)[] = [
        fail,
        async (cluster) => {
          await cluster.advance(10);
          fail();
        },
        (cluster) => {
          cluster.node(1).clock.after(10, fail);
          return cluster.advance(20);
        },
        (cluster) => cluster.eventually("x", fail),
        (cluster) => cluster.invariant("x", fail),
      ];
      const [body, later, callback, ...checks] = places;
      for (const place of [body, later, callback]) {
        expect((await failureOf(two, place ?? fail)).cause).toBe(thrown);
      }
      for (const place of checks) {
        expect((await failureOf(two, place)).cause).toMatchObject({ cause: thrown });
      }
      for (const program of [fail, async () => fail()]) {
        const error = await failureOf(two, (cluster) => {
          cluster.run(program);
          return cluster.advance(10);
        });
        expect(error.cause).toBe(thrown);
      }
      const onEvent = fail;
      const error = await failureOf({ ...two, onEvent }, (cluster) => cluster.advance(10));
      expect(error.cause).toBe(thrown);
    }
  });
});

/** Fails when node 1 crashes while it cannot reach node 2, whatever else goes on. */
async function planted(cluster: SimulatedCluster): Promise<void> {
  let cut = false;
  cluster.node(2).service.addConnectionStatusCallback((peer, connected) => {
    if (peer === "1") cut = !connected && cluster.node(1).run === 1 && cluster.node(1).running;
  });
  cluster.invariant("no crash while cut off", () => {
    if (cut && !cluster.node(1).running) throw new Error("it has come to this");
  });
  await cluster.advance(40_000);
}

const needed: FaultPlan = [
  { at: 10_000, fault: "cut", between: ["1", "2"], ms: 2_000 },
  { at: 11_000, fault: "crash", node: "1", death: "reset", ms: 1_000 },
];

function plantedPlan(): FaultPlan {
  const harmless: FaultPlan = Array.from({ length: 38 }, (_, i) => {
    const at = 500 * i;
    return i % 2 === 0
      ? { at, fault: "clock_jump", node: "3", ms: 1_000 }
      : { at, fault: "slow", node: "3", costMs: 1, ms: 100 };
  });
  return [...harmless, ...needed].sort((a, b) => a.at - b.at);
}

describe("a failure", () => {
  const options = { nodes: 3, seed: 11, ...calm, faults: plantedPlan() };

  test("that needs two faults of forty is shown with these two", async () => {
    const error = await failureOf(options, planted);

    expect(error.run.plan).toEqual(needed);
    expect(error.run.drawn).toBeGreaterThan(20);
    expect(error.run.shrinkRuns).toBeLessThanOrEqual(60);
    expect(error.run.at).toBe(11_000);
  });

  test("can be had again by its seed, by the plan that was found, and by its own", async () => {
    const error = await failureOf(options, planted);
    const again = await failureOf({ ...options, faults: error.run.plan }, planted);
    expect(again.run).toMatchObject({ traceHash: error.run.traceHash, at: 11_000, plan: needed });

    const asDrawn = await failureOf({ ...options, shrinkRuns: 0 }, planted);
    const repeated = await failureOf({ ...options, shrinkRuns: 0 }, planted);
    const byPlan = { ...options, shrinkRuns: 0, faults: asDrawn.run.plan };
    expect(repeated.run.traceHash).toBe(asDrawn.run.traceHash);
    expect((await failureOf(byPlan, planted)).run.traceHash).toBe(asDrawn.run.traceHash);
    expect(asDrawn.run.shrinkRuns).toBe(0);
  });

  test("of faults that chance has drawn is had again in the same ways", async () => {
    const drawn = { nodes: 3, seed: 4, faults: { meanGap: 1_000 } };
    const body = async (cluster: SimulatedCluster): Promise<void> => {
      cluster.run(chatter(["1", "2"]));
      cluster.invariant("nobody is ever started again", () => {
        if (cluster.nodes.some(({ run }) => run > 1)) throw new Error("one was");
      });
      await cluster.advance(20_000);
    };
    const error = await failureOf(drawn, body);
    expect(error.run.plan).toHaveLength(1);
    const { plan, traceHash } = error.run;
    expect((await failureOf({ ...drawn, faults: plan }, body)).run.traceHash).toBe(traceHash);
    expect((await failureOf(drawn, body)).run.traceHash).toBe(traceHash);
  });

  test("costs as many more runs as are allowed, and no more", async () => {
    let runs = 0;
    const body = (cluster: SimulatedCluster): Promise<void> => {
      runs += 1;
      return planted(cluster);
    };
    const error = await failureOf({ ...options, shrinkRuns: 5 }, body);

    expect([runs, error.run.shrinkRuns]).toEqual([6, 5]);
    expect(error.run.plan.length).toBeGreaterThan(2);
    expect(error.run.plan).toEqual(expect.arrayContaining([...needed]));
  });

  test("stays the failure that it was while its faults are made fewer", async () => {
    let runs = 0;
    const error = await failureOf(options, async (cluster) => {
      runs += 1;
      cluster.invariant("nothing crashes", () => {
        if (cluster.nodes.length < 3) throw new Error(`run ${runs} has a crash`);
      });
      await cluster.advance(20_000);
      throw new Error("it crashes never");
    });

    expect(error.message).toContain('"nothing crashes" does not hold');
    expect(error.run.plan).toEqual(needed.slice(1));
  });

  test("stays that of the same invariant, also where names differ by a number", async () => {
    const faults: FaultPlan = [{ at: 10, fault: "stop", node: "2", ms: 1_000 }];
    const error = await failureOf({ ...two, faults }, async (cluster) => {
      cluster.invariant("node 1 is patient", () => {
        if (cluster.now > 500) throw new Error("it waits too long");
      });
      cluster.invariant("node 2 runs", () => {
        if (!cluster.node(2).running) throw new Error("it does not");
      });
      await cluster.advance(10_000);
    });

    expect(error.message).toContain('Invariant "node 2 runs" does not hold');
    expect(error.run.plan).toEqual(faults);
  });

  test("of a fault without end names it so that it can be pasted", async () => {
    const fault = "pause";
    const faults: FaultPlan = [{ at: 10, fault, node: "1", ms: Number.POSITIVE_INFINITY }];
    const error = await failureOf({ ...two, faults }, async (cluster) => {
      let ran = false;
      cluster.node(1).clock.after(100, () => {
        ran = true;
      });
      await cluster.advance(1_000);
      expect(ran).toBe(true);
    });

    expect(error.message).toContain('faults: [{"at":10,"fault":"pause","node":"1","ms":Infinity}]');
  });

  test("that needs no fault costs one more run, and shows none", async () => {
    const error = await failureOf(options, async (cluster) => {
      await cluster.advance(20_000);
      throw new Error("of my own making");
    });

    expect(error.run).toMatchObject({ plan: [], shrinkRuns: 1, at: 20_000 });
  });

  test("reads as what happened, when, and how to have it again", async () => {
    const error = await failureOf(options, planted);

    expect(error.message).toBe(
      [
        'Seed 11 failed at 0:11.000: Invariant "no crash while cut off" does not hold: it has come to this',
        "",
        `Faults (2, of ${error.run.drawn}, found in ${error.run.shrinkRuns} more runs):`,
        "   0:10.000  cut between 1 and 2 for 2000 ms",
        "   0:11.000  crash of node 1 (reset) for 1000 ms",
        "",
        "Timeline:",
        "   0:00.000  1        starts",
        "   0:00.000  2        starts",
        "   0:00.000  3        starts",
        ...error.run.timeline
          .slice(3, 9)
          .map(({ who, at, text }) => `   0:00.00${at}  ${who}        ${text}`),
        "   0:10.000  faults   cut between 1 and 2 for 2000 ms",
        ...error.run.timeline
          .slice(10, 12)
          .map(({ who, text }) => `   0:10.000  ${who}        ${text}`),
        "   0:11.000  faults   crash of node 1 (reset) for 1000 ms",
        "   0:11.000  1        crashes (reset)",
        "",
        "The same run again: simulate({ …, seed: 11 }, …)",
        `Just these faults: faults: ${JSON.stringify(needed)}`,
      ].join("\n"),
    );
    expect(error.name).toBe("SimulationFailed");
    expect(Object.keys(error)).toEqual(["name"]);
  });

  test("has the end of a long story in its message, and all of it beside", async () => {
    const error = await failureOf(
      { nodes: 1, seed: 1, shrinkRuns: 1, faults: manyJumps(500) },
      async (cluster) => {
        for (let i = 0; i < 5_000; i++) cluster.note(`line ${i}`);
        await cluster.advance(1_000);
        if (cluster.node(1).clock.now() > 1_000) throw new Error("late");
      },
    );

    expect(error.message.split("\n").length).toBeLessThan(150);
    expect(error.message.length).toBeLessThan(10_000);
    expect(error.message).toContain("the plan is error.run.plan");
    expect(error.run.timeline.length).toBeGreaterThan(5_000);
    expect(error.run.plan).toHaveLength(500);
  });

  test("has the seed that was drawn for it", async () => {
    const error = await failureOf({ nodes: 1 }, () => {
      throw new Error("no");
    });
    const other = await failureOf({ nodes: 1 }, () => {
      throw new Error("no");
    });

    expect(error.message).toContain(`seed: ${error.run.seed} }`);
    expect(error.run.seed).not.toBe(other.run.seed);
  });
});

function manyJumps(count: number): FaultPlan {
  return Array.from({ length: count }, (_, i) => ({
    at: i,
    fault: "clock_jump",
    node: "1",
    ms: 7,
  }));
}

test("the error of a program that fails late is that of the program", async () => {
  const error = await failureOf(two, (cluster) => {
    cluster.run((node) => {
      node.clock.after(2_000, () => {
        throw new Error(`late, on ${node.name}`);
      });
    });
    return cluster.advance(5_000);
  });

  expect(error.message).toMatch(/failed at 0:02\.000: late, on [12]/);
});
