/** Counts what becomes of messages: each one lost has exactly one cause. */
import { type LossCause, lossCauses } from "../core/loss.ts";

/** A copy of a node's counters, from its start on. */
export interface ServiceStats {
  /** Calls of `send` with a message that could be sent: to mailboxes of this node and of others. */
  readonly sent: number;
  /** Messages put into mailboxes of this node, from here and from others, notices aside. */
  readonly delivered: number;
  /** Messages that this node knows not to have arrived, by cause. */
  readonly lost: Readonly<Record<LossCause, number>>;
  /** Links of this node that were closed because the peer broke the wire protocol. */
  readonly violations: number;
}

export class Counters {
  sent = 0;
  delivered = 0;
  violations = 0;
  readonly #lost = new Map<LossCause, number>();

  lost(cause: LossCause, count = 1): void {
    if (count > 0) this.#lost.set(cause, (this.#lost.get(cause) ?? 0) + count);
  }

  snapshot(): ServiceStats {
    const entries = lossCauses.map((cause) => [cause, this.#lost.get(cause) ?? 0] as const);
    const lost = Object.fromEntries(entries) as Record<LossCause, number>;
    return Object.freeze({
      sent: this.sent,
      delivered: this.delivered,
      lost: Object.freeze(lost),
      violations: this.violations,
    });
  }
}
