/** A `receive` that waits: the receiver that stands in the mailbox's line, and its promise. */
import type { Address } from "../core/address.ts";
import { ReignError } from "../core/errors.ts";
import type { CompiledMatcher } from "../core/matcher.ts";
import type { MessageQueue } from "../core/message-queue.ts";
import { Receiver } from "../core/message-queue.ts";
import type { Clock } from "../ports/clock.ts";
import type { LimitedWait, ReceiveOptions } from "./receive-options.ts";
import { WaitLimits } from "./receive-options.ts";

/** What is known of a mailbox whose kind of message does not matter. */
export interface Addressed {
  readonly address: Address<never>;
}

export function mailboxClosedError(mailbox: Addressed): ReignError<"REIGN_MAILBOX_CLOSED"> {
  const { id } = mailbox.address;
  return new ReignError("REIGN_MAILBOX_CLOSED", `Mailbox <${id}> is closed.`, { id });
}

export class PendingReceive<M> extends Receiver<M> {
  readonly #mailbox: Addressed;
  readonly #resolve: (message: M | undefined) => void;
  readonly #reject: (reason: unknown) => void;

  constructor(
    mailbox: Addressed,
    matcher: CompiledMatcher<M> | undefined,
    resolve: (message: M | undefined) => void,
    reject: (reason: unknown) => void,
  ) {
    super(matcher);
    this.#mailbox = mailbox;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  override accept(message: M | undefined): void {
    const resolve = this.#resolve;
    resolve(message);
  }

  override fail(error: unknown): void {
    const reject = this.#reject;
    reject(error);
  }

  override closed(): void {
    this.fail(mailboxClosedError(this.#mailbox));
  }
}

/**
 * One for any message and without options, which can wait again when it is over. It holds nothing
 * but the one function of its promise that it is to call, most of the time: a rejection is passed
 * on through that.
 */
export class PlainReceive<M> extends Receiver<M> {
  readonly #mailbox: Addressed;
  #resolve: ((message: M | Promise<never>) => void) | undefined = undefined;

  constructor(mailbox: Addressed) {
    super(undefined);
    this.#mailbox = mailbox;
  }

  begin(queue: MessageQueue<M>, resolve: (message: M | Promise<never>) => void): void {
    this.#resolve = resolve;
    queue.wait(this);
  }

  override accept(message: M): void {
    this.#settle(message);
  }

  override fail(error: unknown): void {
    this.#settle(Promise.reject(error));
  }

  override closed(): void {
    this.fail(mailboxClosedError(this.#mailbox));
  }

  /** The promise and its message are not this one's to keep. */
  #settle(outcome: M | Promise<never>): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.(outcome);
  }
}

/** One that a signal or a timeout may end. */
export class LimitedReceive<M> extends PendingReceive<M> implements LimitedWait {
  #queue: MessageQueue<M> | undefined = undefined;
  #limits: WaitLimits | undefined = undefined;

  begin(queue: MessageQueue<M>, clock: Clock, options: ReceiveOptions): void {
    this.#queue = queue;
    // First, so that nobody stands in the line if the clock or the signal refuses.
    this.#limits = new WaitLimits(clock, options, this);
    queue.wait(this);
  }

  override accept(message: M | undefined): void {
    this.#limits?.release();
    super.accept(message);
  }

  override fail(error: unknown): void {
    this.#limits?.release();
    super.fail(error);
  }

  timedOut(): void {
    this.#queue?.cancel(this);
    this.accept(undefined);
  }

  aborted(reason: unknown): void {
    this.#queue?.cancel(this);
    this.fail(reason);
  }
}
