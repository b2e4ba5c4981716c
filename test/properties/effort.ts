/**
 * How far the properties look, and what they have seen on the way.
 *
 * In the test command each has its share of the time; with `REIGN_FULL=1` it does a million
 * commands or as good as that, and `REIGN_RUNS` names another number of runs. Every run has a seed,
 * which fast-check prints with what failed; `REIGN_SEED` begins there again. With `REIGN_FIGURES`
 * naming a file, each property adds a line of JSON to it.
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

/** Long enough for any long run; fast-check is not told, so that nothing is cut short unseen. */
export const patienceMs: number = 6 * 60 * 60 * 1_000;

export class Tally {
  commands = 0;
  readonly met = new Map<string, number>();

  meet(what: string): void {
    this.met.set(what, (this.met.get(what) ?? 0) + 1);
  }
}

export async function holds<Ts>(
  what: string,
  effort: Effort,
  property: (tally: Tally) => fc.IRawProperty<Ts>,
): Promise<void> {
  const tally = new Tally();
  const seed = Number(process.env["REIGN_SEED"] || randomInt(2 ** 31));
  const numRuns = runsOf(effort);
  const startedAt = process.cpuUsage();
  await fc.assert(property(tally), { seed, numRuns });
  const { user, system } = process.cpuUsage(startedAt);
  const { commands, met } = tally;
  const cpuMs = Math.round((user + system) / 1_000);
  note({ what, seed, runs: numRuns, commands, cpuMs, met: Object.fromEntries(met) });
  const missed = numRuns < effort.runs ? [] : (effort.rare ?? []).filter((each) => !met.has(each));
  if (missed.length > 0) {
    throw new Error(`Expected ${numRuns} runs from seed ${seed} to meet ${missed.join(", ")}.`);
  }
}

function runsOf({ runs, full }: Effort): number {
  const { REIGN_RUNS, REIGN_FULL } = process.env;
  if (REIGN_RUNS) return Number(REIGN_RUNS);
  return REIGN_FULL === "1" ? full : runs;
}

function note(figures: object): void {
  const file = process.env["REIGN_FIGURES"];
  if (file) appendFileSync(file, `${JSON.stringify(figures)}\n`);
}
