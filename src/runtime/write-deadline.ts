/**
 * Gives up a peer that takes nothing any more, where the settings ask for that
 * (`overload: "disconnect"`): when what was handed to the link has not been taken by the system for
 * `writeDeadline`, the peer does not read, or not to speak of.
 */
import type { Clock } from "../ports/clock.ts";

export class WriteDeadline {
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #onMissed: () => void;
  #timer: Disposable | undefined;

  constructor(clock: Clock, deadlineMs: number, onMissed: () => void) {
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
    this.#onMissed = onMissed;
  }

  /** Something has been handed to the link. */
  onHanded(): void {
    this.#timer ??= this.#clock.after(this.#deadlineMs, this.#onMissed);
  }

  /** All of it has been taken; if `blocked`, more has been handed over since. */
  onDrain(blocked: boolean): void {
    this.end();
    if (blocked) this.onHanded();
  }

  end(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
