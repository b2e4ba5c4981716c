import { describe, expect, test } from "vitest";
import {
  type SimulatedCluster,
  type SimulateOptions,
  simulate,
} from "../../../src/testing/index.ts";

/** What `simulate` says to options that no compiler has seen. */
async function refusal(options: object): Promise<Error> {
  let begun = false;
  const run = simulate(options as SimulateOptions, () => {
    begun = true;
  });
  const error = await run.then(
    () => new Error("none"),
    (reason: Error) => reason,
  );
  expect(begun).toBe(false);
  return error;
}

const step = { at: 0, fault: "crash", node: "1", death: "reset", ms: 0 };

describe("options that cannot be are refused before anything begins, by name", () => {
  const cases: readonly [options: object | null, wanted: string][] = [
    [{}, "Expected nodes"],
    [{ nodes: 0 }, "Expected nodes to be a whole number from 1 to 1000, got 0."],
    [{ nodes: 1.5 }, "Expected nodes to be a whole number from 1 to 1000, got 1.5."],
    [{ nodes: [] }, "Expected nodes to have one node at least, got none."],
    [{ nodes: ["1", 1] }, "Expected each of nodes once, got 1 twice."],
    [{ nodes: ["no good"] }, "no good"],
    [{ nodes: "3" }, "Expected nodes"],
    [{ seed: -1 }, "Expected seed to be a whole number from 0 to 2147483647, got -1."],
    [{ seed: 2 ** 31 }, "Expected seed to be a whole number from 0 to 2147483647, got 2147483648."],
    [{ seed: "7" }, 'Expected seed to be a whole number from 0 to 2147483647, got "7".'],
    [{ faults: 7 }, "Expected faults to be true, false, a plan, or what to draw one from, got 7."],
    [
      { faults: null },
      "Expected faults to be true, false, a plan, or what to draw one from, got null.",
    ],
    [{ faults: { kind: ["cut"] } }, '"kind"'],
    [{ faults: { kinds: ["cuts"] } }, "Expected faults.kinds to be among cut, partition"],
    [{ faults: { kinds: "cut" } }, "Expected faults.kinds to be a list, got cut."],
    [{ faults: { meanGap: 0 } }, "Expected faults.meanGap to be a whole number from 1"],
    [{ faults: { duration: -1 } }, "Expected faults.duration to be a whole number from 0"],
    [{ faults: { longest: 0.5 } }, "Expected faults.longest to be a whole number from 1"],
    [{ faults: [null] }, "Expected faults[0] to be a fault, got null."],
    [{ faults: [{}] }, "Expected faults[0].fault to be among cut, partition"],
    [{ faults: [step, { ...step, at: -1 }] }, "Expected faults[1].at to be 0 ms or more, got -1."],
    [
      { faults: [{ ...step, ms: Number.NaN }] },
      "Expected faults[0].ms to be 0 ms or more, got NaN.",
    ],
    [{ faults: [{ ...step, ms: null }] }, "Expected faults[0].ms to be 0 ms or more, got null."],
    [
      { faults: [{ ...step, node: "9" }] },
      "Expected the nodes of faults[0] to be among 1, 2, 3, got 9.",
    ],
    [{ faults: [{ ...step, node: 1 }] }, "Expected the nodes of faults[0] to be strings, got 1."],
    [
      { faults: [{ ...step, death: "old age" }] },
      "Expected faults[0].death to be among reset, closed, lost, got old age.",
    ],
    [
      { faults: [{ ...step, fault: "slow" }] },
      "Expected faults[0].costMs to be 0 ms or more, got undefined.",
    ],
    [
      { faults: [{ ...step, fault: "cut" }] },
      "Expected faults[0] to name its nodes, as a cut does",
    ],
    [
      { faults: [{ ...step, fault: "cut", between: ["1", "1"] }] },
      "Expected faults[0] to be between two nodes, got 1, 1.",
    ],
    [
      { faults: [{ ...step, fault: "partition", groups: "12" }] },
      "Expected faults[0] to name its nodes, as a partition does",
    ],
    [
      { faults: [{ ...step, fault: "partition", groups: [["1"]] }] },
      "Expected faults[0] to have two groups of nodes at least, got 1.",
    ],
    [
      { faults: [{ ...step, fault: "partition", groups: [["1", "2"], ["2"]] }] },
      "Expected each node in one group of faults[0], got 2 in two.",
    ],
    [
      { faults: [{ ...step, fault: "swizzle", paths: [["1", "2"]], order: [1] }] },
      "Expected faults[0].order to be the places of its paths, got 1.",
    ],
    [{ settings: { pingInterval: 0 } }, "pingInterval"],
    [{ settings: { pingIntervall: 7 } }, "pingIntervall"],
    [{ delay: [5, 1] }, "Expected delay as [least, most] from 0 up, got [5, 1]."],
    [{ delay: 5 }, "Expected delay as [least, most] from 0 up, got 5."],
    [{ chunk: "no" }, "Expected chunk to be true or false, got no."],
    [{ trapAmbient: 0 }, "Expected trapAmbient to be true or false, got 0."],
    [{ program: () => {} }, "Expected as an option of simulate one of nodes, seed, faults"],
    [{ onEvent: 7 }, "Expected onEvent to be a function, got 7."],
    [{ settleWithin: 0 }, "Expected settleWithin to be a whole number from 1"],
    [{ limit: 0 }, "Expected limit to be a whole number from 1"],
    [{ shrinkRuns: -1 }, "Expected shrinkRuns to be a whole number from 0"],
    [{ sede: 7 }, '"sede"'],
  ];

  test.each(cases)("%j", async (options, wanted) => {
    const nodes = options !== null && Object.keys(options).length === 0 ? {} : { nodes: 3 };
    const error = await refusal({ ...nodes, ...options });

    expect(error.message).toContain(wanted);
    expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
  });

  test("a body that is no function, and options that are no object, too", async () => {
    await expect(simulate({ nodes: 1 }, 7 as never)).rejects.toThrow("got 7");
    for (const none of [undefined, null]) {
      await expect(simulate(none as never, () => {})).rejects.toThrow("the options of simulate");
    }
  });
});

test("the largest and the smallest seed are seeds", async () => {
  for (const seed of [0, 2 ** 31 - 1]) {
    const result = await simulate({ nodes: ["a-twin", 7], seed }, (cluster: SimulatedCluster) =>
      cluster.settle(),
    );
    expect(result.seed).toBe(seed);
  }
});
