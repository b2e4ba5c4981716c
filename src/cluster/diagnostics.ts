/**
 * Publishes what a node tells of itself on channels of `node:diagnostics_channel`, one for each
 * type of event, for tools that were not given to the node. A channel that nobody listens to costs
 * the look whether somebody does.
 */
import { type Channel, channel } from "node:diagnostics_channel";
import type { NodeId } from "../core/mailbox-id.ts";
import type { Telemetry, TelemetryEvent } from "../ports/telemetry.ts";

type EventType = TelemetryEvent["type"];

/** The names are documented: a change breaks whoever listens. */
const channelNames: { readonly [T in EventType]: `reign.${T}` } = {
  listening: "reign.listening",
  stopped: "reign.stopped",
  resolving: "reign.resolving",
  resolve_slow: "reign.resolve_slow",
  resolved: "reign.resolved",
  resolve_failed: "reign.resolve_failed",
  dial_failed: "reign.dial_failed",
  link_up: "reign.link_up",
  link_down: "reign.link_down",
  handshake_failed: "reign.handshake_failed",
  stranger_refused: "reign.stranger_refused",
  protocol_violation: "reign.protocol_violation",
  messages_lost: "reign.messages_lost",
  certificate_expiring: "reign.certificate_expiring",
  callback_failed: "reign.callback_failed",
  configuration_notice: "reign.configuration_notice",
  configuration_refused: "reign.configuration_refused",
};

/** Every type of event. */
export const eventTypes: readonly EventType[] = Object.freeze(
  (Object.keys(channelNames) as EventType[]).sort(),
);

/** Each message is the event, and `nodeId`, since a process may have several nodes. */
export function diagnosticsTelemetry(nodeId: NodeId): Telemetry {
  const channels = new Map<EventType, Channel>(
    eventTypes.map((type) => [type, channel(channelNames[type])]),
  );
  return {
    emit(event) {
      const to = channels.get(event.type);
      // What a subscriber throws does not come here: Node raises it as an uncaught exception.
      if (to?.hasSubscribers) to.publish({ nodeId, ...event });
    },
  };
}
