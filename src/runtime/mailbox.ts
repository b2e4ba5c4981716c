/**
 * A mailbox as its owner sees it, and the implementation that a node hands out.
 *
 * The decisions are in `core/message-queue.ts`. Here receivers become promises, with a signal and a
 * timeout where asked for. Every message of a local program passes through `deliver` and `receive`:
 * hence one promise for a receive and not the two of an async function, and one host for all
 * mailboxes of a node rather than functions of its own for each.
 */
import type { Address } from "../core/address.ts";
import { mailboxBrand } from "../core/address.ts";
import type { TurnTime } from "../core/arrivals.ts";
import type { LossCause } from "../core/loss.ts";
import type { CompiledMatcher, Matched, Matcher } from "../core/matcher.ts";
import { compileMatcher } from "../core/matcher.ts";
import { type DeliveryRefusal, MessageQueue } from "../core/message-queue.ts";
import type { Clock } from "../ports/clock.ts";
import { type ConsumeOptions, Consumer, checkConsume, type Handler } from "./consumer.ts";
import { MailboxIterator } from "./mailbox-iterator.ts";
import { type MessageLimit, peekLimit } from "./mailbox-options.ts";
import {
  LimitedReceive,
  mailboxClosedError,
  PendingReceive,
  PlainReceive,
} from "./pending-receive.ts";
import type { ReceiveOptions, ReceiveWithoutTimeout } from "./receive-options.ts";
import { checkReceiveOptions, isReceiveOptions } from "./receive-options.ts";
import type { Tracing } from "./tracing.ts";
import type { TurnBudget } from "./turn-budget.ts";

/** A mailbox of any kind of message. */
export interface AnyMailbox extends AsyncDisposable, Disposable {
  readonly address: Address<never>;
  readonly messageCount: number;
  /** Closes it for good, as `Mailbox.close` does. */
  close(): void;
}

/**
 * Takes the messages sent to its address, one at a time and in order, when its owner asks for them.
 *
 * Messages from one sender are received in the order in which they were sent. Nothing is taken
 * without being asked for, and each message is received at most once, however many receive at the
 * same time: they are served in the order in which they asked, each with the first message it
 * wants.
 *
 * Receive what comes, also what you do not know: messages that nobody takes stay, and their memory
 * with them, unless the mailbox was made with a bound.
 *
 * Erlang: the mailbox of a process; here it is a value of its own, and a program has as many as it
 * likes.
 */
export interface Mailbox<in out M> extends AnyMailbox, AsyncIterable<M, undefined> {
  /** Where others send to. Send this, never the mailbox. */
  readonly address: Address<M>;

  /** How many messages wait to be received, notices among them. 0 when closed. */
  readonly messageCount: number;

  /**
   * The messages that wait, notices among them, in order: at most `limit` of them, 100 unless said
   * otherwise; `Infinity` for all. None is taken, and none is copied: what is changed in one is
   * changed for who receives it. Empty when nothing waits, and when the mailbox is closed.
   *
   * A `TypeError` or `RangeError` for a limit that cannot be.
   *
   * Erlang: `process_info(self(), messages)`.
   */
  peek(limit?: number): M[];

  /**
   * Waits for a message and takes it: the oldest, or the oldest that `matcher` wants. Messages that
   * it does not want stay where they are, in order.
   *
   * A matcher is one of these, and narrows the type of what is received:
   * - a type guard or a predicate, which may not be async;
   * - a class, whose instances are wanted; of functions, those whose `prototype` is not writable;
   * - a pattern: a plain object of literals, addresses and further patterns. The message needs to
   *   have these properties itself, with the same values by `Object.is`; it may have others.
   *
   * A matcher looks at each message once in a receive. If it throws, this receive rejects with its
   * error, and the message stays for others. It is called while messages are delivered: it should
   * be quick and change nothing, though it may use the mailbox.
   *
   * With `timeout`, resolves to `undefined` when no message came in time. Rejects with the reason
   * of `signal` when that is aborted, and with `REIGN_MAILBOX_CLOSED` when the mailbox is closed,
   * before or while waiting. Whenever it does not resolve to a message, it has taken none. Options
   * and matchers that cannot be are a `TypeError` or `RangeError`, thrown at once.
   *
   * A sole argument that is a plain object with no keys but `signal` and `timeout` is taken for
   * options, `{}` too. To use it as a pattern, pass options as well.
   *
   * Like every promise, this one unwraps a message that is a promise itself, or has a function
   * called `then`. Should you send such things within a process, take them with `tryReceive`,
   * `receiveAny` or `for await`, which do not.
   *
   * A message that is there comes without a turn of the event loop. Loops that find one each time,
   * as of two mailboxes that answer each other without end, keep timers and sockets waiting, as
   * any chain of promises does; `consume` does not.
   *
   * Erlang: `receive … after … end`.
   */
  receive(options?: ReceiveWithoutTimeout): Promise<M>;
  /** Waits for the oldest message; `undefined` when none came in time. */
  receive(options: ReceiveOptions): Promise<M | undefined>;
  /** Waits for the oldest message that `matcher` wants. */
  receive<const X extends Matcher<M>>(
    matcher: X,
    options?: ReceiveWithoutTimeout,
  ): Promise<Matched<M, X>>;
  /** Waits for the oldest message that `matcher` wants; `undefined` when none came in time. */
  receive<const X extends Matcher<M>>(
    matcher: X,
    options: ReceiveOptions,
  ): Promise<Matched<M, X> | undefined>;

  /**
   * Takes the oldest message, or the oldest that `matcher` wants, if it is there: `undefined` if
   * not. Never waits. A matcher is as for `receive`; what it throws is thrown.
   *
   * Throws `REIGN_MAILBOX_CLOSED` when the mailbox is closed.
   *
   * Erlang: `receive … after 0 -> … end`.
   */
  tryReceive(): M | undefined;
  /** Takes the oldest message that `matcher` wants, if one is there. */
  tryReceive<const X extends Matcher<M>>(matcher: X): Matched<M, X> | undefined;

  /**
   * Calls `handler` with message after message, in order, until the mailbox is closed. Like `for
   * await`, it takes nothing without handing it over. It is several times faster, since there is no
   * promise for each message; so the handler cannot wait for anything.
   *
   * Resolves when the mailbox is closed, at once if it is. Rejects with the reason of `signal` when
   * that is aborted, and with what the handler throws: the message that it was given counts as
   * received. A handler that returns a promise is a `TypeError`, with which it rejects too. However
   * it ends, also out of the handler, the handler is not called again, and messages that it was not
   * given stay in the mailbox. A handler or options that cannot be are a `TypeError`, thrown at
   * once.
   *
   * The handler never runs inside `send`, but soon after, before the event loop turns. After some
   * milliseconds or thousands of messages all consumers of the node together let the loop turn, so
   * that timers and sockets get on, even if the handler sends to itself for ever. A single call of
   * the handler holds up all else for as long as it takes.
   *
   * Others may receive meanwhile, and share the messages: who waits with `receive` is served before
   * the handler. In a bounded mailbox, the messages that the handler is yet to be given count.
   *
   * Erlang: a process that does nothing but `receive`; the loop of a `gen_server`.
   */
  consume(handler: (message: M) => void, options?: ConsumeOptions): Promise<void>;

  /**
   * Closes the mailbox for good. Waiting receivers reject with `REIGN_MAILBOX_CLOSED`, loops over
   * it end, its watchers are told, its names go, and its address is dead for ever. The messages
   * left in it are discarded, and counted as lost. Closing again does nothing.
   *
   * Disposal (`using`, `await using`) closes it too.
   *
   * Erlang: what happens to a mailbox when its process exits.
   */
  close(): void;

  /**
   * Takes message after message, and ends when the mailbox is closed. Leaving the loop closes
   * nothing and loses nothing. Several loops share the messages.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<M, undefined>;
}

/** What a mailbox needs of its node. One host serves all mailboxes. */
export interface MailboxHost {
  readonly clock: Clock;
  /** What all consumers may do in a turn of the event loop. */
  readonly turns: TurnBudget;
  readonly tracing: Tracing;
  /** What messages' ages are counted by. */
  readonly time: TurnTime;
  /** What the mailbox was called when it was made, if it was. */
  labelOf(mailbox: AnyLocalMailbox): string | undefined;
  /** Messages that were in the mailbox will not be received. */
  thrownOut(mailbox: AnyLocalMailbox, cause: LossCause, count: number): void;
  /** Called once, when the mailbox has closed. */
  onClosed(mailbox: AnyLocalMailbox): void;
}

/** A mailbox of this node, of any kind of message. */
export interface AnyLocalMailbox extends AnyMailbox {
  readonly closed: boolean;
  readonly label: string | undefined;
  readonly maxMessages: number;
  readonly oldestSince: number | undefined;
  peek(limit?: number): unknown[];
  deliver(message: unknown): DeliveryRefusal | undefined;
  notify(notice: unknown): void;
  takeBack(wanted: CompiledMatcher<unknown>): boolean;
}

/** It is the queue itself, since a program has many, and most are empty. */
export class LocalMailbox<in out M> extends MessageQueue<M> implements Mailbox<M>, AnyLocalMailbox {
  /** Set by the node, at once after construction. */
  address!: Address<M>;
  readonly #host: MailboxHost;
  /** The last plain receive that waited, for the next: a loop makes one, and not one each time. */
  #plain: PlainReceive<M> | undefined = undefined;

  constructor(host: MailboxHost, limit?: MessageLimit) {
    super(
      limit && {
        ...limit,
        time: host.time,
        dropped: () => host.thrownOut(this, "mailbox_full", 1),
        close: () => this.close(),
      },
    );
    this.#host = host;
  }

  get messageCount(): number {
    return this.count;
  }

  get clock(): Clock {
    return this.#host.clock;
  }

  get label(): string | undefined {
    return this.#host.labelOf(this);
  }

  protected override get time(): TurnTime {
    return this.#host.time;
  }

  protected override get watched(): boolean {
    return this.#host.tracing.on;
  }

  protected override handedOver(message: M): void {
    this.#host.tracing.handedOver(this.address, message);
  }

  peek(limit?: number): M[] {
    return this.oldest(peekLimit(limit));
  }

  receive(options?: ReceiveWithoutTimeout): Promise<M>;
  receive(options: ReceiveOptions): Promise<M | undefined>;
  receive<const X extends Matcher<M>>(
    matcher: X,
    options?: ReceiveWithoutTimeout,
  ): Promise<Matched<M, X>>;
  receive<const X extends Matcher<M>>(
    matcher: X,
    options: ReceiveOptions,
  ): Promise<Matched<M, X> | undefined>;
  receive(
    matcherOrOptions?: Matcher<M> | ReceiveOptions,
    options?: ReceiveOptions,
  ): Promise<M | undefined> {
    if (options === undefined) {
      if (matcherOrOptions === undefined) return this.#receive(undefined, undefined);
      if (isReceiveOptions(matcherOrOptions)) {
        checkReceiveOptions(matcherOrOptions);
        return this.#receive(undefined, matcherOrOptions);
      }
    } else {
      checkReceiveOptions(options);
    }
    return this.#receive(compileMatcher<M>(matcherOrOptions as Matcher<M>), options);
  }

  tryReceive(): M | undefined;
  tryReceive<const X extends Matcher<M>>(matcher: X): Matched<M, X> | undefined;
  tryReceive(matcher?: Matcher<M>): M | undefined {
    const compiled = matcher === undefined ? undefined : compileMatcher<M>(matcher);
    const message = this.take(compiled);
    if (message === undefined && this.closed) throw mailboxClosedError(this);
    return message;
  }

  consume(handler: Handler<M>, options?: ConsumeOptions): Promise<void> {
    checkConsume(handler, options);
    const signal = options?.signal;
    if (isAborted(signal)) return Promise.reject(signal?.reason);
    if (this.closed) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const consumer = new Consumer(this, handler, this.#host.turns, { resolve, reject });
      consumer.begin(this.#host.clock, options);
    });
  }

  override close(): number {
    if (this.closed) return 0;
    const lost = super.close();
    if (lost > 0) this.#host.thrownOut(this, "closed", lost);
    this.#host.onClosed(this);
    return lost;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<M, undefined> {
    return new MailboxIterator(this);
  }

  #receive(
    matcher: CompiledMatcher<M> | undefined,
    options: ReceiveOptions | undefined,
  ): Promise<M | undefined> {
    const signal = options?.signal;
    if (isAborted(signal)) return Promise.reject(signal?.reason);
    const looking = matcher && signal ? unlessAborted(matcher, signal) : matcher;
    let message: M | undefined;
    try {
      message = this.take(looking);
    } catch (error) {
      return Promise.reject(error);
    }
    if (message !== undefined) return Promise.resolve(message);
    // The matcher may have closed the mailbox, or aborted the signal, while it was looking.
    if (this.closed) return Promise.reject(mailboxClosedError(this));
    if (isAborted(signal)) return Promise.reject(signal?.reason);
    if (options?.timeout === 0) return Promise.resolve(undefined);
    return this.#wait(matcher, options);
  }

  #wait(
    matcher: CompiledMatcher<M> | undefined,
    options: ReceiveOptions | undefined,
  ): Promise<M | undefined> {
    return new Promise((resolve, reject) => {
      if (options === undefined && matcher === undefined) {
        if (this.#plain?.stage !== "out") this.#plain = new PlainReceive<M>(this);
        this.#plain.begin(this, resolve);
      } else if (options === undefined) {
        this.wait(new PendingReceive(this, matcher, resolve, reject));
      } else {
        const receive = new LimitedReceive(this, matcher, resolve, reject);
        receive.begin(this, this.#host.clock, options);
      }
    });
  }
}

/** A function, since the compiler does not see that a matcher can abort a signal. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** A matcher that aborts its own receive has not taken the message it is looking at. */
function unlessAborted<M>(matcher: CompiledMatcher<M>, signal: AbortSignal): CompiledMatcher<M> {
  return {
    tags: matcher.tags,
    matches: (message) => matcher.matches(message) && !signal.aborted,
  };
}

// Defined here, since a class cannot have members named by symbols of our own under
// `isolatedDeclarations`.
Object.defineProperty(LocalMailbox.prototype, mailboxBrand, { value: true });

// What Node prints. Never the messages: they may be secret, and logs are not.
Object.defineProperty(LocalMailbox.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value(this: AnyLocalMailbox): string {
    const count = this.messageCount;
    const state = this.closed ? "closed" : `${count} message${count === 1 ? "" : "s"}`;
    const label = this.label === undefined ? "" : ` ${JSON.stringify(this.label)}`;
    return `Mailbox<${this.address.id}${label} ${state}>`;
  },
});
