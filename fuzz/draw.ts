/** What an input is made by: chance that comes again from the same seed. */
import { createSeededRandom } from "../src/testing/seeded-random.ts";
import { Chance } from "../src/testing/simulation/chance.ts";

export class Draw extends Chance {
  constructor(seed: number) {
    super(createSeededRandom(seed));
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  of<T>(list: ArrayLike<T>): T {
    return list[this.below(list.length)] as T;
  }

  /** Mostly small, at times up to `limit`, each size about as often as its double. */
  size(limit: number): number {
    return Math.min(limit, Math.floor(2 ** (this.fraction() * Math.log2(limit + 1)) - 1));
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = this.below(256);
    return bytes;
  }
}

/** A number out of others, with all their bits in it. */
export function mixed(...parts: readonly (number | string)[]): number {
  let sum = 0x811c9dc5;
  for (const part of parts) {
    for (const unit of `${part}/`) sum = Math.imul(sum ^ unit.charCodeAt(0), 0x01000193);
  }
  return sum >>> 0;
}
