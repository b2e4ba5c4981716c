/**
 * Faults under which a promise was broken once. Kept as plans, and not as seeds: a seed draws other
 * faults whenever a kind of fault or of work is added.
 */
import type { FaultPlan } from "reign/testing";

export interface Regression {
  readonly what: string;
  /** What the nodes did beside the faults. */
  readonly seed: number;
  readonly plan: FaultPlan;
  /** The canary that has the defect again. */
  readonly canary: string;
}

/** The plans are for lives of this size, whatever else is asked for. */
export const regressionSize = { nodes: 5, virtualMinutes: 10 } as const;

export const regressions: readonly Regression[] = [
  {
    what: "messages that a node took before it was stopped, unheard, counted as lost too",
    seed: 10,
    plan: [
      { at: 142_663, fault: "one_way", from: ["3"], to: ["1", "2", "4", "5"], ms: 51_396 },
      { at: 155_846, fault: "stop", node: "3", ms: 14 },
    ],
    canary: "in-doubt-lost",
  },
  {
    what: "a node that met two processes with one identity in turns took the first for hostile",
    seed: 15,
    plan: [
      { at: 164_238, fault: "twin", node: "1", ms: 36_351 },
      { at: 170_040, fault: "pause", node: "1", ms: 9_850 },
    ],
    canary: "twin-accounts",
  },
];
