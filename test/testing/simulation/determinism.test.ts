import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { garbageCollector } from "../../../measure/garbage-collector.ts";
import { type SimulateOptions, type Simulation, simulate } from "../../../src/testing/index.ts";
import { faultKinds } from "../../../src/testing/simulation/fault-plan.ts";
import { chatter } from "./chatter.ts";

const three = ["1", "2", "3"];

const often = { meanGap: 1_000 };

/** What differs in more than the seed. */
const runs: readonly Omit<SimulateOptions, "nodes">[] = [
  { seed: 1, faults: often },
  { seed: 2, faults: { kinds: faultKinds, meanGap: 1_000 } },
  { seed: 3, faults: { kinds: faultKinds, meanGap: 1_000 }, chunk: false, delay: [0, 0] },
  { seed: 4, delay: [5, 500] },
  { seed: 5, faults: { kinds: ["twin", "clock_jump", "stop"], meanGap: 1_000 } },
  { seed: 6, faults: often, settings: { pingInterval: 100, deadlineInterval: 400 } },
  { seed: 7, faults: often, trapAmbient: false },
];

function run(options: Omit<SimulateOptions, "nodes">): Promise<Simulation> {
  return simulate({ nodes: three, ...options }, (cluster) => {
    cluster.run(chatter(three));
    return cluster.advance(8_000);
  });
}

async function hash(options: Omit<SimulateOptions, "nodes">): Promise<string> {
  return (await run(options)).traceHash;
}

describe("a seed decides everything: the same seed and options give the same trace", () => {
  test("one run after the other, forwards, backwards and side by side", async () => {
    const forwards: string[] = [];
    for (const options of runs) forwards.push(await hash(options));
    const backwards: string[] = [];
    for (const options of runs.toReversed()) backwards.unshift(await hash(options));
    const sideBySide = await Promise.all(runs.map(hash));

    expect(backwards).toEqual(forwards);
    expect(sideBySide).toEqual(forwards);
    expect(new Set(forwards).size).toBe(runs.length);
  });

  test("another seed gives another trace, another option too", async () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const { traceHash } = await simulate({ nodes: 3, seed }, (cluster) => cluster.advance(2_000));
      seen.add(traceHash);
    }
    const more: SimulateOptions[] = [
      { nodes: 3, seed: 2 ** 31 - 1 },
      { nodes: 4, seed: 0 },
      { nodes: ["1", "2", "x"], seed: 0 },
      { nodes: 3, seed: 0, chunk: false },
      { nodes: 3, seed: 0, delay: [0, 0] },
      { nodes: 3, seed: 0, settings: { pingInterval: 1_000 } },
      { nodes: 3, seed: 0, faults: [{ at: 1, fault: "stop", node: "1", ms: 1 }] },
    ];
    for (const options of more) {
      seen.add((await simulate(options, (cluster) => cluster.advance(2_000))).traceHash);
    }
    expect(seen.size).toBe(20 + more.length);
  });

  test("in a fresh process, with warm code, and after garbage was collected", async () => {
    const collectGarbage = garbageCollector();
    const hashes: string[] = [];
    for (let i = 0; i < 5; i++) {
      hashes.push(await hash({ seed: 42, faults: often }));
      collectGarbage();
    }
    expect(new Set(hashes).size).toBe(1);

    // Of the compiled code, which in a tree that was changed since is another than this.
    const [first, afterOthers] = await Promise.all([printed([42]), printed([1, 2, 42])]);
    expect(first).toHaveLength(1);
    expect(afterOthers.at(-1)).toBe(first[0]);
  });

  test("a trace has each callback and each byte in it: one draw of the test's own changes it", async () => {
    const drawn = async (draws: number) => {
      const result = await simulate({ nodes: 2, seed: 1 }, async (cluster) => {
        for (let i = 0; i < draws; i++) cluster.random.fraction();
        cluster.clock.after(Math.round(cluster.random.fraction() * 1_000), () => {});
        await cluster.advance(2_000);
      });
      return result.traceHash;
    };
    expect(new Set([await drawn(0), await drawn(1), await drawn(2)]).size).toBe(3);
    expect(await drawn(1)).toBe(await drawn(1));
  });
});

/** The hashes of simulations that a new process runs, one after the other. */
async function printed(seeds: readonly number[]): Promise<string[]> {
  const code = `
    import { simulate } from "reign/testing";
    for (const seed of ${JSON.stringify(seeds)}) {
      const options = { nodes: 3, seed, faults: { meanGap: 1_000 } };
      const { traceHash } = await simulate(options, async (cluster) => {
        for (const { service } of cluster.nodes) {
          service.names.register("it", service.newMailbox().address);
        }
        await cluster.advance(20_000);
      });
      console.log(traceHash);
    }`;
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", code]);
  return stdout.trim().split("\n");
}
