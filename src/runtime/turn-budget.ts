/**
 * How much the consumers of a node may do before the event loop has its turn.
 *
 * A consumer works in promise jobs, and what it does can give the next one work: two that answer
 * each other would keep timers and sockets waiting for ever, each with little to do at a time. So
 * the account is one for all of them, and runs from turn to turn of the loop (`Clock.soon`), not
 * from drain to drain. Who finds it spent goes on in the next turn, those first who had nothing of
 * this one.
 *
 * The clock is not read for each message, which would cost as much as to hand it over: twice as
 * many are handled each time, up to a few dozen.
 */
import type { Clock } from "../ports/clock.ts";

const messagesOfTurn = 10_000;
const turnMs = 5;
const mostBetweenLooks = 64;

/** One that has messages left to handle. May not throw. */
export interface Drain {
  drain(): void;
}

export class TurnBudget {
  readonly #clock: Clock;
  #open = false;
  #left = 0;
  #until = 0;
  #betweenLooks = 1;
  #beforeLook = 1;
  #waiting: Drain[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** So many messages may be handled, and are then to be `spent`. 0: wait for the next turn. */
  grant(): number {
    if (!this.#open) this.#begin();
    return Math.min(this.#left, this.#beforeLook);
  }

  spend(messages: number): void {
    this.#left -= messages;
    this.#beforeLook -= messages;
    if (this.#beforeLook > 0) return;
    if (this.#clock.now() >= this.#until) this.#left = 0;
    this.#betweenLooks = Math.min(this.#betweenLooks * 2, mostBetweenLooks);
    this.#beforeLook = this.#betweenLooks;
  }

  /** Goes on with the drain in the next turn. */
  wait(drain: Drain): void {
    this.#waiting.push(drain);
  }

  #begin(): void {
    this.#open = true;
    this.#left = messagesOfTurn;
    this.#until = this.#clock.now() + turnMs;
    this.#betweenLooks = 1;
    this.#beforeLook = 1;
    this.#clock.soon(() => this.#next());
  }

  #next(): void {
    this.#open = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    let served = 0;
    for (const drain of waiting) {
      if (this.grant() === 0) break;
      served += 1;
      drain.drain();
    }
    if (served < waiting.length) this.#waiting = [...waiting.slice(served), ...this.#waiting];
  }
}
