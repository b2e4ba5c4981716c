/** The same simulation for many seeds, one after the other, until one fails. */
import { checkOptionKeys } from "../../core/option-keys.ts";
import { expectFunction, textOf } from "./checks.ts";
import { type SimulationBody, simulate } from "./simulate.ts";
import { mostSeed, optionKeys, type SimulateOptions, wholeNumber } from "./simulation-options.ts";

/** As the options of `simulate`, for many seeds. */
export interface SimulateSeedsOptions extends Omit<SimulateOptions, "seed"> {
  /** These, or `count` of them from `first` on, which is drawn unless said. */
  readonly seeds: readonly number[] | { readonly first?: number; readonly count: number };
  /** Hears after each seed what has come to pass so far, in real time. */
  readonly onProgress?: (soFar: SimulatedSeeds) => void;
  /** Aborting it ends the run after the present seed, with what has come to pass so far. */
  readonly signal?: AbortSignal;
}

/** What many simulations that went well come to. */
export interface SimulatedSeeds {
  /** How many were simulated. */
  readonly seeds: number;
  /** How many there are to be. */
  readonly of: number;
  /** The sum of their virtual times, in ms. */
  readonly virtualMs: number;
  readonly events: number;
  /** How many faults they met. */
  readonly faults: number;
  /** How often each state given to `cluster.sometimes` was reached, over all seeds. */
  readonly sometimes: ReadonlyMap<string, number>;
}

/**
 * Is `simulate` for many seeds. Rejects with the `SimulationFailed` of the first that fails, which
 * has its seed. An aborted signal is no failure. `body` runs anew for each.
 *
 * Rejects with a `TypeError` or a `RangeError` for options that cannot be.
 */
export async function simulateSeeds(
  options: SimulateSeedsOptions,
  body: SimulationBody,
): Promise<SimulatedSeeds> {
  const { seeds, onProgress, signal, ...each } = options;
  checkOptionKeys("simulateSeeds", options, keys);
  if (onProgress !== undefined) expectFunction("onProgress", onProgress);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`Expected signal to be an AbortSignal, got ${textOf(signal)}.`);
  }
  const all = listSeeds(seeds, Math.floor(Math.random() * 2 ** 30));
  const sometimes = new Map<string, number>();
  let sum = { seeds: 0, of: all.length, virtualMs: 0, events: 0, faults: 0, sometimes };
  for (const seed of all) {
    if (signal?.aborted) break;
    const { virtualMs, events, plan, sometimes: reached } = await simulate({ ...each, seed }, body);
    for (const [label, count] of reached) sometimes.set(label, (sometimes.get(label) ?? 0) + count);
    sum = {
      ...sum,
      seeds: sum.seeds + 1,
      virtualMs: sum.virtualMs + virtualMs,
      events: sum.events + events,
      faults: sum.faults + plan.length,
    };
    onProgress?.(sum);
  }
  return sum;
}

const keys = [...optionKeys.filter((key) => key !== "seed"), "seeds", "onProgress", "signal"];

function listSeeds(seeds: SimulateSeedsOptions["seeds"], drawnFirst: number): readonly number[] {
  if (typeof seeds !== "object" || seeds === null) {
    throw new TypeError(`Expected seeds as a list or { first, count }, got ${String(seeds)}.`);
  }
  if (isList(seeds) && seeds.length === 0) {
    throw new RangeError("Expected seeds to have one seed at least, got none.");
  }
  if (isList(seeds)) return seeds.map((seed, i) => wholeNumber(`seeds[${i}]`, seed, 0, mostSeed));
  checkOptionKeys("seeds", seeds, ["first", "count"]);
  const first = wholeNumber("seeds.first", seeds.first ?? drawnFirst, 0, mostSeed);
  const count = wholeNumber("seeds.count", seeds.count, 1, mostSeed - first + 1);
  return Array.from({ length: count }, (_, i) => first + i);
}

/** `Array.isArray` tells nothing of a list that is read alone. */
function isList(seeds: SimulateSeedsOptions["seeds"]): seeds is readonly number[] {
  return Array.isArray(seeds);
}
