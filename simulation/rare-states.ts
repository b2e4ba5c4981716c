/**
 * States that a life of a cluster reaches now and then, and that the promises are there for. Lives
 * that never reach one of them prove nothing about it, so they are counted.
 */
import type { TelemetryEvent } from "reign";

/** The state that an event of a node shows, if it is a rare one. */
export function rareStateOf(event: TelemetryEvent): string | undefined {
  switch (event.type) {
    case "handshake_failed":
      return `a handshake fails: ${event.reason}`;
    case "link_down":
      return `a link ends: ${event.reason}`;
    case "messages_lost":
      return `messages are lost: ${event.cause}`;
    default:
      return undefined;
  }
}

/** Each is to be reached in so many of a thousand lives, on the average. */
export const reachedOfThousand = 10;

export const rareStates: readonly string[] = [
  "a fault: clock_jump",
  "a fault: clog",
  "a fault: crash",
  "a fault: cut",
  "a fault: half_open",
  "a fault: one_way",
  "a fault: partition",
  "a fault: pause",
  "a fault: slow",
  "a fault: stop",
  "a fault: swizzle",
  "a fault: twin",
  "a handshake fails: duplicate_node",
  "a handshake fails: simultaneous",
  "a link ends: a new link from the same node took over",
  "a link ends: closed by the other side",
  "a link ends: closed by this node",
  "a link ends: no sign of life from the peer",
  "a link ends: the connection broke (ECONNRESET)",
  "a link ends: the peer stopped",
  "a link ends: this node stopped",
  "a mailbox is closed over messages",
  "a mailbox is watched twice",
  "a mailbox of another incarnation is watched",
  "a mailbox with a name is closed",
  "a message goes to an address of an earlier run",
  "a message is refused by a link that is up",
  "a message overtakes another by a third node",
  "a message too large is refused, and the link stays",
  "a name has 2 claimants",
  "a name has 3 claimants",
  "a name has 4 claimants",
  "a node claims a name for another of its mailboxes",
  "a node is met in another incarnation",
  "a notice says closed",
  "a notice says noconnection",
  "a notice says noproc",
  "a send by name reaches three or more",
  "a small message follows big ones to the same mailbox",
  "a watch is taken back",
  "a watched mailbox is closed",
  "a watched mailbox is closed behind a big message",
  "an address of a third node travels",
  "messages are lost: closed",
  "messages are lost: in_doubt",
  "messages are lost: link_lost",
  "messages are lost: mailbox_full",
  "messages are lost: no_connection",
  "messages are lost: queue_full",
  "messages are lost: stale",
  "messages are lost: too_large",
  "somebody asks for room",
  "somebody waits for room",
  "there is no watch to take back",
  "two runs meet again",
];

/** How often each is reached in a thousand lives. */
export function reachedInThousand(
  sometimes: Readonly<Record<string, number>>,
  lives: number,
): ReadonlyMap<string, number> {
  return new Map(
    rareStates.map((label) => [label, ((sometimes[label] ?? 0) * 1_000) / Math.max(1, lives)]),
  );
}
