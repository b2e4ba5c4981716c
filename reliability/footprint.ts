/** What a process holds: memory after garbage collection, and what would keep it alive. */
import { readdirSync } from "node:fs";

export interface Footprint {
  readonly rssMiB: number;
  readonly heapMiB: number;
  /** Sockets, servers, timers and the like, those of this program itself aside. */
  readonly handles: number;
  readonly timers: number;
  /** Open files and sockets of the process, where the system tells. */
  readonly descriptors: number;
}

const mebibyte = 2 ** 20;

/** Needs `--expose-gc` to mean something. */
export async function footprint(): Promise<Footprint> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { rss, heapUsed } = process.memoryUsage();
  const kinds = process.getActiveResourcesInfo();
  const timers = kinds.filter((kind) => kind === "Timeout").length;
  return {
    rssMiB: rss / mebibyte,
    heapMiB: heapUsed / mebibyte,
    handles: kinds.length - timers,
    timers,
    descriptors: countDescriptors(),
  };
}

export function rssMiB(): number {
  return process.memoryUsage.rss() / mebibyte;
}

/** The most that it ever was. */
export function peakRssMiB(): number {
  return process.resourceUsage().maxRSS / 1_024;
}

function countDescriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}
