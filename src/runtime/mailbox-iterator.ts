/**
 * `for await (const message of mailbox)`.
 *
 * Takes one message for each `next`, never one ahead, so that leaving the loop loses none. It
 * stands in the mailbox's line itself while it waits; calls of `next` beyond the first are answered
 * in turn. Nothing here rejects, so nothing is left unhandled when a mailbox closes.
 */
import type { MessageQueue } from "../core/message-queue.ts";
import { Receiver } from "../core/message-queue.ts";

type Next<M> = IteratorResult<M, undefined>;

export class MailboxIterator<M> extends Receiver<M> implements AsyncIterableIterator<M, undefined> {
  readonly #queue: MessageQueue<M>;
  // Replaced rather than grown: an array that grows takes room for many, and one is the rule.
  #asked: readonly ((next: Next<M>) => void)[] = [];
  #ended = false;

  constructor(queue: MessageQueue<M>) {
    super(undefined);
    this.#queue = queue;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Next<M>> {
    if (this.#ended || this.#queue.closed) return Promise.resolve(end());
    if (this.#asked.length === 0) {
      const message = this.#queue.take();
      if (message !== undefined) return Promise.resolve({ done: false, value: message });
    }
    return new Promise((resolve) => {
      if (this.#asked.length === 0) this.#queue.wait(this);
      this.#asked = this.#asked.concat([resolve]);
    });
  }

  return(): Promise<Next<M>> {
    this.#end();
    return Promise.resolve(end());
  }

  override accept(message: M): void {
    const [answer, ...others] = this.#asked;
    this.#asked = others;
    // There is no backlog to look through first: it was empty, or this would not have waited.
    if (others.length > 0) this.#queue.wait(this);
    answer?.({ done: false, value: message });
  }

  override fail(): void {
    this.#end();
  }

  override closed(): void {
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.#queue.cancel(this);
    const asked = this.#asked;
    this.#asked = [];
    for (const answer of asked) answer(end());
  }
}

function end(): { readonly done: true; readonly value: undefined } {
  return { done: true, value: undefined };
}
