import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { simulate } from "../../../src/testing/index.ts";
import type { SimulatedCluster } from "../../../src/testing/simulation/cluster.ts";
import { failureOf } from "./failure-of.ts";

const alone = { nodes: 1, seed: 1 };

describe("time in a simulation", () => {
  test("stands still while the test computes, and goes on while it waits for anything of it", async () => {
    const moments: number[] = [];
    const result = await simulate(alone, async (cluster) => {
      const node = cluster.node(1);
      const { address, mailbox } = node.service.newMailbox<string>();
      for (let i = 0; i < 1_000; i++) await Promise.resolve();
      moments.push(cluster.now);
      await cluster.advance(1_500);
      moments.push(cluster.now);
      await node.sleep(500);
      moments.push(cluster.now);
      node.clock.after(30, () => address.send("hello"));
      await mailbox.receive();
      moments.push(cluster.now);
      cluster.clock.after(70, () => address.send("again"));
      await mailbox.receive();
      moments.push(cluster.now, node.clock.now(), cluster.clock.now());
    });

    expect(moments).toEqual([0, 1_500, 2_000, 2_030, 2_100, 2_100, 2_100]);
    expect(result.virtualMs).toBeGreaterThanOrEqual(2_100);
  });

  test("goes by in whole milliseconds, rounded up, and what is due at once runs at once", async () => {
    const moments: number[] = [];
    await simulate(alone, async (cluster) => {
      await cluster.advance(0.2);
      moments.push(cluster.now);
      await cluster.advance(0);
      moments.push(cluster.now);
      cluster.clock.after(-5, () => moments.push(cluster.now));
      await cluster.advance(1);
    });

    expect(moments).toEqual([1, 1, 1]);
  });

  test("goes on in no other way: a day takes no day", async () => {
    const { virtualMs } = await simulate({ ...alone, limit: 1e9 }, (cluster) =>
      cluster.advance(86_400_000),
    );

    expect(virtualMs).toBeGreaterThanOrEqual(86_400_000);
  });

  test("is not moved by what is no duration", async () => {
    await simulate(alone, (cluster) => {
      for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(() => cluster.advance(ms)).toThrow(RangeError);
        expect(() => cluster.clock.after(Number.NaN, () => {})).toThrow(RangeError);
      }
      expect(() => cluster.pause(1, -1)).toThrow(RangeError);
      expect(() => cluster.pause(1, Number.NaN)).toThrow(RangeError);
    });
  });
});

describe("a test that waits for what never comes fails", () => {
  test("when nothing is left that can happen", async () => {
    const error = await failureOf(alone, () => new Promise(() => {}));

    expect(error.message).toContain("nothing is left that can happen");
  });

  test("at its limit, while nodes still tell each other that they are alive", async () => {
    const error = await failureOf({ nodes: 2, seed: 1, limit: 60_000 }, async (cluster) => {
      await cluster.node(1).service.newMailbox().mailbox.receive();
    });

    expect(error.message).toContain("still waits after 60000 virtual ms");
    expect(error.run.at).toBeGreaterThan(60_000);
  });

  test("after an hour, unless it is given another limit", async () => {
    const error = await failureOf({ nodes: 2, seed: 1 }, async (cluster) => {
      await cluster.node(1).service.newMailbox().mailbox.receive();
    });

    expect(error.message).toContain("still waits after 3600000 virtual ms, its option limit");
  });

  test("when callbacks ask for each other for ever at one moment", async () => {
    const error = await failureOf(alone, async (cluster) => {
      await cluster.advance(7);
      cluster.clock.soon(function again() {
        cluster.clock.soon(again);
      });
      await cluster.advance(1);
    });

    expect(error.message).toContain("100000 callbacks ran at 7 ms");
  });
});

describe("what is not of the simulation", () => {
  const touches: readonly [what: string, touch: () => unknown, use: string][] = [
    ["setTimeout", () => globalThis.setTimeout.call(null, () => {}, 0), "node.sleep(ms)"],
    ["setInterval", () => globalThis.setInterval.call(null, () => {}, 1), "node.sleep(ms)"],
    ["setImmediate", () => globalThis.setImmediate.call(null, () => {}), "node.clock.after"],
    ["Date.now", () => Date.now(), "node.clock.now()"],
    ["new Date()", () => new Date(), "node.clock.now()"],
    ["Date()", () => Date(), "node.clock.now()"],
    ["performance.now", () => performance.now(), "node.clock.now()"],
    ["process.hrtime", () => process.hrtime.bigint(), "node.clock.now()"],
    ["Math.random", () => Math.random(), "node.random"],
    ["crypto.randomUUID", () => crypto.randomUUID(), "node.random"],
    ["crypto.getRandomValues", () => crypto.getRandomValues(new Uint8Array(1)), "node.random"],
    ["AbortSignal.timeout", () => AbortSignal.timeout(1), "an AbortController"],
    ["fetch", () => fetch("http://127.0.0.1:1"), "a node of the simulation"],
  ];

  /** What throws if anything is still trapped. */
  function touchAll(): void {
    expect(new Date(Date.now()).getTime()).toBeGreaterThan(0);
    expect(performance.now() + Math.random() + process.uptime()).toBeGreaterThan(0);
    expect(crypto.randomUUID()).toHaveLength(36);
    clearImmediate(globalThis.setImmediate.call(null, () => {}));
  }

  test.each(touches)(
    "%s fails a simulation that touches it, and the error says what to use",
    async (what, touch, use) => {
      const places: Record<string, (cluster: SimulatedCluster) => Promise<void>> = {
        "the test": async () => void touch(),
        "after waiting": async (cluster) => {
          await cluster.advance(100);
          touch();
        },
        "a callback": async (cluster) => {
          cluster.clock.after(10, touch);
          await cluster.advance(100);
        },
      };
      for (const body of Object.values(places)) {
        const error = await failureOf(alone, body);
        expect(error.message).toContain(`${what} was used inside a simulation`);
        expect(error.message).toContain(use);
        touchAll();
      }
      const error = await failureOf(alone, (cluster) => {
        cluster.run(async () => void touch());
        return cluster.advance(10);
      });
      expect(error.message).toContain(`${what} was used inside a simulation`);
      await simulate({ ...alone, trapAmbient: false }, async () => {
        if (what !== "fetch") touch();
      });
    },
  );

  test("is as it was once it has ended, well or not, and in the process around it meanwhile", async () => {
    const before = touchables();
    const outside: unknown[] = [];
    let running = 2;
    const watch = (): void => {
      outside.push(...touchables().filter((value, i) => value !== before[i]));
      if (running > 0) globalThis.setImmediate.call(null, watch);
    };
    watch();
    const done = () => {
      running -= 1;
    };
    const inner: Promise<unknown>[] = [];
    await simulate(alone, async (cluster) => {
      inner.push(simulate(alone, (other) => other.advance(1_000)));
      await cluster.advance(1_000);
    });
    await Promise.all(inner);
    expect(touchables()).toEqual(before);
    await Promise.all([
      simulate({ nodes: 3, seed: 1 }, (cluster) => cluster.advance(60_000)).finally(done),
      failureOf({ nodes: 3, seed: 1 }, async (cluster) => {
        await cluster.advance(30_000);
        throw new Error("no");
      }).finally(done),
    ]);

    expect(outside).toEqual([]);
    expect(touchables()).toEqual(before);
    touchAll();
  });

  test("cannot be waited for: who has done so is refused, not run at some moment or other", async () => {
    const bodies = [
      async (cluster: SimulatedCluster) => {
        await readFile(import.meta.filename);
        await cluster.advance(1);
      },
      async () => void (await readFile(import.meta.filename)),
      async (cluster: SimulatedCluster) => {
        await readFile(import.meta.filename);
        const node = cluster.node(1);
        node.service.newMailbox().address.send("too late");
        await node.sleep(1);
      },
      async () => void (await simulate(alone, () => {}).catch(() => {})),
    ];
    for (const body of bodies) {
      const error = await failureOf({ nodes: 3, seed: 1, trapAmbient: false }, body);
      expect(error.message).toContain("outside its turn");
    }
    touchAll();
  });

  function touchables(): unknown[] {
    const { Date: date, setTimeout: wait, setImmediate: later, fetch: get } = globalThis;
    return [date, wait, later, get, Math.random, performance.now, crypto.randomUUID];
  }
});
