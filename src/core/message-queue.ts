/**
 * The state of a mailbox: messages that nobody has taken yet, and receivers that wait for one.
 * Pure: no promises, no time. The runtime turns receivers into promises.
 *
 * A message that arrives is offered to the waiting receivers in the order in which they asked; the
 * first that wants it gets it at once. When all have declined it, it goes to the backlog. A
 * receiver looks through the backlog (`take`) before it waits (`wait`), so that no message is
 * looked at twice by one receive, and a plain receiver only ever waits in front of an empty
 * backlog.
 *
 * Matchers are code of the user's. While one is looking at a message it may send, receive, cancel a
 * receive, or close this mailbox, and it may throw. What makes that safe:
 *
 * - A message is in the backlog while it is being offered, so that what is sent meanwhile stands
 *   behind it, and is offered when its turn comes.
 * - Messages that are still being offered cannot be taken by a receiver that asks meanwhile: others
 *   asked before. It joins the line, and the message comes to it in its turn.
 * - A receiver that is cancelled while its matcher is at work stays in the line, marked, until the
 *   matcher is done; so the way to those behind it is never lost.
 * - After each call of a matcher, everything is looked at anew: whether the message is still there,
 *   whether the receiver still waits, whether the mailbox is still open.
 *
 * A queue may be bounded (`overflow.ts`). A message is offered first and judged then: one that
 * somebody waits for is never too many, or a full mailbox would keep a selective receiver from what
 * would empty it. What is sent while another message is being offered has its turn after that, so
 * it is judged when `deliver` has returned; `reject` then drops it as `drop_newest` would. Notices
 * (`notify`) are outside the bound.
 */
import { standingTime, type TurnTime } from "./arrivals.ts";
import { Backlog } from "./backlog.ts";
import { invariant } from "./invariant.ts";
import type { CompiledMatcher } from "./matcher.ts";
import { type Bound, verdicts } from "./overflow.ts";

/** Why a message is not put into a mailbox. */
export type DeliveryRefusal = "closed" | "mailbox_full";

/**
 * One that waits for a message. Exactly one of its functions is called, once, unless it is
 * cancelled first. They may not throw. From `accept` on it may stand in a line again.
 */
export abstract class Receiver<in out M> {
  /** What it wants; `undefined` for any message. */
  readonly matcher: CompiledMatcher<M> | undefined;

  // The line it stands in, and its place there. The queue's own business.
  stage: "out" | "waiting" | "asked" | "cancelled" = "out";
  ahead: Receiver<M> | undefined = undefined;
  behind: Receiver<M> | undefined = undefined;

  constructor(matcher: CompiledMatcher<M> | undefined) {
    this.matcher = matcher;
  }

  abstract accept(message: M): void;
  /** Its matcher threw `error`. */
  abstract fail(error: unknown): void;
  abstract closed(): void;
}

export class MessageQueue<in out M> {
  // Made for the first message that nobody waits for: an idle mailbox stays small.
  #backlog: Backlog<M> | undefined = undefined;
  #first: Receiver<M> | undefined = undefined;
  #last: Receiver<M> | undefined = undefined;
  #closed = false;

  constructor(bound?: Bound) {
    if (bound !== undefined) this.#backlog = new Backlog<M>(bound.time ?? standingTime, bound);
  }

  /** Infinity when not bounded. */
  get maxMessages(): number {
    return this.#backlog?.bound?.maxMessages ?? Number.POSITIVE_INFINITY;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The messages and notices that nobody has taken; 0 when closed. */
  get count(): number {
    return this.#backlog === undefined ? 0 : this.#backlog.count;
  }

  /** When the oldest of them came (`arrivals.ts`); `undefined` if there is none. */
  get oldestSince(): number | undefined {
    return this.#backlog?.oldestSince;
  }

  /** The oldest of them, so many at most. They stay. */
  oldest(most: number): M[] {
    return this.#backlog?.peek(most) ?? [];
  }

  /** What the messages' ages are counted by. */
  protected get time(): TurnTime {
    return standingTime;
  }

  /** Whether `handedOver` is to be called. */
  protected get watched(): boolean {
    return false;
  }

  /** A receiver has got the message and does not know yet. May run code of the user's. */
  protected handedOver(_message: M): void {}

  /** Gives the message to the first receiver that wants it, or keeps it, or says why not. */
  deliver(message: M): DeliveryRefusal | undefined {
    invariant(message !== undefined, "undefined is refused before it gets to a mailbox");
    const first = this.#first;
    if (first === undefined || first.matcher !== undefined || this.#offering) {
      return this.#keep(message);
    }
    if (first.behind === undefined) this.#leaveEmpty(first);
    else this.#leave(first);
    first.accept(message);
    if (this.watched) this.handedOver(message);
    return undefined;
  }

  /** As `deliver`, for what is no message: outside the bound, and not counted as lost. */
  notify(notice: M): void {
    if (this.#closed) return;
    this.#backlog ??= new Backlog<M>(this.time);
    const first = this.#backlog.everythingOffered;
    this.#backlog.pushNotice(notice);
    if (first) this.#offer(this.#backlog);
  }

  /**
   * Takes the oldest message, or the oldest that `matcher` wants. A matcher that throws ends the
   * search with its error, and the message stays.
   */
  take(matcher?: CompiledMatcher<M>): M | undefined {
    const backlog = this.#backlog;
    if (backlog === undefined) return undefined;
    const message = matcher === undefined ? backlog.takeFirst() : backlog.take(matcher);
    if (this.watched && message !== undefined) this.handedOver(message);
    return message;
  }

  /**
   * Takes the oldest notice that is wanted out of the mailbox, ahead of all receivers. `wanted` is
   * no code of the user's: it looks and does nothing.
   */
  takeBack(wanted: CompiledMatcher<M>): boolean {
    return this.#backlog?.takeBack(wanted) ?? false;
  }

  /** Joins the end of the line. The receiver has looked through the backlog before, by `take`. */
  wait(receiver: Receiver<M>): void {
    invariant(receiver.stage === "out", "a receiver waits in one line at a time");
    invariant(!this.#closed, "nobody waits at a closed mailbox");
    const last = this.#last;
    receiver.stage = "waiting";
    receiver.ahead = last;
    if (last === undefined) this.#first = receiver;
    else last.behind = receiver;
    this.#last = receiver;
  }

  /** Leaves the line without a message. Nothing happens if the receiver is in none. */
  cancel(receiver: Receiver<M>): void {
    if (receiver.stage === "asked") receiver.stage = "cancelled";
    else if (receiver.stage === "waiting") this.#leave(receiver);
  }

  /** Tells all receivers, and returns how many messages are lost: 0 when closed already. */
  close(): number {
    const lost = this.#backlog?.messageCount ?? 0;
    this.#closed = true;
    this.#backlog?.clear();
    // Stays for its bound, which the error of a message too many names (`REIGN_MAILBOX_FULL`).
    if (this.#backlog?.bound === undefined) this.#backlog = undefined;
    // One that is told may cancel others, so each time it is asked anew who is first.
    for (let first = this.#first; first !== undefined; first = this.#first) {
      const told = first.stage !== "cancelled";
      this.#leave(first);
      if (told) first.closed();
    }
    return lost;
  }

  get #offering(): boolean {
    return this.#backlog !== undefined && !this.#backlog.everythingOffered;
  }

  #keep(message: M): DeliveryRefusal | undefined {
    if (this.#closed) return "closed";
    this.#backlog ??= new Backlog<M>(this.time);
    const backlog = this.#backlog;
    const first = backlog.everythingOffered;
    if (first && this.#first === undefined) {
      backlog.keep(message);
      return backlog.overfull ? this.#judge(backlog, backlog.offered - 1, true) : undefined;
    }
    backlog.push(message);
    return first ? this.#offer(backlog) : undefined;
  }

  /** Offers the one message that nobody has been asked about yet, and what is sent meanwhile. */
  #offer(backlog: Backlog<M>): DeliveryRefusal | undefined {
    const own = backlog.offered;
    let refusal: DeliveryRefusal | undefined;
    backlog.beginReading();
    while (!backlog.everythingOffered) {
      const position = backlog.offered;
      const taker = this.#findTaker(backlog, position);
      const message = backlog.at(position);
      backlog.pass(position);
      if (message === undefined) continue;
      if (taker !== undefined) {
        this.#leave(taker);
        backlog.remove(position);
        // Last, as this may run code of the user's (the getter of a `then`).
        taker.accept(message);
        if (this.watched) this.handedOver(message);
      } else if (backlog.overfull) {
        const refused = this.#judge(backlog, position, position === own);
        if (position === own) refusal = refused;
      }
    }
    backlog.endReading();
    return refusal;
  }

  /** One message is too many, and the newest is at `position`. */
  #judge(backlog: Backlog<M>, position: number, canRefuse: boolean): DeliveryRefusal | undefined {
    const { bound } = backlog;
    if (bound === undefined) return undefined;
    const { goes, refused, closes } = verdicts[bound.overflow];
    if (goes === "newest") backlog.remove(position);
    else backlog.dropOldest();
    const tells = refused && canRefuse;
    if (!tells) bound.dropped();
    if (closes) bound.close();
    return tells ? "mailbox_full" : undefined;
  }

  /** Asks one after the other. Who wants the message is in the line; the message may be gone. */
  #findTaker(backlog: Backlog<M>, position: number): Receiver<M> | undefined {
    let receiver = this.#first;
    while (receiver !== undefined) {
      const message = backlog.at(position);
      if (message === undefined) return undefined;
      if (this.#ask(receiver, message)) return receiver;
      // Only now, since the matcher may have brought more receivers. None, if it closed the
      // mailbox.
      const next: Receiver<M> | undefined = receiver.behind;
      if (receiver.stage === "cancelled") this.#leave(receiver);
      receiver = next;
    }
    return undefined;
  }

  /** Whether the receiver wants the message, and still waits now that its matcher is done. */
  #ask(receiver: Receiver<M>, message: M): boolean {
    if (receiver.matcher === undefined) return true;
    receiver.stage = "asked";
    try {
      const wanted = receiver.matcher.matches(message);
      if (!isAsked(receiver)) return false;
      receiver.stage = "waiting";
      return wanted;
    } catch (error) {
      if (isAsked(receiver)) {
        receiver.stage = "cancelled";
        receiver.fail(error);
      }
      return false;
    }
  }

  /** As `#leave`, for the only one in the line, as most are: nobody is next to it. */
  #leaveEmpty(receiver: Receiver<M>): void {
    this.#first = undefined;
    this.#last = undefined;
    receiver.stage = "out";
  }

  #leave(receiver: Receiver<M>): void {
    const { ahead, behind } = receiver;
    if (ahead === undefined) this.#first = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.#last = ahead;
    else behind.ahead = ahead;
    receiver.ahead = undefined;
    receiver.behind = undefined;
    receiver.stage = "out";
  }
}

/** A function, since the compiler does not see that a matcher can change the stage. */
function isAsked<M>(receiver: Receiver<M>): boolean {
  return receiver.stage === "asked";
}
