/**
 * The messages that wait in a mailbox, in order of arrival: what Erlang calls the message queue and
 * the save queue, as one.
 *
 * A ring of slots. Each message has a position; positions count up, and `position & mask` is the
 * slot. A message taken out of the middle leaves a hole, so that nothing has to move up;
 * `undefined` marks it, which is never a message. Slots are given back when few hold a message: a
 * removal is O(1), taken over all of them. A search that has walked through a long run of holes
 * notes where the run ends, for the next one: taking what lies behind some messages that nobody
 * wants, one after the other, does not become slower by what has been taken.
 *
 * Matchers are code of the user's, which may send to this very mailbox and receive from it while a
 * message is being looked at. Hence `beginReading`: as long as anybody is in the middle of the
 * backlog, every message keeps its position, and a position that was taken stays a hole.
 *
 * A matcher that names a tag is led to its message by an index (`tag-index.ts`). Any other looks at
 * all messages anew in each search: what it said of one before is not remembered, since a predicate
 * may change its mind.
 *
 * A message is *offered* when all the receivers that were waiting have declined it. Only then may
 * others take it.
 *
 * A notice is told from a message by the way it came in, which is kept as its position: an instance
 * of the same class that somebody sends is a message like any other. Notices do not count against
 * the bound and are not dropped for it. Nor do messages that are still being offered, since
 * somebody may want them.
 */
import { Arrivals, type TurnTime } from "./arrivals.ts";
import type { CompiledMatcher } from "./matcher.ts";
import type { Bound } from "./overflow.ts";
import { type Bucket, forget, nextCandidate, TagIndex } from "./tag-index.ts";

/** A ring up to this size stays when the last message is taken; a larger one was a flood's. */
const keptRing = 64;
/** A ring grows in large steps up to this size: bursts make it grow again and again. */
const manySlots = 1024;
/** A run of holes longer than this is jumped over and not walked through again. */
const longRun = 32;
/** To look at so many is as fast as to ask an index, and needs none. */
const fewMessages = 8;
/** Where no message is. */
const nowhere = -1;
/** A ring shrinks when fewer than one slot in so many holds a message. */
const sparse = 8;

export class Backlog<M> {
  // Four at first, written out, since most mailboxes never hold more.
  #slots: (M | undefined)[] = [undefined, undefined, undefined, undefined];
  #mask = 3;
  /**
   * By slot: no message up to this position, seen from the hole in the slot. For a slot that has
   * been used again since, the number is too small to mean anything. Made for the first long run.
   */
  #skips: number[] | undefined = undefined;
  /** The oldest message, or the end: never a hole. */
  #head = 0;
  #end = 0;
  #count = 0;
  #offered = 0;
  #readers = 0;
  readonly bound: Bound | undefined;
  readonly #arrivals: Arrivals;
  /** Made for the first search by tag among more than a few. */
  #index: TagIndex | undefined = undefined;
  /** The positions of the notices, in order. Made for the first of them. */
  #notices: Set<number> | undefined = undefined;
  /** Messages, without notices, that are still being offered. */
  #onOffer = 0;
  /** Before this position there are notices and holes alone: known once the bound has dropped. */
  #oldest = 0;

  constructor(time: TurnTime, bound?: Bound) {
    this.#arrivals = new Arrivals(time);
    this.bound = bound;
  }

  get count(): number {
    return this.#count;
  }

  /** Without the notices. */
  get messageCount(): number {
    return this.#count - (this.#notices?.size ?? 0);
  }

  /** When the oldest message came (`arrivals.ts`); `undefined` if there is none. */
  get oldestSince(): number | undefined {
    return this.#count === 0 ? undefined : this.#arrivals.at(this.#head);
  }

  /** Whether more messages have been offered and stay than the bound allows. */
  get overfull(): boolean {
    const { bound } = this;
    return bound !== undefined && this.messageCount - this.#onOffer > bound.maxMessages;
  }

  /** The position of the oldest message that is still being offered, or the end. */
  get offered(): number {
    return this.#offered;
  }

  get everythingOffered(): boolean {
    return this.#offered === this.#end;
  }

  /** Appends a message that there is nobody to offer to, nor any before it. */
  keep(message: M): void {
    this.#append(message);
    this.#offered = this.#end;
  }

  /** Appends a message that is still to be offered. */
  push(message: M): void {
    this.#append(message);
    this.#onOffer += 1;
  }

  pushNotice(notice: M): void {
    this.#append(notice);
    this.#notices ??= new Set();
    this.#notices.add(this.#end - 1);
  }

  /** The message at `position` has been offered to everybody, or somebody has taken it. */
  pass(position: number): void {
    if (position < this.#offered) return;
    this.#offered = position + 1;
    // Of those still being offered, notices alone can be taken back.
    if (this.at(position) !== undefined && !this.#notices?.has(position)) this.#onOffer -= 1;
  }

  /** The message at a position before the end; `undefined` when it has been taken. */
  at(position: number): M | undefined {
    return position < this.#head ? undefined : this.#slots[position & this.#mask];
  }

  /** The oldest messages, so many at most. They stay. */
  peek(most: number): M[] {
    const seen: M[] = [];
    for (let position = this.#head; position < this.#end && seen.length < most; ) {
      const message = this.at(position);
      if (message !== undefined) seen.push(message);
      position = this.#afterHoles(position + 1);
    }
    return seen;
  }

  /** Takes the message at a position at which there is one. */
  remove(position: number): void {
    this.#slots[position & this.#mask] = undefined;
    this.#count -= 1;
    this.#notices?.delete(position);
    if (position === this.#head) this.#head = this.#afterHoles(position + 1);
    if (this.#index !== undefined) this.#countStale(this.#index, position);
    this.#tidy();
  }

  /** Takes the oldest message. */
  takeFirst(): M | undefined {
    const position = this.#head;
    if (position >= this.#offered) return undefined;
    const message = this.#slots[position & this.#mask];
    if (this.#isOneOfMany(position)) {
      this.#slots[position & this.#mask] = undefined;
      this.#count -= 1;
      this.#head = position + 1;
    } else {
      this.remove(position);
    }
    return message;
  }

  /** Takes the oldest offered message that is wanted. Throws what the matcher throws. */
  take(matcher: CompiledMatcher<M>): M | undefined {
    this.beginReading();
    try {
      const position = this.#find(matcher);
      const message = this.at(position);
      if (message !== undefined) this.remove(position);
      return message;
    } finally {
      this.endReading();
    }
  }

  /** Takes out the oldest notice that is wanted, also while it is being offered. */
  takeBack(wanted: CompiledMatcher<M>): boolean {
    for (const position of this.#notices ?? []) {
      const notice = this.at(position);
      if (notice === undefined || !wanted.matches(notice)) continue;
      this.remove(position);
      return true;
    }
    return false;
  }

  /** Drops the oldest message that is not a notice. There is one, and it has been offered. */
  dropOldest(): void {
    let position = this.#afterHoles(Math.max(this.#head, this.#oldest));
    while (this.#notices?.has(position)) position = this.#afterHoles(position + 1);
    this.#oldest = position + 1;
    this.remove(position);
  }

  /** Drops everything, for good. Whoever is reading finds no more. */
  clear(): void {
    this.#slots = [];
    this.#skips = undefined;
    this.#index = undefined;
    this.#mask = 0;
    this.#count = 0;
    this.#notices = undefined;
    this.#onOffer = 0;
    this.#head = this.#end;
    this.#offered = this.#end;
  }

  /** Keeps all positions as they are until `endReading`. */
  beginReading(): void {
    this.#readers += 1;
  }

  endReading(): void {
    this.#readers -= 1;
    this.#tidy();
  }

  /** Whether the oldest message can go without anything that `remove` sees to. */
  #isOneOfMany(oldest: number): boolean {
    const next = oldest + 1;
    return (
      next < this.#end &&
      this.#slots[next & this.#mask] !== undefined &&
      this.#notices === undefined &&
      this.#index === undefined &&
      (this.#mask < keptRing || this.#count * sparse > this.#mask + sparse)
    );
  }

  /** Where the oldest offered message is that is wanted, or `nowhere`. */
  #find(matcher: CompiledMatcher<M>): number {
    const { tags } = matcher;
    if (tags === undefined || this.#count <= fewMessages) return this.#scan(matcher, this.#head);
    this.#index ??= new TagIndex(this.#head);
    const index = this.#index;
    if (index.busy) return this.#scan(matcher, this.#head);
    index.busy = true;
    try {
      const buckets = index.candidates(tags, this);
      if (buckets === undefined) return this.#scan(matcher, this.#head);
      const found = this.#look(matcher, buckets);
      return found < index.read ? found : this.#scan(matcher, index.read, index);
    } finally {
      index.busy = false;
    }
  }

  /** Looks at the candidates, in order: the position of one that is wanted, or `Infinity`. */
  #look(matcher: CompiledMatcher<M>, buckets: readonly Bucket[]): number {
    let position = nextCandidate(buckets, this.#head);
    while (position < this.#offered) {
      if (this.#isWanted(matcher, position)) return position;
      if (this.at(position) === undefined) forget(buckets, position);
      position = nextCandidate(buckets, position + 1);
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Looks at one message after the other. Those that are not wanted go into the index. */
  #scan(matcher: CompiledMatcher<M>, from: number, index?: TagIndex): number {
    let position = this.#afterHoles(Math.max(from, this.#head));
    while (position < this.#offered) {
      if (this.#isWanted(matcher, position)) return position;
      const message = this.at(position);
      if (message !== undefined) index?.add(position, message);
      position = this.#afterHoles(position + 1);
    }
    return nowhere;
  }

  /** The matcher itself may take the message meanwhile, or close the mailbox. */
  #isWanted(matcher: CompiledMatcher<M>, position: number): boolean {
    const message = this.at(position);
    return message !== undefined && matcher.matches(message) && this.at(position) !== undefined;
  }

  #append(message: M): void {
    if (this.#end - this.#head > this.#mask) this.#makeRoom();
    if (this.#arrivals.due) this.#arrivals.mark(this.#end, this.#head);
    this.#slots[this.#end & this.#mask] = message;
    this.#end += 1;
    this.#count += 1;
  }

  /** The first message at or after `from`, or the end. */
  #afterHoles(from: number): number {
    let position = from;
    while (position < this.#end && this.#slots[position & this.#mask] === undefined) {
      position = Math.max(position + 1, this.#skips?.[position & this.#mask] ?? 0);
    }
    if (position - from > longRun) {
      this.#skips ??= new Array<number>(this.#slots.length).fill(0);
      this.#skips[from & this.#mask] = position;
    }
    return position;
  }

  #makeRoom(): void {
    if (this.#quiet && this.#count <= this.#slots.length / 2) this.#squeeze(this.#slots.length);
    else this.#grow();
  }

  /** Nobody holds a position, so messages may move. */
  get #quiet(): boolean {
    return this.#readers === 0 && this.#offered === this.#end;
  }

  #grow(): void {
    const { length } = this.#slots;
    const larger = newRing<M>(length < manySlots ? length * 4 : length * 2);
    const mask = larger.length - 1;
    for (let position = this.#head; position < this.#end; position++) {
      larger[position & mask] = this.#slots[position & this.#mask];
    }
    this.#slots = larger;
    this.#mask = mask;
    this.#skips = undefined;
  }

  /** An index in which most is stale is given up; the next search makes another. */
  #countStale(index: TagIndex, position: number): void {
    if (position >= index.read) return;
    index.stale += 1;
    if (index.stale > this.#count + 2 * fewMessages) this.#index = undefined;
  }

  #tidy(): void {
    if (!this.#quiet) return;
    if (this.#count * sparse > this.#slots.length) this.#cutTail();
    else if (this.#slots.length > keptRing) this.#squeeze(this.#slots.length / 4);
    // Small numbers again, which the engine need not box.
    else if (this.#count === 0) this.#restart(0);
    else this.#cutTail();
  }

  /**
   * Gives holes at the end back at once: else a mailbox in which much waits, and from which the
   * newest is taken time and again, would have to be squeezed time and again. A position that
   * somebody remembers is not given to another message.
   */
  #cutTail(): void {
    if (this.#skips !== undefined) return;
    const lowest = Math.max(this.#head, this.#index?.read ?? 0);
    let end = this.#end;
    while (end > lowest && this.#slots[(end - 1) & this.#mask] === undefined) end -= 1;
    if (end === this.#end) return;
    this.#end = end;
    this.#offered = end;
    this.#oldest = Math.min(this.#oldest, end);
    this.#arrivals.cut(end);
  }

  /** Moves the messages together in a new ring. */
  #squeeze(capacity: number): void {
    const ring = newRing<M>(capacity);
    const notices = this.#notices?.size ? new Set<number>() : undefined;
    const marks = this.#arrivals.renumbering();
    let end = 0;
    for (let position = this.#head; position < this.#end; position++) {
      const message = this.#slots[position & this.#mask];
      if (message === undefined) continue;
      if (this.#notices?.has(position)) notices?.add(end);
      marks?.(position, end);
      ring[end++] = message;
    }
    marks?.(this.#end, end);
    this.#slots = ring;
    this.#mask = capacity - 1;
    this.#notices = notices;
    this.#restart(end);
  }

  /** Positions begin anew. */
  #restart(end: number): void {
    this.#skips = undefined;
    this.#index = undefined;
    this.#head = 0;
    this.#end = end;
    this.#offered = end;
    this.#oldest = 0;
    if (end === 0) this.#arrivals.restart();
  }
}

/** `capacity` is a power of two. Filled, so that it never becomes an array of numbers. */
function newRing<M>(capacity: number): (M | undefined)[] {
  return new Array<M | undefined>(capacity).fill(undefined);
}
