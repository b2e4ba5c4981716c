/**
 * Events for whoever wants to read them with `for await`, from a source that does not wait.
 *
 * Ends when the source ends or the reader leaves. A reader that is slow has its events kept; when
 * there are too many, they are condensed to those that still say something.
 */
import { ReadQueue } from "./read-queue.ts";

const mostKept = 1_000;

export class EventStream<T extends object> implements AsyncIterableIterator<T, undefined> {
  readonly #events = new ReadQueue<T>();
  readonly #condense: (events: readonly T[]) => T[];
  readonly #onLeave: (stream: EventStream<T>) => void;

  constructor(
    first: Iterable<T>,
    condense: (events: readonly T[]) => T[],
    onLeave: (stream: EventStream<T>) => void,
  ) {
    for (const event of first) this.#events.push(event);
    this.#condense = condense;
    this.#onLeave = onLeave;
  }

  push(event: T): void {
    if (this.#events.ended) return;
    this.#events.push(event);
    if (this.#events.length > mostKept) this.#events.condense(this.#condense);
  }

  /** No more events. Those that wait are still read. */
  end(): void {
    this.#events.end();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#events.next();
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#onLeave(this);
    return this.#events.leave();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
