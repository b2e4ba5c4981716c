import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareNodeIds, type Judgement, judgeNewcomer } from "../../src/core/link-rules.ts";
import { explore } from "./crossing-dials.ts";

const epoch = "0123456789abcdef";
const otherEpoch = "fedcba9876543210";

describe("a newcomer", () => {
  const accept: Judgement = { type: "accept" };
  const simultaneous: Judgement = { type: "refuse", reason: "simultaneous" };

  test.each([
    ["the smaller node before its hello", "1", "2", false, accept],
    ["the smaller node after its hello", "1", "2", true, simultaneous],
    ["the larger node before its hello", "2", "1", false, accept],
    ["the larger node after its hello", "2", "1", true, accept],
    ["a node that is smaller by value", "9", "10", true, simultaneous],
    ["a node that is larger by value", "10", "9", true, accept],
  ] as const)("without a link up, judged by %s", (_who, self, peer, saidHello, expected) => {
    const situation = { self, peer, saidHello, upEpoch: undefined };

    expect(judgeNewcomer(epoch, situation)).toEqual(expected);
  });

  test.each([
    ["1", "2", false],
    ["1", "2", true],
    ["2", "1", false],
    ["2", "1", true],
  ] as const)(
    "of node %2$s waits until %1$s has asked the link that is up",
    (self, peer, saidHello) => {
      const situation = { self, peer, saidHello, upEpoch: epoch };

      expect(judgeNewcomer(epoch, situation)).toEqual({
        type: "probe",
        reason: "already_connected",
      });
      expect(judgeNewcomer(otherEpoch, situation)).toEqual({
        type: "probe",
        reason: "duplicate_node",
      });
    },
  );
});

describe("two nodes that dial each other", () => {
  const rules = { judge: judgeNewcomer, ids: ["1", "2"] } as const;

  test("end with one link on which both agree, whatever the order of things", () => {
    for (const ids of [rules.ids, ["2", "1"], ["web-b", "web-a"], ["9", "10"]] as const) {
      const { bad, endings, everSplit, states } = explore({ ...rules, ids, links: 4, faults: 0 });

      expect(bad).toEqual([]);
      expect([...endings].toSorted()).toEqual(["0 0", "1 1"]);
      expect(everSplit).toBe(false);
      expect(states).toBeGreaterThan(200);
    }
  });

  test("agree on one link or are about to dial again, whatever fails on the way", () => {
    const { bad, endings, states } = explore({ ...rules, links: 3, faults: 2 });

    expect(bad).toEqual([]);
    expect([...endings].toSorted()).toEqual(["0 0", "1 1", "2 2", "none none"]);
    expect(states).toBeGreaterThan(20_000);
  });

  test.each<[string, typeof judgeNewcomer]>([
    ["takes every newcomer", () => ({ type: "accept" })],
    [
      "refuses on both sides after its hello",
      (newcomer, situation) =>
        situation.saidHello
          ? { type: "refuse", reason: "simultaneous" }
          : judgeNewcomer(newcomer, situation),
    ],
    [
      "lets each node think itself the smaller one",
      (newcomer, situation) => judgeNewcomer(newcomer, { ...situation, self: "0" }),
    ],
    [
      "lets each node think itself the larger one",
      (newcomer, situation) => judgeNewcomer(newcomer, { ...situation, self: "9" }),
    ],
    [
      "does not look at what is up",
      (newcomer, situation) => judgeNewcomer(newcomer, { ...situation, upEpoch: undefined }),
    ],
  ])("would not by a rule that %s", (_rule, judge) => {
    const { bad, everSplit } = explore({ ...rules, judge, links: 3, faults: 0 });

    expect(bad.length > 0 || everSplit).toBe(true);
  });
});

describe("the order of node ids", () => {
  const nodeIds = fc.oneof(
    fc.nat(300).map(String),
    fc.stringMatching(/^[0-9]{1,20}$/),
    fc.stringMatching(/^[0-9a-b.]{1,3}$/),
    fc.stringMatching(/^[A-Za-z0-9._-]{1,63}$/),
  );

  test.each([
    ["9", "10"],
    ["2", "255"],
    ["99999999999999999998", "99999999999999999999"],
    ["99999999999999999999", "100000000000000000000"],
    ["10", "9a"],
    ["10", "007"],
    ["007", "08"],
    ["a", "b"],
    ["a", "aa"],
    ["B", "a"],
    ["web-10", "web-9"],
  ])("%s comes before %s", (smaller, larger) => {
    expect(compareNodeIds(smaller, larger)).toBeLessThan(0);
    expect(compareNodeIds(larger, smaller)).toBeGreaterThan(0);
  });

  test("is one order: of two different ids one is smaller, and nothing goes round in a circle", () => {
    fc.assert(
      fc.property(nodeIds, nodeIds, nodeIds, (a, b, c) => {
        expect(Math.sign(compareNodeIds(a, b))).toBe(0 - Math.sign(compareNodeIds(b, a)));
        expect(compareNodeIds(a, b) === 0).toBe(a === b);
        if (compareNodeIds(a, b) < 0 && compareNodeIds(b, c) < 0) {
          expect(compareNodeIds(a, c)).toBeLessThan(0);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
