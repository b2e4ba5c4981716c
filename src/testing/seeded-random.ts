/**
 * Chance that can be had again: the same seed gives the same sequence, on every machine.
 *
 * SplitMix32: a counter stepped by an odd constant and mixed by two multiplications. Its whole
 * state is 32 bits, so neighbouring seeds give unrelated sequences, and that is all tests ask of
 * it. It is no source of secrets.
 */
import type { Random } from "../ports/random.ts";

/** `seed` is any integer up to 2^53; negative ones too. */
export function createSeededRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`Expected an integer seed, got ${seed}.`);
  // Both halves count, so that seeds that differ above 32 bits differ here.
  let state = mix((seed / 0x1_0000_0000) | 0) ^ seed;

  function next(): number {
    state = (state + 0x9e3779b9) | 0;
    return mix(state) >>> 0;
  }

  return {
    fraction: () => next() / 0x1_0000_0000,
    epoch: () => hexadecimal(next()) + hexadecimal(next()),
  };
}

function mix(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  const twice = Math.imul(once ^ (once >>> 15), 0x735a2d97);
  return twice ^ (twice >>> 15);
}

function hexadecimal(word: number): string {
  return word.toString(16).padStart(8, "0");
}
