/**
 * Tells that somebody was refused, but no more often than a person can read: once a second for each
 * address and kind of refusal, and for so many of these at once. What is beyond is only counted.
 */
import type { Clock } from "../../ports/clock.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { formatHostPort } from "./endpoint.ts";

export interface Stranger {
  readonly ip: string;
  readonly port: number;
}

const intervalMs = 1000;
const maxKinds = 64;

export class StrangerReports {
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  /** When each kind was told last, the oldest first. */
  readonly #toldAt = new Map<string, number>();
  #untold = 0;

  constructor(options: { readonly clock: Clock; readonly telemetry: Telemetry }) {
    this.#clock = options.clock;
    this.#telemetry = options.telemetry;
  }

  /** `kind` tells refusals apart without the words that a stranger may have put into `reason`. */
  refused(stranger: Stranger, kind: string, reason: string): void {
    const now = this.#clock.now();
    for (const [key, at] of this.#toldAt) {
      if (now - at < intervalMs) break;
      this.#toldAt.delete(key);
    }
    const key = `${stranger.ip} ${kind}`;
    if (this.#toldAt.has(key) || this.#toldAt.size >= maxKinds) {
      this.#untold += 1;
      return;
    }
    this.#toldAt.set(key, now);
    const from = formatHostPort({ host: stranger.ip, port: stranger.port });
    const untold = this.#untold;
    this.#untold = 0;
    this.#telemetry.emit({ type: "stranger_refused", from, reason, untold });
  }
}
