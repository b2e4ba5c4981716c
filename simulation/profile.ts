/** What kind of life a seed leads: which faults, how often, with which settings. */
import type { ServiceSettings } from "reign";
import { type Chance, type FaultKind, type FaultPlan, faultKinds } from "reign/testing";

export interface Profile {
  /**
   * mixed: some kinds of faults, whichever. silence: paths that fall silent, for the times of
   * detection. standstill: processes that stand still. twin: a second
   * process with the same identity, which has to change nothing.
   */
  readonly name: "mixed" | "silence" | "standstill" | "twin";
  readonly kinds: readonly FaultKind[];
  readonly meanGap: number;
  readonly longest?: number;
  /** These faults, and none that chance draws. */
  readonly plan?: FaultPlan;
  readonly settings: Partial<ServiceSettings>;
  /** The mean of the time between two things that a node does, in virtual ms. */
  readonly pace: number;
}

const kib = 1024;
/** So that their bounds are met. The times are the defaults. */
const smallQueues = { maxMessageBytes: 160 * kib, maxPendingBytes: 256 * kib };

export function drawProfile(chance: Chance, nodes: number): Profile {
  const settings = chance.below(2) === 0 ? smallQueues : { maxMessageBytes: 160 * kib };
  const pace = chance.duration(2_500, 10_000);
  const which = chance.below(10);
  if (which === 0) {
    const kinds: FaultKind[] = ["partition", "one_way"];
    return { name: "silence", kinds, meanGap: 60_000, settings, pace };
  }
  if (which === 1) {
    const standstill = {
      name: "standstill",
      kinds: ["pause"],
      meanGap: 20_000,
      settings,
      pace,
    } as const;
    // Half of them too short to cost a link, half of them just too long for a link.
    if (chance.below(2) === 0) return { ...standstill, longest: 10_000 };
    return { ...standstill, plan: longStandstills(chance, nodes) };
  }
  if (which === 2) return { name: "twin", kinds: ["twin"], meanGap: 60_000, settings, pace };
  const kinds = chance.some(faultKinds);
  return { name: "mixed", kinds, meanGap: chance.duration(3_000, 60_000), settings, pace };
}

/** About as long as a peer waits for a sign of life, one after the other, for ten minutes. */
function longStandstills(chance: Chance, nodes: number): FaultPlan {
  return Array.from({ length: 20 }, (_, i) => ({
    at: 5_000 + i * 29_000 + chance.below(5_000),
    fault: "pause" as const,
    node: String(1 + chance.below(nodes)),
    ms: 14_000 + chance.below(7_000),
  }));
}
