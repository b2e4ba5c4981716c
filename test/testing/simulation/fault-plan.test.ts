import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FaultPlan, type FaultStep, simulate } from "../../../src/testing/index.ts";
import { createSeededRandom } from "../../../src/testing/seeded-random.ts";
import { checkFault } from "../../../src/testing/simulation/fault-check.ts";
import {
  drawFaultPlan,
  faultKinds,
  formatFault,
} from "../../../src/testing/simulation/fault-plan.ts";
import { chatter } from "./chatter.ts";
import { calm } from "./seen.ts";

const nodes = ["1", "2", "3", "4"];
const alone = ["pause", "slow", "crash", "stop", "twin", "clock_jump"];

function drawn(
  seed: number,
  options: Partial<Parameters<typeof drawFaultPlan>[1]> = {},
): FaultPlan {
  return drawFaultPlan(createSeededRandom(seed), {
    nodes,
    kinds: faultKinds,
    durationMs: 100_000,
    meanGapMs: 1_000,
    longestMs: 60_000,
    ...options,
  });
}

describe("a plan of faults that chance draws", () => {
  const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

  test("is the same for the same seed, in order of time, and each of its steps is possible", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 2, max: 9 }), (seed, count) => {
        const some = Array.from({ length: count }, (_, i) => `n${i}`);
        const plan = drawn(seed, { nodes: some, meanGapMs: 5_000 });
        expect(drawn(seed, { nodes: some, meanGapMs: 5_000 })).toEqual(plan);
        expect(plan.map(({ at }) => at)).toEqual(plan.map(({ at }) => at).sort((a, b) => a - b));
        for (const step of plan) checkFault("it", step, some);
        const late = plan.filter(({ at, ms }) => at >= 100_000 || ms > 60_000);
        const broken = plan.filter(({ at, ms }) => !Number.isInteger(at) || !Number.isInteger(ms));
        expect([late, broken]).toEqual([[], []]);
        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
        expect(plan.map(formatFault).join()).not.toMatch(/undefined|NaN|\[object/);
      }),
    );
  });

  test("has all kinds in it, about as often, and as many as the mean gap makes", () => {
    const steps = Array.from({ length: 50 }, (_, seed) => drawn(seed)).flat();
    expect(steps.length).toBeGreaterThan(50 * 100 * 0.9);
    expect(steps.length).toBeLessThan(50 * 100 * 1.1);
    for (const kind of faultKinds) {
      const share = steps.filter(({ fault }) => fault === kind).length / steps.length;
      expect([kind, share > 0.5 / faultKinds.length, share < 2 / faultKinds.length]).toEqual([
        kind,
        true,
        true,
      ]);
    }
  });

  test("of a single node has what can happen to one, and none where nothing can", () => {
    const kinds = new Set(drawn(1, { nodes: ["1"] }).map(({ fault }) => fault));
    expect([...kinds].sort()).toEqual(alone.toSorted());
    expect(drawn(1, { nodes: ["1"], kinds: ["cut", "clog"] })).toEqual([]);
    expect(drawn(1, { kinds: [] })).toEqual([]);
    expect(drawn(1, { durationMs: 0 })).toEqual([]);
  });

  test("can be followed in any of its parts: all is undone, and nothing is left open", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.infiniteStream(fc.boolean()), async (seed, kept) => {
        const part = drawn(seed, { durationMs: 15_000, longestMs: 10_000 }).filter(
          () => kept.next().value === true,
        );
        const result = await simulate({ nodes: 4, seed, faults: part }, (cluster) => {
          cluster.run(chatter(nodes));
          return cluster.advance(20_000);
        });
        expect(result.plan).toEqual(part);
        expect(result.openLinks).toBe(0);
      }),
      { numRuns: 12 },
    );
  });
});

describe("a fault as a line of the timeline", () => {
  const lines: readonly [step: FaultStep, line: string][] = [
    [{ at: 1, fault: "cut", between: ["1", "2"], ms: 5 }, "cut between 1 and 2 for 5 ms"],
    [
      { at: 1, fault: "partition", groups: [["1", "2"], ["3"]], ms: Number.POSITIVE_INFINITY },
      "partition 1,2 | 3",
    ],
    [
      { at: 1, fault: "one_way", from: ["1"], to: ["2", "3"], ms: 7 },
      "nothing passes from 1 to 2,3 for 7 ms",
    ],
    [{ at: 1, fault: "clog", from: "1", to: "2", ms: 7 }, "clog from 1 to 2 for 7 ms"],
    [
      { at: 1, fault: "half_open", from: "1", to: "2", ms: 7 },
      "links of 1 with 2 end on the side of 1 alone, the other is not told for 7 ms",
    ],
    [
      {
        at: 1,
        fault: "swizzle",
        paths: [
          ["1", "2"],
          ["3", "1"],
        ],
        order: [1, 0],
        ms: 7,
      },
      "swizzle 1>2 3>1 for 7 ms",
    ],
    [{ at: 1, fault: "pause", node: "1", ms: 7 }, "pause of node 1 for 7 ms"],
    [
      { at: 1, fault: "slow", node: "1", costMs: 3, ms: 7 },
      "slow node 1 (3 ms a callback) for 7 ms",
    ],
    [{ at: 1, fault: "crash", node: "1", death: "lost", ms: 7 }, "crash of node 1 (lost) for 7 ms"],
    [{ at: 1, fault: "stop", node: "1", ms: 0 }, "stop of node 1"],
    [{ at: 1, fault: "twin", node: "1", ms: 7 }, "twin of node 1 for 7 ms"],
    [{ at: 1, fault: "clock_jump", node: "1", ms: 7 }, "the clock of node 1 jumps 7 ms ahead"],
  ];

  test("there is one for each kind", () => {
    expect(lines.map(([step]) => step.fault).toSorted()).toEqual(faultKinds.toSorted());
    for (const [step, line] of lines) expect(formatFault(step)).toBe(line);
  });

  test("is in the timeline when the fault begins, and not before", async () => {
    const faults: FaultPlan = [
      { at: 500, fault: "cut", between: ["1", "2"], ms: 5 },
      { at: 90_000, fault: "cut", between: ["1", "2"], ms: 5 },
    ];
    const { plan, timeline } = await simulate({ nodes: 2, seed: 1, ...calm, faults }, (cluster) =>
      cluster.advance(1_000),
    );

    expect(plan).toEqual(faults.slice(0, 1));
    expect(timeline.filter(({ who }) => who === "faults")).toEqual([
      { at: 500, who: "faults", text: "cut between 1 and 2 for 5 ms" },
    ]);
  });
});
