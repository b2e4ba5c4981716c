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
type Answer<M> = (next: Next<M>) => void;

export class MailboxIterator<M> extends Receiver<M> implements AsyncIterableIterator<M, undefined> {
  /** Nothing when it has ended. */
  #queue: MessageQueue<M> | undefined;
  /** Who is answered next, and those behind. One at a time is the rule, and takes no array. */
  #asked: Answer<M> | undefined = undefined;
  #others: Answer<M>[] | undefined = undefined;

  constructor(queue: MessageQueue<M>) {
    super(undefined);
    this.#queue = queue;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Next<M>> {
    const queue = this.#queue;
    if (queue === undefined || queue.closed) return Promise.resolve(end());
    if (this.#asked === undefined) {
      const message = queue.take();
      if (message !== undefined) return Promise.resolve({ done: false, value: message });
    }
    return new Promise((resolve) => {
      if (this.#asked !== undefined) {
        this.#others ??= [];
        this.#others.push(resolve);
        return;
      }
      queue.wait(this);
      this.#asked = resolve;
    });
  }

  return(): Promise<Next<M>> {
    this.#end();
    return Promise.resolve(end());
  }

  override accept(message: M): void {
    const answer = this.#asked;
    this.#asked = this.#others?.shift();
    // There is no backlog to look through first: it was empty, or this would not have waited.
    if (this.#asked !== undefined) this.#queue?.wait(this);
    answer?.({ done: false, value: message });
  }

  override fail(): void {
    this.#end();
  }

  override closed(): void {
    this.#end();
  }

  #end(): void {
    this.#queue?.cancel(this);
    this.#queue = undefined;
    const asked = [this.#asked, ...(this.#others ?? [])];
    this.#asked = undefined;
    this.#others = undefined;
    for (const answer of asked) answer?.(end());
  }
}

function end(): { readonly done: true; readonly value: undefined } {
  return { done: true, value: undefined };
}
