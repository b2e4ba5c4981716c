/**
 * Decides whether a silent peer is still there. Pure: it is asked with the time, and answers.
 *
 * Any byte read proves life. Both sides send a ping when they have sent nothing else for
 * `pingInterval`, so that between two healthy nodes no silence lasts much longer than that. A peer
 * is gone when nothing has been read for `deadlineInterval`, or when `maxPingFailures` pings in a
 * row got no byte in return, each within a `pingInterval`.
 *
 * The stall rule: Node runs timers before it reads sockets. After this process itself has stood
 * still, the timer would find a long silence with the peer's bytes waiting behind it. So a silence
 * makes a suspicion first; the caller lets one round of input pass and asks for the verdict then.
 * If the check that found the silence came late by d, the verdict waits for d more, since the peer
 * may have been kept waiting by us. All waits in one silence together are at most one
 * `pingInterval`, so that a process which is late for ever still finds a dead peer.
 */
export interface TickSettings {
  /** Milliseconds without sending after which a ping is sent. */
  readonly pingIntervalMs: number;
  /** Milliseconds without reading after which the peer is gone. */
  readonly deadlineMs: number;
  readonly maxPingFailures: number;
}

export type Check =
  /** All is well, or not yet known: ask again after so long. */
  | { readonly type: "wait"; readonly delayMs: number }
  /** As `wait`, and a ping is due now. */
  | { readonly type: "ping"; readonly delayMs: number }
  /** Too long a silence: read what is waiting, then ask `gone`. */
  | { readonly type: "suspect" };

export class FaultDetector {
  readonly #settings: TickSettings;
  #readAt: number;
  #sentAt: number;
  #pingedAt: number;
  #pingsUnanswered = 0;
  #dueAt: number;
  /** Until when a verdict waits, because this process itself stood still. */
  #graceUntil: number;
  /** How much longer verdicts on this silence may wait. */
  #graceLeftMs: number;

  constructor(settings: TickSettings, now: number) {
    this.#settings = settings;
    this.#readAt = now;
    this.#sentAt = now;
    this.#pingedAt = now;
    this.#dueAt = now + settings.pingIntervalMs;
    this.#graceUntil = now;
    this.#graceLeftMs = settings.pingIntervalMs;
  }

  onRead(now: number): void {
    this.#readAt = now;
    this.#pingsUnanswered = 0;
    this.#graceLeftMs = this.#settings.pingIntervalMs;
  }

  onSent(now: number): void {
    this.#sentAt = now;
  }

  check(now: number): Check {
    if (this.#silentTooLong(now)) {
      this.#allowFor(now - this.#dueAt, now);
      return { type: "suspect" };
    }
    const pingDue = now - this.#sentAt >= this.#settings.pingIntervalMs;
    if (pingDue) {
      this.#pingsUnanswered += 1;
      this.#pingedAt = now;
      this.#sentAt = now;
    }
    return { type: pingDue ? "ping" : "wait", delayMs: this.#plan(now) };
  }

  /** The verdict after a suspicion: `true`, or how long to wait for the next check. */
  gone(now: number): true | { readonly delayMs: number } {
    if (!this.#silentTooLong(now)) return { delayMs: this.#plan(now) };
    if (now >= this.#graceUntil) return true;
    this.#dueAt = this.#graceUntil;
    return { delayMs: this.#graceUntil - now };
  }

  /** A check that came late by `lateMs` lets the verdict wait for as long. */
  #allowFor(lateMs: number, now: number): void {
    // A tenth is what timers are late by on a busy day; beyond it the process stood still.
    if (lateMs <= this.#settings.pingIntervalMs / 10) return;
    const graceMs = Math.min(lateMs, this.#graceLeftMs);
    this.#graceLeftMs -= graceMs;
    this.#graceUntil = now + graceMs;
  }

  #silentTooLong(now: number): boolean {
    const { deadlineMs, maxPingFailures, pingIntervalMs } = this.#settings;
    if (now - this.#readAt >= deadlineMs) return true;
    return this.#pingsUnanswered >= maxPingFailures && now - this.#pingedAt >= pingIntervalMs;
  }

  #plan(now: number): number {
    const { deadlineMs, pingIntervalMs } = this.#settings;
    const next = Math.min(this.#sentAt + pingIntervalMs, this.#readAt + deadlineMs);
    this.#dueAt = Math.max(now, next);
    return this.#dueAt - now;
  }
}
