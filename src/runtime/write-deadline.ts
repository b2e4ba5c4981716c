/**
 * Gives up a peer that takes nothing any more, where the settings ask for that
 * (`overload: "disconnect"`): when nothing of what was handed to the link has been taken by the
 * system for `writeDeadline`, the peer does not read, or not to speak of.
 */
import type { Clock } from "../ports/clock.ts";

export interface WriteDeadlinePorts {
  readonly clock: Clock;
  readonly deadlineMs: number;
  /** How many of the bytes that were ever handed to the link the system has taken. */
  takenBytes(): number;
  onMissed(): void;
}

export class WriteDeadline {
  readonly #ports: WriteDeadlinePorts;
  #timer: Disposable | undefined;
  /** What had been taken when the timer was set. */
  #takenBytes = 0;

  constructor(ports: WriteDeadlinePorts) {
    this.#ports = ports;
  }

  /** Something has been handed to the link. */
  onHanded(): void {
    if (this.#timer !== undefined) return;
    const { clock, deadlineMs } = this.#ports;
    this.#takenBytes = this.#ports.takenBytes();
    this.#timer = clock.after(deadlineMs, () => this.#check());
  }

  /** The system has taken all of it. */
  end(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #check(): void {
    this.#timer = undefined;
    if (this.#ports.takenBytes() > this.#takenBytes) this.onHanded();
    else this.#ports.onMissed();
  }
}
