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
