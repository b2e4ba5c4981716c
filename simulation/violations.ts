/** Promises found broken in one life of a cluster. The first ends it. */

export class Violations {
  #first: Error | undefined;

  /** `rule` is the promise of docs/guarantees.md, as `G1`. */
  broken(rule: string, what: string): void {
    this.#first ??= new Error(`${rule}: ${what}`);
  }

  /** An invariant of the simulation: throws as soon as anything was broken. */
  check(): void {
    if (this.#first !== undefined) throw this.#first;
  }
}
