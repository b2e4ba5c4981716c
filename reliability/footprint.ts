/** What a process holds: memory after garbage collection, and what would keep it alive. */
import { readdirSync } from "node:fs";
import type { Size } from "./scenario.ts";

export interface Footprint {
  readonly rssMiB: number;
  readonly heapMiB: number;
  /** Outside the heap, as far as V8 knows of it: buffers above all. */
  readonly externalMiB: number;
  /** Sockets, servers, timers and the like, those of this program itself aside. */
  readonly handles: number;
  readonly timers: number;
  /** Open files and sockets of the process, where the system tells. */
  readonly descriptors: number;
}

/** What of it is counted in whole numbers, and is the same again when nothing is left behind. */
export const heldKinds = ["handles", "timers", "descriptors"] as const;

const mebibyte = 2 ** 20;
const betweenLooksMs = 100;

/** What there should be no more of, and how long to wait for it. */
export interface Patience {
  readonly asBefore?: Footprint;
  readonly limitMs: number;
}

/**
 * Looks until there is no more of anything than before, or for as long as it may: what goes by
 * itself, as the timer of a line of the log, is not held. Of each kind the least is taken, and of
 * memory what is left after collection.
 */
export async function footprint({ asBefore, limitMs }: Patience): Promise<Footprint> {
  const memory = await collectedMemory();
  const until = performance.now() + limitMs;
  let held = countHeld();
  while (performance.now() < until) {
    if (asBefore !== undefined && heldKinds.every((kind) => held[kind] <= asBefore[kind])) break;
    await new Promise((resolve) => setTimeout(resolve, betweenLooksMs));
    held = leastOf(held, countHeld());
  }
  return { ...memory, ...held };
}

function leastOf(one: Held, other: Held): Held {
  return {
    handles: Math.min(one.handles, other.handles),
    timers: Math.min(one.timers, other.timers),
    descriptors: Math.min(one.descriptors, other.descriptors),
  };
}

/**
 * How long a process is looked at before, and at most after. The longest that a node keeps a line
 * of its log back is a minute.
 */
export const lookMs = {
  before: { full: 1_000, quick: 500 },
  after: { full: 70_000, quick: 1_000 },
} as const;

export function patienceAfter(before: Footprint | undefined, size: Size): Patience {
  const limitMs = lookMs.after[size];
  return before === undefined ? { limitMs } : { asBefore: before, limitMs };
}

/** Needs `--expose-gc` to mean something. */
export async function collectedMemory(): Promise<Memory> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    rssMiB: rss / mebibyte,
    heapMiB: heapUsed / mebibyte,
    externalMiB: external / mebibyte,
  };
}

type Memory = Pick<Footprint, "rssMiB" | "heapMiB" | "externalMiB">;

type Held = Pick<Footprint, (typeof heldKinds)[number]>;

function countHeld(): Held {
  const kinds = process.getActiveResourcesInfo();
  const timers = kinds.filter((kind) => kind === "Timeout").length;
  return { handles: kinds.length - timers, timers, descriptors: countDescriptors() };
}

export function rssMiB(): number {
  return process.memoryUsage.rss() / mebibyte;
}

/** The most that it ever was. */
export function peakRssMiB(): number {
  return process.resourceUsage().maxRSS / 1_024;
}

export function countDescriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}
