/**
 * Losses, as samples for one reader: `for await (const loss of service.losses())`.
 *
 * Whatever is lost is in the count of some sample. A flood of losses of one cause becomes at most a
 * hundred samples a second, and a reader that is slow has at most a thousand waiting: what is
 * beyond is held back, as one for each cause, until it may be a sample. There is a timer only while
 * somebody waits for that.
 */
import { type LossCause, lossCauses } from "../core/loss.ts";
import {
  formatMailboxId,
  type MailboxId,
  type MailboxRef,
  type NodeId,
} from "../core/mailbox-id.ts";
import { SampleLimit } from "../core/sample-limit.ts";
import type { Clock } from "../ports/clock.ts";
import { ReadQueue } from "./read-queue.ts";

/** What is known of a message that is lost. */
export interface LossDetails {
  readonly from?: NodeId | undefined;
  readonly to?: MailboxRef | undefined;
  readonly size?: number | undefined;
  readonly typeName?: string | undefined;
}

/** Messages lost under one cause since the sample before; the details are of the last of them. */
export interface LossSample {
  /** The node of the sender. Not known of what is thrown out of a mailbox in which it waited. */
  readonly from: NodeId | undefined;
  /** The mailbox it was for: the `id` of its address. */
  readonly to: MailboxId | undefined;
  readonly cause: LossCause;
  /** Its bytes, encoded, where it was. */
  readonly size: number | undefined;
  /** Of `unknown_type`: the name of the class, as the peer has sent it, up to 255 characters. */
  readonly typeName: string | undefined;
  /** For how many losses the sample stands, this one among them. */
  readonly count: number;
}

const samplesInWindow = 100;
const windowMs = 1_000;
/** A thousand, with one for each cause that is held back. */
const keptSamples = 1_000 - lossCauses.length;

/** Losses that are not in a sample yet. */
interface Held {
  readonly details: LossDetails;
  readonly count: number;
}

type Next = IteratorResult<LossSample, undefined>;

export class LossStream implements AsyncIterableIterator<LossSample, undefined> {
  readonly #clock: Clock;
  readonly #onLeave: (stream: LossStream) => void;
  readonly #limits = new Map<LossCause, SampleLimit>();
  readonly #held = new Map<LossCause, Held>();
  readonly #samples = new ReadQueue<LossSample>();
  #timer: Disposable | undefined;

  constructor(clock: Clock, onLeave: (stream: LossStream) => void) {
    this.#clock = clock;
    this.#onLeave = onLeave;
  }

  lost(cause: LossCause, details: LossDetails, count: number): void {
    this.#held.set(cause, { details, count: (this.#held.get(cause)?.count ?? 0) + count });
    this.#release(cause);
    this.#schedule();
  }

  /** No more losses. What is held back is still read. */
  end(): void {
    for (const [cause, { details, count }] of this.#held) {
      this.#samples.push(sampleOf(cause, details, count));
    }
    this.#held.clear();
    this.#cancelTimer();
    this.#samples.end();
  }

  next(): Promise<Next> {
    if (this.#samples.length === 0) this.#releaseAll();
    const next = this.#samples.next();
    this.#schedule();
    return next;
  }

  return(): Promise<Next> {
    this.#held.clear();
    this.#cancelTimer();
    this.#onLeave(this);
    return this.#samples.leave();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Makes a sample of what is held back, if there may be one now. */
  #release(cause: LossCause): void {
    const held = this.#held.get(cause);
    if (held === undefined || this.#samples.length >= keptSamples) return;
    if (!this.#limit(cause).allows(this.#clock.now())) return;
    this.#held.delete(cause);
    this.#samples.push(sampleOf(cause, held.details, held.count));
  }

  #releaseAll(): void {
    for (const cause of [...this.#held.keys()]) this.#release(cause);
  }

  #limit(cause: LossCause): SampleLimit {
    const known = this.#limits.get(cause);
    if (known !== undefined) return known;
    const limit = new SampleLimit(samplesInWindow, windowMs);
    this.#limits.set(cause, limit);
    return limit;
  }

  /** A timer for the first that may be released, if somebody waits for it. */
  #schedule(): void {
    if (this.#samples.readerCount === 0 || this.#held.size === 0) {
      this.#cancelTimer();
    } else if (this.#timer === undefined) {
      const times = [...this.#held.keys()].map((cause) => this.#limit(cause).nextAt);
      const delayMs = Math.max(0, Math.min(...times) - this.#clock.now());
      this.#timer = this.#clock.after(delayMs, () => {
        this.#timer = undefined;
        this.#releaseAll();
        this.#schedule();
      });
    }
  }

  #cancelTimer(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}

export function sampleOf(cause: LossCause, details: LossDetails, count: number): LossSample {
  const { from, size, typeName } = details;
  const to = details.to === undefined ? undefined : formatMailboxId(details.to);
  return { from, to, cause, size, typeName, count };
}
