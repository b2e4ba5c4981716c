/** What becomes of a message too many in a mailbox that takes only so many. */
import type { TurnTime } from "./arrivals.ts";

/**
 * `reject`: `send` is `false`. `drop_oldest`: the message that has waited longest goes.
 * `drop_newest`: the message that came last goes, and its sender is not told. `close`: the mailbox
 * is closed.
 */
export type Overflow = "reject" | "drop_oldest" | "drop_newest" | "close";

export const overflows: readonly Overflow[] = Object.freeze([
  "reject",
  "drop_oldest",
  "drop_newest",
  "close",
]);

/** How a mailbox is bounded, and whom its queue tells of what the bound did. */
export interface Bound {
  readonly maxMessages: number;
  readonly overflow: Overflow;
  /** What the messages' ages are counted by, if by anything. */
  readonly time?: TurnTime;
  /** A message whose sender was told `true` has been dropped. */
  dropped(): void;
  /** Is to close the mailbox. The message too many is out of it already. */
  close(): void;
}

/** What is to be done about a message too many. */
export interface Verdict {
  /** Which message goes. */
  readonly goes: "oldest" | "newest";
  /** Whether the sender of the newest is told, if it still can be. */
  readonly refused: boolean;
  readonly closes: boolean;
}

export const verdicts: Readonly<Record<Overflow, Verdict>> = Object.freeze({
  reject: { goes: "newest", refused: true, closes: false },
  drop_oldest: { goes: "oldest", refused: false, closes: false },
  drop_newest: { goes: "newest", refused: false, closes: false },
  close: { goes: "newest", refused: true, closes: true },
});
