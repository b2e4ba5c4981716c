/**
 * The account of what becomes of messages: across the nodes of a cluster in which nothing moves,
 * `sent` is `delivered` plus everything in `lost`.
 *
 * Each message is in one place of it at a time, on one node. It is delivered when it is put into a
 * mailbox, and moves to a cause when it is thrown out of there again. Notices that a node puts into
 * its own mailboxes were never sent, and are in no count.
 */
import { UnknownTypeError } from "../core/instance-form.ts";
import { type LossCause, lossCauses } from "../core/loss.ts";
import type { Incarnation, MailboxRef } from "../core/mailbox-id.ts";
import { SampleLimit } from "../core/sample-limit.ts";
import type { Clock } from "../ports/clock.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { type LossDetails, type LossSample, LossStream, sampleOf } from "./loss-stream.ts";

/** A copy of a node's counters, from its start on. */
export interface ServiceStats {
  /** Calls of `send` with a message that could be sent: to mailboxes of this node and of others. */
  readonly sent: number;
  /**
   * Messages put into mailboxes of this node, from here and from others, and not thrown out again:
   * those received, and those that wait. Notices are not among them.
   */
  readonly delivered: number;
  /** Messages that did not arrive, as far as this node is the one to know, by cause. */
  readonly lost: Readonly<Record<LossCause, number>>;
  /** Links of this node that were closed because the peer broke the wire protocol. */
  readonly violations: number;
}

export interface LedgerPorts {
  readonly self: Incarnation;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** One event of telemetry in so many milliseconds for each cause. */
const reportPauseMs = 1_000;

/** What has been lost under one cause, and what telemetry has been told of it. */
class CauseCount {
  count = 0;
  untold = 0;
  details: LossDetails = {};
  readonly limit = new SampleLimit(1, reportPauseMs);
}

export class Ledger {
  sent = 0;
  delivered = 0;
  violations = 0;
  /** Messages thrown out of mailboxes so far: `delivered` has been lowered by so many. */
  withdrawn = 0;
  /** Whose account it is: the `from` of what is lost on its way out. */
  readonly self: Incarnation;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #counts = new Map<LossCause, CauseCount>();
  readonly #streams = new Set<LossStream>();
  #ended = false;

  constructor(ports: LedgerPorts) {
    this.self = ports.self;
    this.#clock = ports.clock;
    this.#telemetry = ports.telemetry;
  }

  /** Messages that were sent are lost. `details` are of the last of them, as far as known. */
  lost(cause: LossCause, details: LossDetails, count = 1): void {
    if (count <= 0) return;
    const found = this.#countOf(cause);
    found.count += count;
    found.untold += count;
    found.details = details;
    if (found.limit.allows(this.#clock.now())) this.#report(cause, found);
    if (this.#streams.size === 0) return;
    for (const stream of this.#streams) stream.lost(cause, details, count);
  }

  /** A message came that could not be decoded. */
  undecoded(error: unknown, details: LossDetails): void {
    if (!(error instanceof UnknownTypeError)) {
      this.lost("unreadable", details);
      return;
    }
    const { typeName, cause } = error;
    this.lost("unknown_type", { ...details, typeName });
    // Without a cause, no code of the user's had a part in it.
    if (cause === undefined) return;
    const callback = `decode of ${JSON.stringify(typeName)}`;
    this.#telemetry.emit({ type: "callback_failed", callback, error: cause });
  }

  /** Messages that counted as delivered are thrown out of their mailbox. */
  thrownOut(cause: LossCause, details: LossDetails, count = 1): void {
    this.delivered -= count;
    this.withdrawn += count;
    this.lost(cause, details, count);
  }

  /** Of messages lost under one cause it has turned out that another was it. */
  move(change: { readonly from: LossCause; readonly to: LossCause; readonly count: number }): void {
    this.#lower(change.from, change.count);
    this.lost(change.to, { from: this.self.nodeId }, change.count);
  }

  /** Messages in doubt have arrived: the peer counts them, as delivered or as lost. */
  arrivedAfterAll(count: number): void {
    this.#lower("in_doubt", count);
  }

  /** One of the mailboxes of this node, for details. */
  mailbox(number: number): MailboxRef {
    return { ...this.self, number };
  }

  snapshot(): ServiceStats {
    const entries = lossCauses.map((cause) => [cause, this.#counts.get(cause)?.count ?? 0]);
    const lost = Object.fromEntries(entries) as Record<LossCause, number>;
    return Object.freeze({
      sent: this.sent,
      delivered: this.delivered,
      lost: Object.freeze(lost),
      violations: this.violations,
    });
  }

  /** Tells of the losses from now on. */
  losses(): AsyncIterableIterator<LossSample, undefined> {
    const stream = new LossStream(this.#clock, (left) => this.#streams.delete(left));
    if (this.#ended) stream.end();
    else this.#streams.add(stream);
    return stream;
  }

  /** Tells telemetry of what it was spared so far. */
  reportAll(): void {
    for (const [cause, found] of this.#counts) {
      if (found.untold > 0) this.#report(cause, found);
    }
  }

  /** Nothing is lost any more. */
  end(): void {
    this.reportAll();
    this.#ended = true;
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
  }

  #countOf(cause: LossCause): CauseCount {
    const known = this.#counts.get(cause);
    if (known !== undefined) return known;
    const found = new CauseCount();
    this.#counts.set(cause, found);
    return found;
  }

  #lower(cause: LossCause, count: number): void {
    this.#countOf(cause).count -= count;
  }

  #report(cause: LossCause, found: CauseCount): void {
    const sample = sampleOf(cause, found.details, found.untold);
    found.untold = 0;
    found.details = {};
    this.#telemetry.emit({ type: "messages_lost", ...sample });
  }
}
