/** Numbers of several causes that lie over each other: the largest of those left counts. */
export class Overlay {
  readonly #layers = new Set<{ readonly value: number }>();
  #largest = 0;

  /** 0 without any. */
  get largest(): number {
    return this.#largest;
  }

  /** Returns what takes it away again; once is enough, and more does no harm. */
  add(value: number): () => void {
    const layer = { value };
    this.#layers.add(layer);
    this.#measure();
    return () => {
      if (this.#layers.delete(layer)) this.#measure();
    };
  }

  clear(): void {
    this.#layers.clear();
    this.#measure();
  }

  #measure(): void {
    this.#largest = [...this.#layers].reduce((most, { value }) => Math.max(most, value), 0);
  }
}
