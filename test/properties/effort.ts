/**
 * How far the properties look, and what they have seen on the way.
 *
 * In the test command each has its share of the time; with `REIGN_FULL=1` it does a million
 * commands or as good as that. `REIGN_RUNS` names another number of runs, and `REIGN_MINUTES` ends
 * each property after so long, with what it has done. Every run has a seed, which fast-check prints
 * with what failed; `REIGN_SEED` begins there again. With `REIGN_FIGURES` naming a file, each
 * property adds a line of JSON to it.
 *
 * A property that looks at nothing holds too. So each names the rare things that it has to meet,
 * and fails if it does not.
 */
import { randomInt } from "node:crypto";
import { appendFileSync } from "node:fs";
import * as fc from "fast-check";

export interface Effort {
  /** In the test command, and in the long run. */
  readonly runs: number;
  readonly full: number;
  /** What has to have come about when so many runs are over. */
  readonly rare?: readonly string[];
}

/** How long the test runner waits: longer than any long run takes. */
export const patienceMs: number = 6 * 60 * 60 * 1_000;

export class Tally {
  commands = 0;
  readonly met = new Map<string, number>();

  meet(what: string): void {
    this.met.set(what, (this.met.get(what) ?? 0) + 1);
  }
}

/** So many runs at a time, between which the event loop turns, and memory can be given back. */
const batchRuns = 20;

export async function holds<Ts>(
  what: string,
  effort: Effort,
  property: (tally: Tally) => fc.IRawProperty<Ts>,
): Promise<void> {
  const { REIGN_SEED, REIGN_MINUTES } = process.env;
  const tally = new Tally();
  const all = runsOf(effort);
  const seed = Number(REIGN_SEED || randomInt(2 ** 30));
  const startedAt = process.cpuUsage();
  const until = performance.now() + Number(REIGN_MINUTES || Number.POSITIVE_INFINITY) * 60_000;
  let runs = 0;
  for (; runs < all && performance.now() < until; runs += batchRuns) {
    const numRuns = Math.min(batchRuns, all - runs);
    const details = await fc.check(property(tally), { seed: seed + runs / batchRuns, numRuns });
    if (details.failed) {
      throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
    }
    await new Promise(setImmediate);
  }
  runs = Math.min(runs, all);
  const { user, system } = process.cpuUsage(startedAt);
  const cpuMs = Math.round((user + system) / 1_000);
  const { commands, met } = tally;
  note({ what, seed, runs, commands, cpuMs, met: Object.fromEntries(met) });
  const missed = runs < effort.runs ? [] : (effort.rare ?? []).filter((each) => !met.has(each));
  if (missed.length > 0) {
    throw new Error(`Expected ${runs} runs from seed ${seed} to meet ${missed.join(", ")}.`);
  }
}

/** Whether it is the long run. */
export const full: boolean = process.env["REIGN_FULL"] === "1";

/** The most commands of one run. In the long run there are more, since nodes cost time to begin. */
export function upTo(commands: number): { readonly maxLength: number; readonly size: "max" } {
  return { maxLength: commands * (full ? 5 : 1), size: "max" };
}

function runsOf(effort: Effort): number {
  const { REIGN_RUNS } = process.env;
  if (REIGN_RUNS) return Number(REIGN_RUNS);
  return full ? effort.full : effort.runs;
}

/** Adds a line to the figures, if somebody wants them. */
export function note(figures: object): void {
  const file = process.env["REIGN_FIGURES"];
  if (file) appendFileSync(file, `${JSON.stringify(figures)}\n`);
}
