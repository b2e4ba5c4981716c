/** Many seeds in one call, and the programs that a body gives to its cluster. */
import { expect, test } from "vitest";
import { simulate } from "../../../src/testing/simulation/simulate.ts";
import {
  type SimulatedSeeds,
  type SimulateSeedsOptions,
  simulateSeeds,
} from "../../../src/testing/simulation/simulate-seeds.ts";
import { SimulationFailed } from "../../../src/testing/simulation/simulation-failed.ts";

test("seeds are simulated one after the other, each with a body of its own, and added up", async () => {
  const heard: SimulatedSeeds[] = [];
  const sum = await simulateSeeds(
    { nodes: 2, seeds: { first: 7, count: 3 }, onProgress: (soFar) => heard.push(soFar) },
    async (cluster) => {
      let runs = 0;
      cluster.run(() => {
        runs += 1;
      });
      await cluster.advance(1_000);
      cluster.sometimes("a second passed");
      if (runs !== 2) throw new Error(`Expected 2 programs to run, got ${runs}.`);
    },
  );

  expect(heard.map(({ seeds }) => seeds)).toEqual([1, 2, 3]);
  expect(heard.at(-1)).toEqual(sum);
  expect(sum).toMatchObject({ seeds: 3, of: 3, faults: 0 });
  expect(sum.virtualMs).toBeGreaterThanOrEqual(3_000);
  expect(sum.sometimes).toEqual(new Map([["a second passed", 3]]));
});

test("the first seed that fails ends them, and is told", async () => {
  const simulated: number[] = [];
  const work = simulateSeeds({ nodes: 1, seeds: [3, 1, 4, 1, 5] }, async (cluster) => {
    simulated.push(cluster.nodes.length);
    await cluster.advance(10);
    if (simulated.length === 3) throw new Error("third");
  });

  const error = await work.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SimulationFailed);
  expect(error).toMatchObject({ run: { seed: 4 } });
  expect(simulated).toHaveLength(3);
});

test("an aborted signal ends them after the present seed, with what was done", async () => {
  const stop = new AbortController();
  const sum = await simulateSeeds(
    {
      nodes: 1,
      seeds: { count: 1_000 },
      signal: stop.signal,
      onProgress: ({ seeds }) => {
        if (seeds === 2) stop.abort();
      },
    },
    (cluster) => cluster.advance(10),
  );

  expect(sum).toMatchObject({ seeds: 2, of: 1_000 });
});

test.each<[object, string]>([
  [{ seeds: 5 }, "Expected seeds as a list or { first, count }, got 5."],
  [{ seeds: { cout: 5 } }, 'Expected as an option of seeds count, got "cout".'],
  [{ seeds: [1, -1] }, "Expected seeds[1] to be a whole number from 0 to 2147483647, got -1."],
  [{ seeds: [1], onProgress: 5 }, "Expected onProgress to be a function, got 5."],
  [{ seeds: [1], signal: 5 }, "Expected signal to be an AbortSignal, got 5."],
  [{ seeds: [] }, "Expected seeds to have one seed at least, got none."],
  [{ seeds: { count: 0 } }, "Expected seeds.count to be a whole number from 1"],
  [{ seeds: [1], seed: 1 }, 'Expected as an option of simulateSeeds seeds, got "seed".'],
])("seeds that cannot be are refused: %j", async (wrong, text) => {
  const options = { nodes: 1, seeds: [], ...wrong } satisfies SimulateSeedsOptions;

  await expect(simulateSeeds(options, () => {})).rejects.toThrow(text);
});

test("a program runs at the start of each run of its node, and may end with its service", async () => {
  const runs: string[] = [];
  await simulate({ nodes: 2 }, async (cluster) => {
    runs.length = 0;
    cluster.run(async ({ name, service }) => {
      runs.push(name);
      // Rejects when the service is terminated, which is no failure.
      await service.newMailbox().mailbox.receive();
    });
    await cluster.advance(10);
    cluster.restart(2);
    await cluster.advance(10);
  });

  expect(runs.sort()).toEqual(["1", "2", "2#2"]);
});

test("a service tells the clock that it lives by, which in a simulation is that of its node", async () => {
  await simulate({ nodes: 1 }, async (cluster) => {
    const { service, clock } = cluster.node(1);
    await cluster.advance(10);

    expect(service.clock).toBe(clock);
    expect(service.clock.now()).toBe(cluster.now);
  });
});
