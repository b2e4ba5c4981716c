/**
 * What an input may cost. Other programs and the collection of garbage can make any input seem
 * dear, so what seems so is measured again by itself, several times, in time of the processor, and
 * the least of it counts.
 */
import { setFlagsFromString } from "node:v8";
import { garbageCollector } from "../measure/garbage-collector.ts";
import { Finding, type Target, type Trial } from "./target.ts";

export const dearMs = 50;
const measurements = 3;

/** Throws if the input takes too long by itself as well. `dearMs` are of the processor. */
export async function timeAlone(target: Target, input: Uint8Array): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < measurements; i++) {
    const trial = target.open();
    const before = process.cpuUsage();
    await trial.run(input);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
    if (least <= dearMs) return;
  }
  throw new Finding(
    `${input.length} bytes took ${least.toFixed(0)} ms, where ${dearMs} are allowed`,
  );
}

function usedBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How much more memory is in use, without what the collector would take away if it came. */
function weighOnce(trial: Trial, input: Uint8Array): number {
  const before = usedBytes();
  const held = trial.weigh?.(input);
  const bytes = usedBytes() - before;
  // Used after the second look, so that it lives until then.
  return held === trial ? 0 : bytes;
}

/** Throws if the input takes more memory than it may, by itself as well. */
export function weigh(target: Target, trial: Trial, input: Uint8Array): void {
  const allowed = trial.mayWeigh?.(input);
  if (allowed === undefined || weighOnce(trial, input) <= allowed) return;
  const collect = garbageCollector();
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < measurements; i++) {
    const fresh = target.open();
    // Once for what is made the first time.
    fresh.weigh?.(input);
    // Buffers are given back in the background, and the second time waits for that.
    collect();
    collect();
    least = Math.min(least, weighOnce(fresh, input));
  }
  setFlagsFromString("--no-expose-gc");
  if (least <= allowed) return;
  throw new Finding(`${input.length} bytes took ${least} of memory, where ${allowed} are allowed`);
}
