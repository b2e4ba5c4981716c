/**
 * The inputs of one target, in the order in which they are run.
 *
 * First come those that are kept: what failed once, then the seeds, then each seed cut short at
 * each byte. After them come blocks of inputs that chance makes. A block depends on nothing but the
 * seed of the run, the target and its own number, so that any input can be had again from the
 * beginning of its block. In a block, inputs that something new came of are kept, and more are made
 * of them: the number that a trial returns is all that guides.
 */
import { Draw, mixed } from "./draw.ts";
import { Spoiler } from "./mutate.ts";
import type { Target } from "./target.ts";

const blockInputs = 65_536;
const mostKept = 4_096;
const mostMutations = 6;

export interface Corpus {
  /** What failed once. */
  readonly failures: readonly Uint8Array[];
  readonly seeds: readonly Uint8Array[];
}

export class InputSource {
  readonly #target: Target;
  readonly #corpus: Corpus;
  readonly #fixed: readonly Uint8Array[];
  readonly #seed: number;
  /** How many have been given. */
  #count = 0;
  #draw: Draw;
  #pool: Uint8Array[] = [];
  readonly #known = new Set<number>();
  readonly #spoiler: Spoiler;

  constructor(target: Target, corpus: Corpus, seed: number) {
    this.#target = target;
    this.#corpus = corpus;
    this.#seed = seed;
    this.#fixed = [...corpus.failures, ...corpus.seeds, ...corpus.seeds.flatMap(cutShort)];
    this.#draw = new Draw(seed);
    this.#spoiler = new Spoiler(target.maxBytes);
  }

  /** The number of the next input, from 0. */
  get at(): number {
    return this.#count;
  }

  /** How many come before the first that chance makes. */
  get fixedCount(): number {
    return this.#fixed.length;
  }

  /** Whether the next input begins a row that depends on none before it. */
  get begins(): boolean {
    return this.#count === 0 || this.#isBlock(this.#count);
  }

  next(): Uint8Array {
    const at = this.#count++;
    const fixed = this.#fixed[at];
    if (fixed !== undefined) return fixed;
    if (this.#isBlock(at)) this.#beginBlock((at - this.#fixed.length) / blockInputs);
    return this.#make();
  }

  /** Something came of the input given last. Whether that is new, in this block. */
  onOutcome(input: Uint8Array, outcome: number): boolean {
    if (this.#known.has(outcome)) return false;
    this.#known.add(outcome);
    if (this.#pool.length < mostKept) this.#pool.push(input);
    return true;
  }

  /** Goes on at the last beginning of a row from which `at` can be reached. */
  rewindTo(at: number): void {
    const past = at - this.#fixed.length;
    this.#count = past < 0 ? 0 : at - (past % blockInputs);
  }

  #isBlock(at: number): boolean {
    const past = at - this.#fixed.length;
    return past >= 0 && past % blockInputs === 0;
  }

  #beginBlock(block: number): void {
    this.#draw = new Draw(mixed(this.#seed, this.#target.name, block));
    this.#pool = [...this.#corpus.failures, ...this.#corpus.seeds];
    this.#known.clear();
  }

  #make(): Uint8Array {
    const draw = this.#draw;
    const { maxBytes, tokens } = this.#target;
    const pool = this.#pool;
    const kind = draw.below(16);
    if (kind === 0) return draw.bytes(draw.size(maxBytes));
    const made = kind < 8 || pool.length === 0;
    const input = made ? this.#target.make(draw) : draw.of(pool);
    const times = made && draw.oneIn(2) ? 0 : 1 + draw.size(mostMutations);
    return this.#spoiler.spoil(input, times, draw, { pool, tokens });
  }
}

function cutShort(seed: Uint8Array): Uint8Array[] {
  return Array.from({ length: seed.length }, (_, end) => seed.slice(0, end));
}
