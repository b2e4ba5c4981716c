/** Makes a failing input as small and as plain as it can be and still fail. */
import { joined } from "./bytes.ts";

const mostTries = 1_500;
/** An input that is slow, or is weighed again and again, is not made as small as others. */
const mostMs = 5_000;

/** `fails` says whether an input still does what it should not. */
export async function shrink(
  input: Uint8Array,
  fails: (input: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  const search = new Search(input, fails);
  for (let before = -1; before !== search.accepted && !search.tired; ) {
    before = search.accepted;
    await search.removeChunks();
    await search.simplifyBytes();
  }
  return search.best;
}

class Search {
  best: Uint8Array;
  /** How often something smaller was found. */
  accepted = 0;
  readonly #fails: (input: Uint8Array) => Promise<boolean>;
  #tries = 0;
  readonly #began = performance.now();

  constructor(input: Uint8Array, fails: (input: Uint8Array) => Promise<boolean>) {
    this.best = input;
    this.#fails = fails;
  }

  get tired(): boolean {
    return this.#tries >= mostTries || performance.now() - this.#began > mostMs;
  }

  async removeChunks(): Promise<void> {
    for (let size = this.best.length; size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < this.best.length && !this.tired; ) {
        const shorter = joined(this.best.subarray(0, at), this.best.subarray(at + size));
        if (!(await this.#accept(shorter))) at += size;
      }
    }
  }

  async simplifyBytes(): Promise<void> {
    for (let at = 0; at < this.best.length; at++) {
      const byte = this.best[at] ?? 0;
      for (const plainer of [0, 1, byte >> 1, byte - 1]) {
        if (plainer >= byte || plainer < 0) continue;
        const plain = this.best.slice();
        plain[at] = plainer;
        if (await this.#accept(plain)) break;
      }
    }
  }

  async #accept(input: Uint8Array): Promise<boolean> {
    if (this.tired) return false;
    this.#tries += 1;
    if (!(await this.#fails(input))) return false;
    this.best = input;
    this.accepted += 1;
    return true;
  }
}
