/**
 * The time of a node for what happens often: its clock is read once in a turn of the event loop.
 */
import type { TurnTime } from "../core/arrivals.ts";
import type { Clock } from "../ports/clock.ts";

export class ClockedTurn implements TurnTime {
  turn = 0;
  readonly #clock: Clock;
  #ms: number | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  read(): number {
    if (this.#ms !== undefined) return this.#ms;
    // Whole, so that the engine need not box it.
    const ms = Math.floor(this.#clock.now());
    this.#ms = ms;
    this.#clock.soon(() => this.#end());
    return ms;
  }

  #end(): void {
    this.#ms = undefined;
    // Begins anew long before the engine would have to box it.
    this.turn = (this.turn + 1) % 2 ** 30;
  }
}
