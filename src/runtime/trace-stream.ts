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
import { ReadQueue } from "./read-queue.ts";
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

export class TraceStream implements AsyncIterableIterator<TraceEvent, undefined> {
  readonly #request: TraceRequest;
  readonly #clock: Clock;
  readonly #onLeave: (stream: TraceStream) => void;
  readonly #limit: SampleLimit;
  readonly #abort = () => this.end();
  readonly #events = new ReadQueue<TraceEvent>();
  #missed = 0;
  /** Its matcher is at work: what that does is not traced, or it might never end. */
  #matching = false;

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
    if (this.#events.ended) return;
    const at = this.#clock.now();
    if (this.#events.length >= mostKept || !this.#limit.allows(at)) {
      this.#missed += 1;
      return;
    }
    const { direction, from, to, message, size, cause } = step;
    const text = messageText(message, this.#request.maxTextLength);
    const missed = this.#missed;
    this.#missed = 0;
    this.#events.push(Object.freeze({ direction, at, from, to: to.id, size, cause, text, missed }));
  }

  /** No more events. Those that wait are still read. */
  end(): void {
    this.#leave();
    this.#events.end();
  }

  next(): Promise<Next> {
    return this.#events.next();
  }

  return(): Promise<Next> {
    this.#leave();
    return this.#events.leave();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #wants(message: unknown): boolean {
    // The matcher of another trace may have ended this one.
    if (this.#events.ended) return false;
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
    if (this.#events.ended) return;
    this.#leave();
    this.#events.fail(error);
  }

  #leave(): void {
    this.#request.signal?.removeEventListener("abort", this.#abort);
    this.#onLeave(this);
  }
}
