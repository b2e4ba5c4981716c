import { describe, expect, test } from "vitest";
import { noClustering } from "../../src/cluster/create.ts";
import { logTelemetry } from "../../src/cluster/log-events.ts";
import type { ClusterLogger } from "../../src/cluster/logger.ts";
import type { TelemetryEvent } from "../../src/ports/telemetry.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";

function recordingLogger() {
  const lines: { level: string; fields: object; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields, message });
  const logger: ClusterLogger = {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    trace: at("trace"),
  };
  return { logger, lines };
}

function logged(...events: TelemetryEvent[]) {
  const { logger, lines } = recordingLogger();
  const clock = createVirtualClock();
  const telemetry = logTelemetry(logger, "1", clock);
  for (const event of events) telemetry.emit(event);
  return lines;
}

const unknownDetails = { from: undefined, to: undefined, size: undefined };

describe("the log", () => {
  test.each<[string, TelemetryEvent]>([
    ["info", { type: "listening", address: "127.0.0.1:20000" }],
    ["info", { type: "stopped" }],
    ["info", { type: "resolving", peer: "2", host: "b.example" }],
    ["info", { type: "resolved", peer: "2", host: "b.example", ip: "127.0.0.1", tookMs: 3.7 }],
    ["info", { type: "resolve_failed", peer: "2", host: "b.example", reason: "ENOTFOUND" }],
    ["info", { type: "dial_failed", peer: "2", reason: "refused" }],
    ["warn", { type: "link_up", peer: "2", epoch: "00000000000000aa" }],
    ["warn", { type: "link_down", peer: "2", reason: "gone" }],
    ["warn", { type: "stranger_refused", from: "10.0.0.1:9", reason: "a reason", untold: 0 }],
    ["warn", { type: "configuration_notice", notice: "look" }],
    ["warn", { type: "messages_lost", cause: "mailbox_full", count: 2, ...unknownDetails }],
    ["debug", { type: "messages_lost", cause: "closed", count: 1, ...unknownDetails }],
    ["error", { type: "protocol_violation", peer: "2", rule: "a rule" }],
    ["error", { type: "callback_failed", callback: "callback", error: new Error("x") }],
  ])("has a line of level %s for %j", (level, event) => {
    const [line] = logged(event);

    expect(line).toMatchObject({ level, fields: { node: "1", event: event.type } });
    expect(line?.message).not.toBe("");
  });

  test("wakes nobody for what rights itself", () => {
    const event = { type: "handshake_failed", peer: "2", stage: "cluster", reason: "r" } as const;

    expect(logged({ ...event, lasting: true })[0]?.level).toBe("error");
    expect(logged({ ...event, lasting: false })[0]?.level).toBe("debug");
  });

  test("is not written by those outside: their text is cut, and cannot end a line or colour it", () => {
    const evil = `x\n{"level":60}\r\u001b[31m\u202e${"y".repeat(10_000)}`;
    const lines = logged(
      { type: "link_down", peer: "2", reason: evil },
      { type: "stranger_refused", from: evil, reason: evil, untold: 0 },
      { type: "protocol_violation", peer: "2", rule: evil },
    );

    expect(lines).toHaveLength(3);
    for (const { message, fields } of lines) {
      for (const text of [message, ...Object.values(fields).map(String)]) {
        expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        expect(text.length).toBeLessThan(400);
      }
    }
  });

  test("has one line a second for strangers, which says how many it stands for", () => {
    const { logger, lines } = recordingLogger();
    const clock = createVirtualClock();
    const telemetry = logTelemetry(logger, "1", clock);
    for (let i = 0; i < 3_000; i++) {
      const from = `10.0.0.${i}`;
      telemetry.emit({ type: "stranger_refused", from, reason: "no certificate", untold: 2 });
      clock.advance(1);
    }

    expect(lines).toHaveLength(3);
    expect(lines[1]?.fields).toMatchObject({ suppressed: 999 + 2 * 1_000 });
  });

  test("has ten lines a second for one peer and kind, whatever it does to be told of", () => {
    const { logger, lines } = recordingLogger();
    const clock = createVirtualClock();
    const telemetry = logTelemetry(logger, "1", clock);
    for (let i = 0; i < 3_000; i++) {
      telemetry.emit({ type: "protocol_violation", peer: "2", rule: `rule ${i}` });
      if (i % 1_000 === 999) telemetry.emit({ type: "link_down", peer: "3", reason: "gone" });
      clock.advance(1);
    }

    expect(lines).toHaveLength(30 + 3);
    expect(lines[0]?.fields).not.toHaveProperty("suppressed");
    expect(lines[11]?.fields).toMatchObject({ rule: "rule 1000", suppressed: 990 });
    expect(lines[10]?.fields).not.toHaveProperty("suppressed");
  });

  test("that throws takes nobody with it", () => {
    const logger = new Proxy(
      {},
      {
        get: () => {
          throw new Error("disk full");
        },
      },
    );
    const telemetry = logTelemetry(logger as ClusterLogger, "1", createVirtualClock());

    expect(() => telemetry.emit({ type: "stopped" })).not.toThrow();
  });

  test("of a node without a network is silent", async () => {
    const { logger, lines } = recordingLogger();
    await noClustering({ logger }).terminate();

    expect(lines).toEqual([]);
  });
});
