/**
 * Keeps a link that is up under watch: sends pings when nothing else is sent, finds out a peer that
 * is silent, and asks for a sign of life where somebody needs to know now. What the silence means
 * is decided in `core/fault-detector.ts`.
 */
import { FaultDetector } from "../core/fault-detector.ts";
import type { Clock } from "../ports/clock.ts";
import type { ServiceSettings } from "./settings.ts";

export interface LivenessPorts {
  readonly clock: Clock;
  readonly settings: ServiceSettings;
  /** The bytes that have come in, as far as the carrier counts them. */
  receivedBytes(): number;
  /** Sends a ping with this number. */
  ping(token: number): void;
  /** The peer has been silent for too long. */
  gone(): void;
}

/** The number of a ping whose answer nobody waits for. */
const plainPing = 0;

export class Liveness {
  readonly #ports: LivenessPorts;
  readonly #detector: FaultDetector;
  #timer: Disposable;
  /** Those who wait for a sign of life. */
  readonly #probes = new Set<(alive: boolean) => void>();
  #nextToken = plainPing + 1;
  /** What had been received when the peer was last heard. */
  #heardBytes: number;
  #ended = false;

  constructor(ports: LivenessPorts) {
    const { clock, settings } = ports;
    this.#ports = ports;
    this.#heardBytes = ports.receivedBytes();
    this.#detector = new FaultDetector(
      {
        pingIntervalMs: settings.pingInterval,
        deadlineMs: settings.deadlineInterval,
        maxPingFailures: settings.maxSequentialPingFailures,
      },
      clock.now(),
    );
    this.#timer = this.#checkAfter(settings.pingInterval);
  }

  /** Any byte is a sign of life, also one that was sent before a question arrived. */
  onRead(): void {
    this.#heard();
    if (this.#probes.size === 0) return;
    for (const answer of [...this.#probes]) answer(true);
  }

  onSent(): void {
    this.#detector.onSent(this.#ports.clock.now());
  }

  /** Asks for a sign of life. `done` is called once: with whether it came in time. */
  probe(timeoutMs: number, done: (alive: boolean) => void): void {
    const timer = this.#ports.clock.after(timeoutMs, () => answer(false));
    const answer = (alive: boolean) => {
      timer[Symbol.dispose]();
      if (this.#probes.delete(answer)) done(alive);
    };
    this.#probes.add(answer);
    this.#ports.ping(this.#nextToken++);
  }

  /** The link is down. */
  end(): void {
    this.#ended = true;
    this.#timer[Symbol.dispose]();
    for (const answer of [...this.#probes]) answer(false);
  }

  #heard(): void {
    this.#heardBytes = this.#ports.receivedBytes();
    this.#detector.onRead(this.#ports.clock.now());
  }

  /** Bytes of which nothing could be read yet are a sign of life as well. */
  #hearUnread(): void {
    if (this.#ports.receivedBytes() > this.#heardBytes) this.#heard();
  }

  #checkAfter(delayMs: number): Disposable {
    return this.#ports.clock.after(delayMs, () => this.#check());
  }

  #check(): void {
    this.#hearUnread();
    const check = this.#detector.check(this.#ports.clock.now());
    if (check.type === "suspect") {
      // Timers run before sockets are read: let what is waiting come in before the verdict.
      this.#ports.clock.soon(() => this.#judge());
      return;
    }
    if (check.type === "ping") this.#ports.ping(plainPing);
    this.#timer = this.#checkAfter(check.delayMs);
  }

  #judge(): void {
    if (this.#ended) return;
    this.#hearUnread();
    const verdict = this.#detector.gone(this.#ports.clock.now());
    if (verdict === true) {
      this.#ports.gone();
      return;
    }
    // While this process stood still it sent no pings: the peer may wait for one, as this node
    // does.
    this.#ports.ping(plainPing);
    this.#timer = this.#checkAfter(verdict.delayMs);
  }
}
