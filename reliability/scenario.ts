/**
 * What is done to nodes, and what must come of it.
 *
 * A scenario makes one kind of fault and fills series of numbers while it runs: how long something
 * took, or how many of something there were. What the figures of these series are, and whether they
 * meet their goals, is decided afterwards by `judge.ts` from the series alone, so that a run that
 * is stopped half-way has figures too.
 *
 * A scenario runs in the process of the command. Its parts are programs that it starts in processes
 * of their own, which hold the nodes.
 */
import type { Part, StartOptions } from "./part-process.ts";

/** All counts, or about a tenth of them: that shows that a scenario works, and measures little. */
export type Size = "full" | "quick";

export interface Scenario {
  /** As it is given to `--only`. */
  readonly id: string;
  readonly title: string;
  /** Longer than this it never takes: it is ended then, and has failed. */
  readonly limitSeconds: number;
  /** The functions that may be given to `start`. Each has a name of its own. */
  readonly parts: readonly PartProgram<never, object>[];
  readonly figures: readonly FigureDefinition[];
  run(stage: Stage): Promise<void>;
}

/** Begins in a process of its own, and gives the functions that the scenario may call then. */
export type PartProgram<S, P extends object> = (setting: S) => Promise<P>;

/** What a scenario found, by the name of the series, in the order in which it was found. */
export type Findings = ReadonlyMap<string, readonly number[]>;

export interface FigureDefinition {
  readonly title: string;
  /** What was done, and how it was measured, for somebody who has not read the program. */
  readonly done: string;
  readonly unit: "ms" | "MiB" | "%" | "×" | "";
  /** How many values there have to be, at least. */
  readonly wanted: Readonly<Record<Size, number>>;
  /** All of them have to hold. Without any the figure is for information. */
  readonly goals: readonly Goal[];
  /** The values that are judged. Pure. */
  values(found: Findings): readonly number[];
}

export type Statistic = "p50" | "p99" | "max" | "min" | "total";

export interface Goal {
  readonly of: Statistic;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** What binds where it is missed, if that is known: it is shown beside the figure that missed. */
  readonly reason?: string;
}

/** What a scenario is given. */
export interface Stage {
  readonly size: Size;
  /** Where the certificates of nodes 1 to 6 are. Nothing else may be put there. */
  readonly folder: string;
  /** What chance is drawn from, so that a run can be repeated. It is in the report. */
  readonly seed: number;
  /** Aborted when the run is to end: by Ctrl-C, or since it takes too long. */
  readonly signal: AbortSignal;
  /** Adds to a series. */
  record(series: string, ...values: readonly number[]): void;
  /** A line for whoever waits. */
  progress(text: string): void;
  /** Starts one of the scenario's parts in a process of its own. It ends with the scenario. */
  start<S, P extends object>(
    program: PartProgram<S, P>,
    setting: S,
    options?: StartOptions,
  ): Promise<Part<P>>;
}

/** A series as it is. */
export function series(name: string): (found: Findings) => readonly number[] {
  return (found) => found.get(name) ?? [];
}
