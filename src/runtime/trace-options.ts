/** What can be asked of a trace, and what it tells. */
import type { LossCause } from "../core/loss.ts";
import type { MailboxId, NodeId } from "../core/mailbox-id.ts";
import { type CompiledMatcher, compileMatcher, type Matcher } from "../core/matcher.ts";
import { checkOptionKeys } from "../core/option-keys.ts";
import { isAbortSignal } from "./receive-options.ts";

/**
 * A step of a message on this node. `"sent"`: `send` was called with it, and a mailbox or a link
 * took it. `"transferred"`: it was given to a link, or came over one. `"received"`: it was handed
 * over to who receives it. `"lost"`: `send` was `false`, or it came over a link and its mailbox did
 * not take it.
 */
export type TraceDirection = "sent" | "transferred" | "received" | "lost";

/** A step of one message, as a trace tells it. */
export interface TraceEvent {
  readonly direction: TraceDirection;
  /** Milliseconds of `service.clock`. */
  readonly at: number;
  /** The node that sent it: not known of one that is received, which may have waited. */
  readonly from: NodeId | undefined;
  /** The mailbox it is for. */
  readonly to: MailboxId;
  /** Its bytes, encoded, where it has come over a link, or was too large for one. */
  readonly size: number | undefined;
  /** Why it is lost, if it is. */
  readonly cause: LossCause | undefined;
  /** What is in it, cut to `maxTextLength`. It may hold secrets, as the message may. */
  readonly text: string;
  /** How many events that were wanted were left out since the one before. */
  readonly missed: number;
}

/** Which messages and steps a trace shows, how much of them, and when it ends. */
export interface TraceOptions {
  /**
   * Which messages: as for `receive`, a type guard or predicate, a class or a pattern. Default:
   * all. It is called while messages are sent and received: it should be quick and change nothing.
   * One that throws ends this trace with its error. What it sends itself is not traced by this
   * trace.
   */
  readonly match?: Matcher<unknown> | undefined;
  /** Which steps. Default: all. */
  readonly direction?: TraceDirection | readonly TraceDirection[] | undefined;
  /** Ends the trace when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** So many events in any second; the others are counted in `missed`. 1 to 10,000, default 100. */
  readonly maxEventsPerSecond?: number | undefined;
  /** How many characters `text` has at most. 0 to 10,000, default 200. */
  readonly maxTextLength?: number | undefined;
}

/** The options, checked. */
export interface TraceRequest {
  readonly matcher: CompiledMatcher<unknown> | undefined;
  readonly directions: ReadonlySet<TraceDirection>;
  readonly signal: AbortSignal | undefined;
  readonly maxEventsPerSecond: number;
  readonly maxTextLength: number;
}

const directions: readonly TraceDirection[] = ["sent", "transferred", "received", "lost"];
const keys = ["match", "direction", "signal", "maxEventsPerSecond", "maxTextLength"];

/** A `TypeError` or a `RangeError` for options that cannot be. */
export function checkTraceOptions(options: TraceOptions): TraceRequest {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Expected options such as { match, direction }, got ${String(options)}.`);
  }
  checkOptionKeys("trace", options, keys);
  const { match, signal, maxEventsPerSecond = 100, maxTextLength = 200 } = options;
  if (signal !== undefined && !isAbortSignal(signal)) {
    throw new TypeError(`Expected an AbortSignal as signal, got ${typeof signal}.`);
  }
  checkWhole("maxEventsPerSecond", maxEventsPerSecond, 1);
  checkWhole("maxTextLength", maxTextLength, 0);
  return {
    matcher: match === undefined ? undefined : compileMatcher<unknown>(match),
    directions: toDirections(options.direction),
    signal,
    maxEventsPerSecond,
    maxTextLength,
  };
}

const most = 10_000;

function checkWhole(name: string, given: unknown, least: number): void {
  if (typeof given !== "number") {
    throw new TypeError(`Expected a number as ${name}, got ${typeof given}.`);
  }
  if (Number.isInteger(given) && given >= least && given <= most) return;
  throw new RangeError(
    `Expected ${name} to be a whole number from ${least} to ${most}, got ${given}.`,
  );
}

function toDirections(given: unknown): ReadonlySet<TraceDirection> {
  if (given === undefined) return new Set(directions);
  const all: readonly unknown[] = Array.isArray(given) ? given : [given];
  return new Set(
    all.map((each) => {
      const known = directions.find((direction) => direction === each);
      if (known !== undefined) return known;
      const list = directions.map((direction) => JSON.stringify(direction)).join(", ");
      const got = typeof each === "string" ? JSON.stringify(each) : typeof each;
      throw new TypeError(`Expected direction to be of ${list}, got ${got}.`);
    }),
  );
}
