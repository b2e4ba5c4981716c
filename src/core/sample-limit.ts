/** Lets at most so many through in any stretch of time so long, whatever its beginning. */
export class SampleLimit {
  readonly #windowMs: number;
  /** When the last ones went through: a ring, in which `#oldest` is the next to be replaced. */
  readonly #times: number[];
  #oldest = 0;

  constructor(most: number, windowMs: number) {
    this.#windowMs = windowMs;
    this.#times = new Array<number>(most).fill(Number.NEGATIVE_INFINITY);
  }

  /** When the next one may go through. In the past, if it may now. */
  get nextAt(): number {
    return (this.#times[this.#oldest] ?? 0) + this.#windowMs;
  }

  /** Whether one may go through now; then it has. */
  allows(now: number): boolean {
    if (now < this.nextAt) return false;
    this.#times[this.#oldest] = now;
    this.#oldest = (this.#oldest + 1) % this.#times.length;
    return true;
  }
}
