/**
 * Between a source that does not wait and whoever reads with `for await`: values that wait for a
 * reader, or readers that wait for a value, never both.
 */
type Next<T> = IteratorResult<T, undefined>;

interface Reader<T> {
  resolve(next: Next<T>): void;
  reject(error: unknown): void;
}

export class ReadQueue<T extends object> {
  #values: T[] = [];
  #readers: Reader<T>[] = [];
  #ended = false;
  /** What it has failed with, until a reader has been told. */
  #failure: { readonly error: unknown } | undefined = undefined;

  get ended(): boolean {
    return this.#ended;
  }

  /** How many values wait. */
  get length(): number {
    return this.#values.length;
  }

  /** How many readers wait. */
  get readerCount(): number {
    return this.#readers.length;
  }

  push(value: T): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#values.push(value);
    else reader.resolve({ done: false, value });
  }

  /** Puts others in the place of all that wait. */
  condense(to: (values: readonly T[]) => T[]): void {
    this.#values = to(this.#values);
  }

  /** No more values. Those that wait are still read. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#readers.splice(0)) reader.resolve({ done: true, value: undefined });
  }

  /** No more values. One reader is told why: behind the values that wait, if there are any. */
  fail(error: unknown): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#failure = { error };
    else reader.reject(error);
    this.end();
  }

  next(): Promise<Next<T>> {
    const value = this.#values.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) return Promise.reject(failure.error);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** The reader leaves: what waits is for nobody. */
  leave(): Promise<Next<T>> {
    this.#values = [];
    this.#failure = undefined;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }
}
