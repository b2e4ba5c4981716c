/**
 * The least that a mailbox could be: a ring, and a promise for whoever waits. One receiver, no
 * matchers, no closing, no counters. It is the limit that Node.js sets for `await queue.receive()`.
 */
const firstRoom = 1024;

export class RawQueue<M> {
  #ring: (M | undefined)[] = new Array(firstRoom).fill(undefined);
  #first = 0;
  #count = 0;
  #waiting: ((message: M) => void) | undefined;

  send(message: M): void {
    const resolve = this.#waiting;
    if (resolve !== undefined) {
      this.#waiting = undefined;
      resolve(message);
      return;
    }
    if (this.#count === this.#ring.length) this.#grow();
    this.#ring[(this.#first + this.#count) & (this.#ring.length - 1)] = message;
    this.#count += 1;
  }

  receive(): Promise<M> {
    if (this.#count === 0) {
      return new Promise((resolve) => {
        this.#waiting = resolve;
      });
    }
    const message = this.#ring[this.#first] as M;
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#ring.length - 1);
    this.#count -= 1;
    return Promise.resolve(message);
  }

  #grow(): void {
    const inOrder = [...this.#ring.slice(this.#first), ...this.#ring.slice(0, this.#first)];
    this.#ring = [...inOrder, ...new Array<undefined>(inOrder.length).fill(undefined)];
    this.#first = 0;
  }
}
