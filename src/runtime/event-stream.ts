/**
 * Events for whoever wants to read them with `for await`, from a source that does not wait.
 *
 * Ends when the source ends or the reader leaves. A reader that is slow has its events kept; when
 * there are too many, they are condensed to those that still say something.
 */
const mostKept = 1_000;

export class EventStream<T> implements AsyncIterableIterator<T, undefined> {
  #events: T[] = [];
  #readers: ((result: IteratorResult<T, undefined>) => void)[] = [];
  #ended = false;
  readonly #condense: (events: readonly T[]) => T[];
  readonly #onLeave: (stream: EventStream<T>) => void;

  constructor(
    first: Iterable<T>,
    condense: (events: readonly T[]) => T[],
    onLeave: (stream: EventStream<T>) => void,
  ) {
    this.#events.push(...first);
    this.#condense = condense;
    this.#onLeave = onLeave;
  }

  push(event: T): void {
    if (this.#ended) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader({ done: false, value: event });
      return;
    }
    this.#events.push(event);
    if (this.#events.length > mostKept) this.#events = this.#condense(this.#events);
  }

  /** No more events. Those that wait are still read. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const event = this.#events.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#events = [];
    this.end();
    this.#onLeave(this);
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
