/** Counts what comes in a round, for a receiver that is called for each message. */
export class Tally {
  readonly #complete: () => void;
  #expected = 0;
  #taken = 0;
  #settle: { resolve(): void; reject(error: unknown): void } | undefined;

  /** `complete` is called when all of a round are there. */
  constructor(complete: () => void) {
    this.#complete = complete;
  }

  /** Settles when so many have been taken. */
  begin(count: number): Promise<undefined> {
    this.#expected = count;
    this.#taken = 0;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve: () => resolve(undefined), reject };
    });
  }

  get taken(): number {
    return this.#taken;
  }

  take(count = 1): void {
    this.#taken += count;
    if (this.#taken !== this.#expected) return;
    this.#complete();
    this.#settle?.resolve();
  }

  fail(error: unknown): void {
    this.#settle?.reject(error);
  }
}
