/** The account of messages over several nodes. */
import type { ServiceStats } from "reign";

/** What a node knows of the fate of messages. */
export type Account = Pick<ServiceStats, "sent" | "delivered" | "lost">;

/**
 * How many messages of these nodes nobody knows the fate of: sent, and neither delivered nor lost
 * under a cause. Not 0 is a mistake, once nothing is under way and all have met again.
 */
export function unaccounted(all: readonly Account[]): number {
  const sum = (of: (stats: Account) => number): number =>
    all.reduce((total, stats) => total + of(stats), 0);
  return sum(({ sent }) => sent) - sum(({ delivered }) => delivered) - sum(lostOf);
}

export function lostOf({ lost }: Account): number {
  return Object.values(lost).reduce((total, count) => total + count, 0);
}

/**
 * Asks for the counters until they add up or it has taken too long, and gives what is left
 * unaccounted for.
 */
export async function settledGap(
  countersOf: () => Promise<readonly Account[]>,
  limitMs: number,
): Promise<number> {
  const until = performance.now() + limitMs;
  for (;;) {
    const gap = unaccounted(await countersOf());
    if (gap === 0 || performance.now() > until) return gap;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
