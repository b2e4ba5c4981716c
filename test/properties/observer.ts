/**
 * What is called by the code under test, and expects something of it. A matcher or a callback that
 * throws is contained there, as it should be; so what it has thrown is kept, and thrown again where
 * the test would see it.
 */
export class Observer {
  readonly #failures: unknown[] = [];

  watch(look: () => void): void {
    try {
      look();
    } catch (error) {
      this.#failures.push(error);
    }
  }

  /** Throws the first failure that nobody has seen. */
  check(): void {
    if (this.#failures.length > 0) throw this.#failures[0];
  }
}
