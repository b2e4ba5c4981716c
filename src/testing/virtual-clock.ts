/**
 * A clock that stands still until it is told to move, so that minutes of timers pass in no time and
 * the same calls always give the same order of events.
 *
 * What was asked with `after` and with `soon` runs in order of the moment it is due and, within one
 * moment, in order of asking. `soon` is `setImmediate`: never from inside the call that asks, but
 * when the clock is next driven, at the moment at which it was asked.
 *
 * Two ways to drive it. `advance` and `runSoon` are synchronous: promises that their callbacks
 * settle are heard of only when the test itself awaits something. `advanceBy` and `settle` let the
 * promises be heard between one callback and the next, as Node does, and are the right ones for
 * whole services.
 *
 * There is no way to ask whether a promise job is waiting, so they are given a fixed number of
 * turns: between callbacks enough for calls nested deeper than any here, and many more before
 * `settle` takes silence for the end. What waits for the world outside (a file, a socket, a timer
 * of Node's own) is not waited for: nothing under a virtual clock should.
 */
import type { Clock } from "../ports/clock.ts";
import { comesBefore, type DueEntry, DueQueue } from "./due-queue.ts";

export interface VirtualClock extends Clock {
  /** Timers that are waiting. A test that ends with one too many has found a leak. */
  readonly pendingTimers: number;

  /**
   * Moves the clock on by `ms`, running what comes due, at its own moment, on the way; `advance(0)`
   * runs what is due now. A callback that throws ends the call there: its moment has come, what is
   * left waits for the next call.
   */
  advance(ms: number): void;

  /**
   * Runs what was asked with `soon`, and what that asks in turn, until none is left. Timers do not
   * run, not even those due now. Throws after 1,000,000 callbacks: they ask for each other for
   * ever.
   */
  runSoon(): void;

  /**
   * Lets `ms` pass in which nothing runs, as when a program blocks its event loop. What came due
   * meanwhile runs when the clock is next driven: timers first, then what was asked with `soon`,
   * which is where input is read. That is Node's order too, and the trap in it.
   */
  stall(ms: number): void;

  /**
   * Runs what is due now, and lets promises be heard, until nothing more happens at this moment. A
   * loop that awaits more than about a thousand times without asking the clock is not waited out.
   */
  settle(): Promise<void>;

  /** As `advance`, letting promises be heard after each callback. */
  advanceBy(ms: number): Promise<void>;
}

/** Starts at 0 ms. */
export function createVirtualClock(): VirtualClock {
  return new SteppedClock();
}

/** How long a chain of promises may be for its end to be heard between two callbacks. */
const turnsBetween = 64;

/** And how long before it is taken that no callback will be asked for any more. */
const turnsAtEnd = 1024;

/** As many callbacks at one moment are taken for callbacks that ask for each other for ever. */
const endless = 1_000_000;

class SteppedClock implements VirtualClock {
  readonly #timers = new DueQueue();
  readonly #soon: DueEntry[] = [];
  /** How many at the front of `#soon` have run. */
  #soonDone = 0;
  #now = 0;
  #asked = 0;
  #running = false;

  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Disposable {
    if (!Number.isFinite(delayMs)) {
      throw new RangeError(`Expected a delay in milliseconds, got ${delayMs}.`);
    }
    const entry = this.#entry(this.#now + Math.max(0, delayMs), run);
    this.#timers.add(entry);
    return { [Symbol.dispose]: () => this.#timers.remove(entry) };
  }

  soon(run: () => void): void {
    this.#soon.push(this.#entry(this.#now, run));
  }

  advance(ms: number): void {
    const until = this.#now + duration(ms);
    this.#drive(() => this.#firstDue(until));
    this.#now = Math.max(this.#now, until);
  }

  runSoon(): void {
    this.#drive(() => this.#firstSoon());
  }

  stall(ms: number): void {
    this.#now += duration(ms);
    const waiting = this.#soon.splice(0).slice(this.#soonDone);
    this.#soonDone = 0;
    for (const { run } of waiting) this.soon(run);
  }

  settle(): Promise<void> {
    return this.advanceBy(0);
  }

  async advanceBy(ms: number): Promise<void> {
    const until = this.#now + duration(ms);
    const count = new CallbackCount();
    await hearPromises(turnsBetween);
    for (;;) {
      if (this.#firstDue(until) === undefined) await hearPromises(turnsAtEnd);
      const entry = this.#firstDue(until);
      if (entry === undefined) break;
      this.#run(entry, count);
      await hearPromises(turnsBetween);
    }
    this.#now = Math.max(this.#now, until);
  }

  #entry(dueAt: number, run: () => void): DueEntry {
    this.#asked += 1;
    return { dueAt, order: this.#asked, run, place: -1 };
  }

  #firstSoon(): DueEntry | undefined {
    return this.#soon[this.#soonDone];
  }

  #firstDue(until: number): DueEntry | undefined {
    const soon = this.#firstSoon();
    const timer = this.#timers.first;
    if (timer === undefined || timer.dueAt > until) return soon;
    return soon !== undefined && comesBefore(soon, timer) ? soon : timer;
  }

  #drive(next: () => DueEntry | undefined): void {
    if (this.#running) throw new Error("A callback of the clock cannot drive the clock.");
    const count = new CallbackCount();
    for (let entry = next(); entry !== undefined; entry = next()) this.#run(entry, count);
  }

  /** The entry leaves its queue first: when it throws, the rest stands as if it had returned. */
  #run(entry: DueEntry, count: CallbackCount): void {
    // After a stall, what was due before it runs late; the clock does not go back for it.
    this.#now = Math.max(this.#now, entry.dueAt);
    count.add(this.#now);
    if (entry === this.#firstSoon()) this.#takeSoon();
    else this.#timers.remove(entry);
    this.#running = true;
    try {
      entry.run();
    } finally {
      this.#running = false;
    }
  }

  /**
   * Moves a mark instead of the array, which is cut now and then: each is taken in constant time.
   */
  #takeSoon(): void {
    this.#soonDone += 1;
    if (this.#soonDone * 2 < this.#soon.length) return;
    this.#soon.splice(0, this.#soonDone);
    this.#soonDone = 0;
  }
}

/** Counts what one call runs at one moment. */
class CallbackCount {
  #at = -1;
  #callbacks = 0;

  add(now: number): void {
    if (now !== this.#at) this.#callbacks = 0;
    this.#at = now;
    this.#callbacks += 1;
    if (this.#callbacks <= endless) return;
    throw new Error(`${endless} callbacks ran at ${now} ms: they ask for each other for ever.`);
  }
}

async function hearPromises(turns: number): Promise<void> {
  const settled = Promise.resolve();
  for (let turn = 0; turn < turns; turn++) await settled;
}

function duration(ms: number): number {
  if (Number.isFinite(ms) && ms >= 0) return ms;
  throw new RangeError(`Expected a duration of 0 ms or more, got ${ms}.`);
}
