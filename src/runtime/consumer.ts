/**
 * `mailbox.consume(handler)`: hands over message after message without a promise for each.
 *
 * While there is nothing to do it stands in the mailbox's line, and declines what it is offered:
 * the message stays in the mailbox, and a drain is under way in a promise job. So the handler never
 * runs inside `send`, and an abort in between loses nothing. It leaves the line meanwhile, so that
 * further messages go straight to the backlog, and comes back when that is empty.
 */
import { type CompiledMatcher, isThenable } from "../core/matcher.ts";
import { type MessageQueue, Receiver } from "../core/message-queue.ts";
import { checkOptionKeys } from "../core/option-keys.ts";
import type { Clock } from "../ports/clock.ts";
import { checkReceiveOptions, type LimitedWait, WaitLimits } from "./receive-options.ts";
import type { Drain, TurnBudget } from "./turn-budget.ts";

/** What may end it before the mailbox closes. */
export interface ConsumeOptions {
  /** Rejects with its reason. One that is aborted already takes nothing. */
  readonly signal?: AbortSignal | undefined;
}

export type Handler<in M> = (message: M) => void;

/** A `TypeError` for what `consume` cannot be given. */
export function checkConsume(handler: unknown, options: ConsumeOptions | undefined): void {
  if (typeof handler !== "function") {
    throw new TypeError(`Expected a function as the handler, got ${typeof handler}.`);
  }
  if (options === undefined) return;
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Expected options such as { signal }, got ${String(options)}.`);
  }
  checkOptionKeys("consume", options, ["signal"]);
  checkReceiveOptions(options);
}

export class Consumer<M> extends Receiver<M> implements Drain, LimitedWait {
  override readonly matcher: CompiledMatcher<M> = this;
  readonly #queue: MessageQueue<M>;
  readonly #handler: Handler<M>;
  readonly #budget: TurnBudget;
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;
  #limits: WaitLimits | undefined = undefined;
  #over = false;

  constructor(
    queue: MessageQueue<M>,
    handler: Handler<M>,
    budget: TurnBudget,
    settle: { readonly resolve: () => void; readonly reject: (reason: unknown) => void },
  ) {
    super(undefined);
    this.#queue = queue;
    this.#handler = handler;
    this.#budget = budget;
    this.#resolve = settle.resolve;
    this.#reject = settle.reject;
  }

  begin(clock: Clock, options: ConsumeOptions | undefined): void {
    if (options !== undefined) this.#limits = new WaitLimits(clock, options, this);
    if (this.#queue.count === 0) this.#queue.wait(this);
    else this.#wake();
  }

  /** Declines every message, and sees to it that one is taken soon. */
  matches(): boolean {
    this.#queue.cancel(this);
    this.#wake();
    return false;
  }

  drain(): void {
    const budget = this.#budget;
    for (let granted = budget.grant(); granted > 0; granted = budget.grant()) {
      const handled = this.#handle(granted);
      budget.spend(handled);
      if (this.#over) return;
      if (handled < granted) {
        if (this.#queue.closed) this.closed();
        else this.#queue.wait(this);
        return;
      }
    }
    budget.wait(this);
  }

  /** It never wants a message. */
  override accept(): void {}

  override fail(error: unknown): void {
    this.#end();
    const reject = this.#reject;
    reject(error);
  }

  override closed(): void {
    this.#end();
    const resolve = this.#resolve;
    resolve();
  }

  /** It has no timeout. */
  timedOut(): void {}

  aborted(reason: unknown): void {
    this.#queue.cancel(this);
    this.fail(reason);
  }

  #wake(): void {
    queueMicrotask(() => this.drain());
  }

  /** Hands over so many messages; fewer, if no more wait or it is over. */
  #handle(most: number): number {
    const queue = this.#queue;
    const handler = this.#handler;
    let handled = 0;
    try {
      while (handled < most && !this.#over) {
        const message = queue.take();
        if (message === undefined) break;
        handled += 1;
        const result: unknown = handler(message);
        if (result !== undefined && isThenable(result)) throw asyncHandler();
      }
    } catch (error) {
      // Changes nothing after an abort in the handler: that came first.
      this.fail(error);
    }
    return handled;
  }

  #end(): void {
    this.#over = true;
    this.#limits?.release();
  }
}

function asyncHandler(): TypeError {
  return new TypeError(
    "Expected a handler that returns nothing, got a promise from it: it cannot be async, since " +
      "nobody would wait for it. Use for await.",
  );
}
