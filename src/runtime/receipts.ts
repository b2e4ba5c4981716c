/**
 * Tells a peer now and then how many of its messages have come, so that few are in doubt when the
 * link is lost: a while after the first that it was not told of, and at once when there are many.
 */
import type { LinkAccount } from "../core/link-account.ts";
import type { Clock } from "../ports/clock.ts";

const delayMs = 100;
const manyMessages = 4_096;

export class Receipts {
  readonly #clock: Clock;
  readonly #account: LinkAccount;
  readonly #send: (received: number) => void;
  #untold = 0;
  #timer: Disposable | undefined;

  constructor(clock: Clock, account: LinkAccount, send: (received: number) => void) {
    this.#clock = clock;
    this.#account = account;
    this.#send = send;
  }

  /** One more message has come. */
  onMessage(): void {
    this.#account.onReceived();
    this.#untold += 1;
    if (this.#untold >= manyMessages) this.tell();
    else this.#timer ??= this.#clock.after(delayMs, () => this.tell());
  }

  /** Tells what has not been told. */
  tell(): void {
    this.end();
    if (this.#untold > 0) this.#send(this.#account.received);
    this.#untold = 0;
  }

  end(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
