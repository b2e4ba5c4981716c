/**
 * Since when the oldest message of a mailbox has been waiting, at next to no cost for each message.
 *
 * No time is kept with a message. There is a mark for each turn of the event loop in which messages
 * came to wait: the position of the first of them, and when the turn was first looked at. The first
 * mark stands for all before the second, so a mailbox that is emptied in the turn in which it was
 * filled never has but one. Marks are bounded: too many are thinned out by leaving out those after
 * which the next comes soon.
 *
 * A message's mark is never later than the message. So an age is never told too low; it may be too
 * high by as long as a turn took, and, once marks were thinned out, by a sixteenth of the time over
 * which the messages came that waited at once.
 */

/** The time of a node, looked at once in a turn of the event loop. */
export interface TurnTime {
  /** Counts the turns in which somebody asked. */
  readonly turn: number;
  /** Whole milliseconds of the node's clock, the same until the turn ends. */
  read(): number;
}

/** For a queue without a node: all its messages came at once. */
export const standingTime: TurnTime = Object.freeze({ turn: 0, read: () => 0 });

interface Mark {
  position: number;
  readonly ms: number;
}

const mostMarks = 64;
const fineness = 16;

export class Arrivals {
  readonly #time: TurnTime;
  #first = 0;
  /** The time of the last mark. */
  #last = 0;
  /** The turn in which that was looked at: a small number, since each message compares it. */
  #turn = -1;
  /** The marks behind the first, with positions that never go down. */
  #later: Mark[] | undefined = undefined;

  constructor(time: TurnTime) {
    this.#time = time;
  }

  /** Whether the next message needs a mark. */
  get due(): boolean {
    return this.#time.turn !== this.#turn;
  }

  /** A message comes to wait at `position`; the oldest is at `head`, which may be this one. */
  mark(position: number, head: number): void {
    const ms = this.#time.read();
    this.#turn = this.#time.turn;
    if (position === head) {
      this.#first = ms;
      this.#later = undefined;
    } else if (ms !== this.#last) this.#add(position, head, ms);
    this.#last = ms;
  }

  /** When the message at `position` came, or the turn in which it did began. */
  at(position: number): number {
    const later = this.#later ?? [];
    return later.findLast((mark) => mark.position <= position)?.ms ?? this.#first;
  }

  /** Nothing waits, and positions begin anew. */
  restart(): void {
    if (this.#later === undefined) return;
    this.#later = undefined;
    this.#first = this.#last;
  }

  /** Positions from `end` on are given to others. */
  cut(end: number): void {
    const later = this.#later;
    if (later === undefined) return;
    while ((later.at(-1)?.position ?? -1) >= end) later.pop();
    this.#last = later.at(-1)?.ms ?? this.#first;
    this.#turn = -1;
  }

  /** Messages move, in order: to be told for each from where and to where. Nothing if all know. */
  renumbering(): ((from: number, to: number) => void) | undefined {
    const later = this.#later;
    if (later === undefined) return undefined;
    let next = 0;
    return (from, to) => {
      for (let mark = later[next]; mark && mark.position <= from; mark = later[next]) {
        mark.position = to;
        next += 1;
      }
    };
  }

  #add(position: number, head: number, ms: number): void {
    this.#dropPassed(head);
    this.#later ??= [];
    this.#later.push({ position, ms });
    if (this.#later.length > mostMarks) this.#later = thinned(this.#later, this.#first);
  }

  #dropPassed(head: number): void {
    const later = this.#later;
    if (later === undefined) return;
    const next = later.findIndex(({ position }) => position > head);
    const passed = next === -1 ? later.length : next;
    if (passed === 0) return;
    this.#first = this.at(head);
    later.splice(0, passed);
  }
}

/** Without the marks that are nearly of the time of the one before them. */
function thinned(marks: readonly Mark[], first: number): Mark[] {
  const least = ((marks.at(-1)?.ms ?? first) - first) / fineness;
  const kept: Mark[] = [];
  let before = first;
  for (const [i, mark] of marks.entries()) {
    const next = marks[i + 1];
    if (next !== undefined && next.ms - before <= least) continue;
    kept.push(mark);
    before = mark.ms;
  }
  return kept;
}
