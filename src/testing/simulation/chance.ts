/** Draws of the kinds that faults and workloads are made of, from one source of chance. */
import type { Random } from "../../ports/random.ts";

/**
 * Draws of the kinds that faults and workloads are made of. The same source of chance gives the
 * same draws.
 */
export class Chance {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A number from 0 up to, not including, 1. */
  fraction(): number {
    return this.#random.fraction();
  }

  /** A whole number from 0 up to, not including, `count`. */
  below(count: number): number {
    return Math.floor(this.#random.fraction() * count);
  }

  /** One of the list. Throws a `RangeError` when it is empty. */
  one<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) throw new RangeError("Expected something to draw from, got nothing.");
    return found;
  }

  /** Whole milliseconds, as often in each power of ten between the bounds. */
  duration(least: number, most: number): number {
    return Math.round(least * (most / least) ** this.#random.fraction());
  }

  /** Whole milliseconds with this mean, exponentially distributed. */
  gap(meanMs: number): number {
    return Math.round(-Math.log(1 - this.#random.fraction()) * meanMs);
  }

  /** All of the list, in random order; the list stays as it is. */
  shuffle<T>(list: readonly T[]): T[] {
    const rest = [...list];
    return list.flatMap(() => rest.splice(this.below(rest.length), 1));
  }

  /** One or more of the list, in random order. */
  some<T>(list: readonly T[]): T[] {
    return this.shuffle(list).slice(0, 1 + this.below(list.length));
  }

  /** Two different ones of the list. */
  pair<T>(list: readonly T[]): [T, T] {
    const first = this.one(list);
    return [first, this.one(list.filter((other) => other !== first))];
  }

  /** Two parts of the list, neither of them empty. */
  split<T>(list: readonly T[]): [T[], T[]] {
    const shuffled = this.shuffle(list);
    const size = 1 + this.below(list.length - 1);
    return [shuffled.slice(0, size), shuffled.slice(size)];
  }
}
