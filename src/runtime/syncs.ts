/** The questions to a peer whether it has applied all that was said before, and who waits. */
export class Syncs {
  readonly #waiting = new Map<number, () => void>();
  #next = 1;

  /** Asks by `send`. `done` is called once: with the answer, or the end of the link. */
  ask(send: (token: number) => void, done: () => void): () => void {
    const token = this.#next++;
    this.#waiting.set(token, done);
    send(token);
    return () => void this.#waiting.delete(token);
  }

  answered(token: number): void {
    const done = this.#waiting.get(token);
    this.#waiting.delete(token);
    done?.();
  }

  /** No answer comes any more. */
  end(): void {
    for (const done of [...this.#waiting.values()]) done();
    this.#waiting.clear();
  }
}
