/**
 * Promises found broken in one life of a cluster. The first ends it, under its own name: what is
 * tried to make the faults of a failure fewer has to break the same.
 */

export class Violations {
  readonly #onFirst: (rule: string, check: () => void) => void;
  #first: Error | undefined;

  /** Hears of the first, with an invariant of the simulation that does not hold any more. */
  constructor(onFirst: (rule: string, check: () => void) => void = () => {}) {
    this.#onFirst = onFirst;
  }

  /** `rule` is the promise of docs/guarantees.md, as `G1`. */
  broken(rule: string, what: string): void {
    if (this.#first !== undefined) return;
    this.#first = new Error(`${rule}: ${what}`);
    this.#onFirst(rule, () => this.check());
  }

  /** Throws as soon as anything was broken. */
  check(): void {
    if (this.#first !== undefined) throw this.#first;
  }
}
