/**
 * How cost and memory grow with what there is: each growth is measured at several sizes and drawn
 * as one chart or more.
 *
 * Its contestants are the lines of the chart; a round is told the size instead of a count, and says
 * in its timing how many it did.
 */
import type { Contestant, Timing } from "./case.ts";
import type { Axis } from "./chart.ts";

export interface Growth {
  readonly id: string;
  readonly x: Axis;
  readonly sizes: Readonly<Record<"full" | "quick", readonly number[]>>;
  readonly contestants: readonly Contestant[];
  readonly charts: readonly GrowthChart[];
}

export interface GrowthChart {
  /** The end of its file's name. */
  readonly id: string;
  readonly title: string;
  readonly y: Axis;
  /** What is drawn, if this line and size have it. */
  readonly value: (timing: Timing, size: number) => number | undefined;
}

/** Seconds for each one that was done. */
export function costOf({ seconds, count }: Timing): number | undefined {
  return count === undefined ? undefined : seconds / count;
}
