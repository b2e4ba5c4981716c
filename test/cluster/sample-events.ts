/** An event of each type, in the order in which `docs/operating.md` has their channels. */
import type { TelemetryEvent } from "../../src/ports/telemetry.ts";

const samples: { readonly [T in TelemetryEvent["type"]]: Extract<TelemetryEvent, { type: T }> } = {
  listening: { type: "listening", address: "127.0.0.1:20000" },
  stopped: { type: "stopped" },
  resolving: { type: "resolving", peer: "2", host: "b.example" },
  resolve_slow: { type: "resolve_slow", peer: "2", host: "b.example", tookMs: 2_000 },
  resolved: { type: "resolved", peer: "2", host: "b.example", ip: "127.0.0.1", tookMs: 3.7 },
  resolve_failed: { type: "resolve_failed", peer: "2", host: "b.example", reason: "ENOTFOUND" },
  dial_failed: { type: "dial_failed", peer: "2", reason: "refused" },
  link_up: { type: "link_up", peer: "2", epoch: "00000000000000aa" },
  link_down: { type: "link_down", peer: "2", reason: "gone" },
  handshake_failed: {
    type: "handshake_failed",
    peer: "2",
    stage: "tls",
    reason: "a reason",
    lasting: true,
  },
  stranger_refused: {
    type: "stranger_refused",
    from: "10.0.0.1:9",
    reason: "a reason",
    untold: 0,
  },
  protocol_violation: { type: "protocol_violation", peer: "2", rule: "a rule" },
  messages_lost: {
    type: "messages_lost",
    cause: "mailbox_full",
    count: 2,
    from: "1",
    to: "2-00000000000000aa-1",
    size: 8,
    typeName: "Order",
  },
  certificate_expiring: {
    type: "certificate_expiring",
    certificate: "node",
    subject: "CN=1",
    validTo: "2030-01-01T00:00:00.000Z",
    daysLeft: 3,
  },
  callback_failed: { type: "callback_failed", callback: "callback", error: new Error("x") },
  configuration_notice: { type: "configuration_notice", notice: "look" },
  configuration_refused: { type: "configuration_refused", changed: "spec", reason: "a reason" },
};

export const sampleEvents: readonly TelemetryEvent[] = Object.values(samples);
