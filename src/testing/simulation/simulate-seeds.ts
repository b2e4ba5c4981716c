/** The same simulation for many seeds, one after the other, until one fails. */
import { type SimulationBody, simulate } from "./simulate.ts";
import { checkSeeds, type SimulateOptions } from "./simulation-options.ts";

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
 * Is `simulate` for many seeds. Rejects with the `SimulationFailed` of the first that fails. An
 * aborted signal is no failure.
 */
export async function simulateSeeds(
  options: SimulateSeedsOptions,
  body: SimulationBody,
): Promise<SimulatedSeeds> {
  const { seeds, onProgress, signal, ...each } = options;
  const all = checkSeeds(seeds, Math.floor(Math.random() * 2 ** 30));
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
