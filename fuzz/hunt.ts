/** Runs the inputs of one target, and makes the least of each that fails. */
import { dearMs, timeAlone, weigh } from "./cost.ts";
import { type Corpus, InputSource } from "./input-source.ts";
import { watchPrototypes } from "./prototypes.ts";
import { shrink } from "./shrink.ts";
import { Finding, type Target, type Trial } from "./target.ts";

export interface Failure {
  readonly target: string;
  readonly seed: number;
  /** The number of the input in the run. */
  readonly at: number;
  readonly problem: string;
  readonly stack: string;
  /** The least that fails alike; what was run, if it does not fail by itself. */
  readonly input: Uint8Array;
  /** Whether it fails without the inputs before it. */
  readonly alone: boolean;
}

/** So many failures of different kinds are made small; of the others it is enough to know. */
const mostFailures = 20;
/** So many inputs of a block are weighed: it takes as long as running them. */
const mostWeighed = 256;

export class Hunt {
  readonly target: Target;
  readonly failures: Failure[] = [];
  inputs = 0;
  /** How many inputs failed, those that fail like others too. */
  failed = 0;
  /** Time spent, in milliseconds. */
  spentMs = 0;
  /** What an input took, in microseconds: the mean of each call of `run`. */
  readonly tookMicros: number[] = [];
  readonly #seed: number;
  readonly #source: InputSource;
  #trial: Trial;
  #weighed = 0;
  readonly #kinds = new Set<string>();
  readonly #prototypesChanged = watchPrototypes();

  constructor(target: Target, corpus: Corpus, seed: number) {
    this.target = target;
    this.#seed = seed;
    this.#source = new InputSource(target, corpus, seed);
    this.#trial = target.open();
  }

  /** Runs the next inputs, so many or for so long. */
  async run(limit: { readonly inputs: number; readonly ms: number }): Promise<void> {
    const { stackTraceLimit } = Error;
    const before = this.inputs;
    const began = performance.now();
    const deadline = began + limit.ms;
    // Most inputs end in an error, and walking the stack is most of what that takes.
    Error.stackTraceLimit = 0;
    try {
      await this.#runUntil(before + limit.inputs, deadline);
      if (this.#prototypesChanged()) {
        await this.#onFailure(new Uint8Array(0), new Finding("a prototype has changed"));
      }
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
      const tookMs = performance.now() - began;
      this.spentMs += tookMs;
      this.tookMicros.push((tookMs * 1_000) / Math.max(1, this.inputs - before));
    }
  }

  /** Runs again what leads to an input, and that input. Other targets are not needed for it. */
  async replay(at: number): Promise<void> {
    this.#source.rewindTo(at);
    const inputs = at - this.#source.at + 1;
    await this.run({ inputs, ms: Number.POSITIVE_INFINITY });
  }

  /** Runs one input by itself. */
  async runInput(input: Uint8Array): Promise<void> {
    this.inputs += 1;
    try {
      await this.#tryAlone(input);
    } catch (thrown) {
      await this.#onFailure(input, thrown);
    }
    if (this.#prototypesChanged()) {
      await this.#onFailure(input, new Finding("a prototype has changed"));
    }
  }

  async #runUntil(inputs: number, deadline: number): Promise<void> {
    let before = performance.now();
    while (this.inputs < inputs && before < deadline) {
      if (this.#source.begins) this.#begin();
      const input = this.#source.next();
      this.inputs += 1;
      try {
        const outcome = this.#trial.run(input);
        this.#onOutcome(input, typeof outcome === "number" ? outcome : await outcome);
        const now = performance.now();
        if (now - before > dearMs) await timeAlone(this.target, input);
        before = now;
      } catch (thrown) {
        await this.#onFailure(input, thrown);
        before = performance.now();
      }
    }
  }

  #begin(): void {
    this.#trial = this.target.open();
    this.#weighed = 0;
  }

  #onOutcome(input: Uint8Array, outcome: number): void {
    if (!this.#source.onOutcome(input, outcome) || this.#weighed >= mostWeighed) return;
    this.#weighed += 1;
    weigh(this.target, this.#trial, input);
  }

  async #onFailure(input: Uint8Array, thrown: unknown): Promise<void> {
    this.failed += 1;
    const at = this.#source.at - 1;
    this.#trial = this.target.open();
    const kind = kindOf(thrown);
    if (this.#kinds.has(kind) || this.failures.length >= mostFailures) return;
    this.#kinds.add(kind);
    const failsAlike = async (candidate: Uint8Array): Promise<boolean> =>
      kindOf(await this.#thrownBy(candidate)) === kind;
    const alone = await failsAlike(input);
    const least = alone ? await shrink(input, failsAlike) : input;
    Error.stackTraceLimit = 20;
    const error = (alone ? await this.#thrownBy(least) : undefined) ?? thrown;
    Error.stackTraceLimit = 0;
    this.failures.push({
      target: this.target.name,
      seed: this.#seed,
      at,
      problem: textOf(error),
      stack: error instanceof Error ? (error.stack ?? "") : "",
      input: least,
      alone,
    });
  }

  async #tryAlone(input: Uint8Array): Promise<void> {
    const trial = this.target.open();
    const began = performance.now();
    await trial.run(input);
    if (performance.now() - began > dearMs) await timeAlone(this.target, input);
    weigh(this.target, this.target.open(), input);
  }

  async #thrownBy(input: Uint8Array): Promise<unknown> {
    try {
      await this.#tryAlone(input);
      return undefined;
    } catch (thrown) {
      return thrown;
    }
  }
}

/** What was thrown, without the numbers and texts that come from the input. */
function kindOf(thrown: unknown): string {
  if (thrown === undefined) return "nothing";
  return textOf(thrown)
    .replaceAll(/"(?:[^"\\]|\\.)*"|value[^\s:]+|[0-9a-f]{16}|[0-9]+/g, "*")
    .slice(0, 80);
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : JSON.stringify(thrown);
}
