/**
 * Why a message did not arrive. Each message that was sent and not delivered counts once, under one
 * of these.
 */
export type LossCause =
  /** The mailbox was closed, or was closed with the message still in it. */
  | "closed"
  /** The bounded mailbox was full, and its policy refused or dropped a message. */
  | "mailbox_full"
  /** The address is of an incarnation that is gone. */
  | "stale"
  /** No link was up, or the node is not in the cluster. */
  | "no_connection"
  /** Larger than `maxMessageBytes`. */
  | "too_large"
  /** `maxPendingBytes` were waiting for the peer. */
  | "queue_full"
  /**
   * It was queued for a link that went down before it was handed over; or it was in doubt, and did
   * not arrive.
   */
  | "link_lost"
  /**
   * It was handed to a link that went down, and the peer has not said whether it arrived. Turns
   * into `link_lost`, or into nothing, when the two incarnations meet again; else it stays.
   */
  | "in_doubt"
  /** It arrived, but could not be read, or was for a node that this one does not pass on to. */
  | "unreadable"
  /** It arrived with an instance of a class that is not registered, or takes no such value. */
  | "unknown_type";

export const lossCauses: readonly LossCause[] = Object.freeze([
  "closed",
  "mailbox_full",
  "stale",
  "no_connection",
  "too_large",
  "queue_full",
  "link_lost",
  "in_doubt",
  "unreadable",
  "unknown_type",
]);
