/**
 * The least that a mailbox could be: a ring, made at the first message that nobody waits for, and a
 * promise for whoever waits, or a handler. One receiver, no matchers, no closing, no counters. It
 * is the limit that Node.js sets.
 */
const firstRoom = 16;

class Ring<M> {
  #slots: (M | undefined)[] = new Array(firstRoom).fill(undefined);
  #first = 0;
  count = 0;

  push(message: M): void {
    if (this.count === this.#slots.length) this.#grow();
    this.#slots[(this.#first + this.count) & (this.#slots.length - 1)] = message;
    this.count += 1;
  }

  take(): M {
    const message = this.#slots[this.#first] as M;
    this.#slots[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#slots.length - 1);
    this.count -= 1;
    return message;
  }

  #grow(): void {
    const inOrder = [...this.#slots.slice(this.#first), ...this.#slots.slice(0, this.#first)];
    this.#slots = [...inOrder, ...new Array<undefined>(inOrder.length).fill(undefined)];
    this.#first = 0;
  }
}

/** For `await ring.receive()`. */
export class PromiseRing<M> {
  #ring: Ring<M> | undefined = undefined;
  #waiting: ((message: M) => void) | undefined = undefined;

  send(message: M): void {
    const resolve = this.#waiting;
    if (resolve !== undefined) {
      this.#waiting = undefined;
      resolve(message);
      return;
    }
    this.#ring ??= new Ring<M>();
    this.#ring.push(message);
  }

  receive(): Promise<M> {
    if (this.#ring !== undefined && this.#ring.count > 0) return Promise.resolve(this.#ring.take());
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}

/** For a handler that is called with all that has come, once in a turn. */
export class HandlerRing<M> {
  readonly #ring = new Ring<M>();
  readonly #handler: (message: M) => void;

  constructor(handler: (message: M) => void) {
    this.#handler = handler;
  }

  send(message: M): void {
    if (this.#ring.count === 0) queueMicrotask(() => this.#drain());
    this.#ring.push(message);
  }

  #drain(): void {
    while (this.#ring.count > 0) this.#handler(this.#ring.take());
  }
}
