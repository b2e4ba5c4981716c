/**
 * One trace: shows what it is asked for, to whoever reads it with `for await`.
 *
 * It is told of messages while they are sent and received, so it does little for one that it does
 * not show: neither more events than it may in a second nor more than a reader leaves waiting are
 * made.
 */
import type { MailboxId } from "../core/mailbox-id.ts";
import { messageText } from "../core/message-text.ts";
import { SampleLimit } from "../core/sample-limit.ts";
import type { Clock } from "../ports/clock.ts";
import type { TraceEvent, TraceRequest } from "./trace-options.ts";

/** What there is to know of a step. */
export interface Step extends Pick<TraceEvent, "direction" | "from"> {
  /** Its id is made only when it is shown. */
  readonly to: { readonly id: MailboxId };
  readonly message: unknown;
  readonly size?: number | undefined;
  readonly cause?: TraceEvent["cause"];
}

const windowMs = 1_000;
const mostKept = 1_000;

type Next = IteratorResult<TraceEvent, undefined>;

interface Reader {
  resolve(next: Next): void;
  reject(error: unknown): void;
}

export class TraceStream implements AsyncIterableIterator<TraceEvent, undefined> {
  readonly #request: TraceRequest;
  readonly #clock: Clock;
  readonly #onLeave: (stream: TraceStream) => void;
  readonly #limit: SampleLimit;
  readonly #abort = () => this.end();
  #events: TraceEvent[] = [];
  #readers: Reader[] = [];
  #missed = 0;
  /** Its matcher is at work: what that does is not traced, or it might never end. */
  #matching = false;
  #ended = false;
  /** What the matcher threw, until a reader has been told. */
  #failure: { readonly error: unknown } | undefined = undefined;

  constructor(request: TraceRequest, clock: Clock, onLeave: (stream: TraceStream) => void) {
    this.#request = request;
    this.#clock = clock;
    this.#onLeave = onLeave;
    this.#limit = new SampleLimit(request.maxEventsPerSecond, windowMs);
    request.signal?.addEventListener("abort", this.#abort, { once: true });
  }

  tell(step: Step): void {
    if (!this.#request.directions.has(step.direction) || !this.#wants(step.message)) return;
    // Its matcher may have ended this very trace.
    if (this.#ended) return;
    const at = this.#clock.now();
    if (this.#events.length >= mostKept || !this.#limit.allows(at)) {
      this.#missed += 1;
      return;
    }
    const { direction, from, to, message, size, cause } = step;
    const text = messageText(message, this.#request.maxTextLength);
    const missed = this.#missed;
    this.#missed = 0;
    this.#hand(Object.freeze({ direction, at, from, to: to.id, size, cause, text, missed }));
  }

  /** No more events. Those that wait are still read. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#request.signal?.removeEventListener("abort", this.#abort);
    this.#onLeave(this);
    for (const reader of this.#readers.splice(0)) reader.resolve({ done: true, value: undefined });
  }

  next(): Promise<Next> {
    const event = this.#events.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) return Promise.reject(failure.error);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  return(): Promise<Next> {
    this.end();
    this.#events = [];
    this.#failure = undefined;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #wants(message: unknown): boolean {
    // The matcher of another trace may have ended this one.
    if (this.#ended) return false;
    const { matcher } = this.#request;
    if (matcher === undefined) return true;
    if (this.#matching) return false;
    this.#matching = true;
    try {
      return matcher.matches(message);
    } catch (error) {
      this.#fail(error);
      return false;
    } finally {
      this.#matching = false;
    }
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    const reader = this.#readers.shift();
    if (reader === undefined) this.#failure = { error };
    else reader.reject(error);
    this.end();
  }

  #hand(event: TraceEvent): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#events.push(event);
    else reader.resolve({ done: false, value: event });
  }
}
