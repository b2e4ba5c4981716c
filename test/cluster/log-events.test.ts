import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noClustering } from "../../src/cluster/create.ts";
import { eventTypes } from "../../src/cluster/diagnostics.ts";
import { logTelemetry } from "../../src/cluster/log-events.ts";
import type { ClusterLogger } from "../../src/cluster/logger.ts";
import { lossCauses } from "../../src/core/loss.ts";
import type { TelemetryEvent } from "../../src/ports/telemetry.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";
import { readRows } from "../operating-document.ts";
import { sampleEvents } from "./sample-events.ts";

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

const unknownDetails = { from: undefined, to: undefined, size: undefined, typeName: undefined };

function hostileError(): Error {
  const error = new Error("never shown");
  Object.defineProperty(error, "message", {
    get() {
      throw new Error("never");
    },
  });
  return error;
}

function textsOf(fields: object | undefined): string[] {
  return Object.values(fields ?? {}).flatMap((value) =>
    typeof value === "object" && value !== null ? textsOf(value) : [String(value)],
  );
}

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
    ["warn", { type: "configuration_refused", changed: "spec", reason: "a mistake" }],
    ["warn", { type: "messages_lost", cause: "mailbox_full", count: 2, ...unknownDetails }],
    ["debug", { type: "messages_lost", cause: "closed", count: 1, ...unknownDetails }],
    ["error", { type: "protocol_violation", peer: "2", rule: "a rule" }],
    ["error", { type: "callback_failed", callback: "callback", error: new Error("x") }],
  ])("has a line of level %s for %j", (level, event) => {
    const [line] = logged(event);

    expect(line).toMatchObject({ level, fields: { node: "1", event: event.type } });
    expect(line?.message).not.toBe("");
  });

  test("has the events and levels of docs/operating.md, and no others", () => {
    const variants = sampleEvents.flatMap((event): TelemetryEvent[] => {
      if (event.type === "messages_lost") return lossCauses.map((cause) => ({ ...event, cause }));
      if (event.type !== "handshake_failed") return [event];
      return (["tls", "cluster"] as const).flatMap((stage) =>
        [true, false].map((lasting) => ({ ...event, stage, lasting })),
      );
    });
    const given = variants.map((event) => `${logged(event)[0]?.level} ${event.type}`);
    const documented = readRows("The log", "level").map(([level, event]) => `${level} ${event}`);

    expect([...documented].sort()).toEqual([...new Set(given)].sort());
    expect(new Set(variants.map(({ type }) => type))).toEqual(new Set(eventTypes));
  });

  test("warns of a certificate with whose it is and how long it has", () => {
    const expiring = { type: "certificate_expiring", certificate: "authority" } as const;
    const of = { subject: "CN=ca\nO=us", validTo: "2030-01-01T00:00:00.000Z" };
    const lines = logged({ ...expiring, ...of, daysLeft: 1 }, { ...expiring, ...of, daysLeft: -1 });

    expect(lines.map(({ message }) => message)).toEqual([
      "The authority certificate of CN=ca, O=us ends in 1 day, at 2030-01-01T00:00:00.000Z: from then on no new link is made.",
      "The authority certificate of CN=ca, O=us has ended, at 2030-01-01T00:00:00.000Z: from then on no new link is made.",
    ]);
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

  test("is one line of plain text for whatever a peer or a stranger makes up", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 400 }),
      fc.string({ unit: fc.constantFrom("\n", "\r", "\u001b[2J", "\u2028", "\u202e", "\0", "%s") }),
    );
    fc.assert(
      fc.property(text, text, (one, other) => {
        const lines = logged(
          { type: "link_down", peer: "2", reason: one },
          { type: "stranger_refused", from: other, reason: one, untold: 0 },
          { type: "protocol_violation", peer: "2", rule: other },
          { type: "handshake_failed", peer: "2", stage: "tls", reason: one, lasting: true },
          {
            ...{ type: "messages_lost", cause: "unknown_type", count: 1, ...unknownDetails },
            typeName: other,
          },
        );

        expect(lines).toHaveLength(5);
        for (const { message, fields } of lines) {
          for (const shown of [message, ...textsOf(fields)]) {
            expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
            expect(shown.length).toBeLessThan(400);
          }
        }
      }),
      { numRuns: 300 },
    );
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

  test("has four lines a second at most for a link that flaps, and its last state", () => {
    const { logger, lines } = recordingLogger();
    const clock = createVirtualClock();
    const telemetry = logTelemetry(logger, "1", clock);
    const perSecond = new Map<number, number>();
    for (let i = 0; i < 10_000; i++) {
      const before = lines.length;
      telemetry.emit({ type: "link_up", peer: "2", epoch: "00000000000000aa" });
      telemetry.emit({ type: "dial_failed", peer: "2", reason: `refused ${i}` });
      telemetry.emit({ type: "link_down", peer: "2", reason: `cut ${i}` });
      clock.advance(20);
      // The first few are told as they come.
      const second = Math.floor((i * 20) / 1_000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + lines.length - before);
    }
    telemetry.emit({ type: "link_up", peer: "2", epoch: "00000000000000bb" });
    clock.advance(10_000);

    const [first = 0, ...others] = perSecond.values();
    expect(first).toBeLessThanOrEqual(25);
    expect(Math.max(...others)).toBeLessThanOrEqual(4);
    expect(lines.length).toBeLessThan(150);
    expect(lines.at(-1)?.fields).toMatchObject({ event: "link_up", epoch: "00000000000000bb" });
    const changes = lines.filter(({ fields }) => Reflect.get(fields, "event").startsWith("link_"));
    const told = changes.map(({ fields }) => 1 + (Reflect.get(fields, "suppressed") ?? 0));
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(20_001);
  });

  test("of a node that stops has the last state of its links, and leaves no timer", () => {
    const { logger, lines } = recordingLogger();
    const clock = createVirtualClock();
    const telemetry = logTelemetry(logger, "1", clock);
    for (let i = 0; i < 20; i++) {
      telemetry.emit({ type: "link_up", peer: "2", epoch: "00000000000000aa" });
      telemetry.emit({ type: "link_down", peer: "2", reason: `cut ${i}` });
    }
    telemetry.emit({ type: "stopped" });

    expect(lines.slice(-2).map(({ message }) => message)).toEqual([
      "Link to node 2 is down: cut 19.",
      "Stopped.",
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("tells once a minute of a peer that breaks the same rule on every new link", () => {
    const { logger, lines } = recordingLogger();
    const clock = createVirtualClock();
    const telemetry = logTelemetry(logger, "1", clock);
    for (let i = 0; i < 1_000; i++) {
      const rule = `a frame of ${i} bytes, where 100 are allowed`;
      telemetry.emit({ type: "protocol_violation", peer: "2", rule });
      telemetry.emit({ type: "protocol_violation", peer: "3", rule: "another" });
      clock.advance(150);
    }

    const of = (peer: string) =>
      lines
        .filter(({ fields }) => Reflect.get(fields, "peer") === peer)
        .map(({ fields }) => fields);
    expect(of("2")).toHaveLength(3);
    expect(of("3")).toHaveLength(3);
    expect(of("2")[1]).toMatchObject({ suppressed: 399 });
  });

  test("is not filled by a peer that finds another rule to break each time", () => {
    const { logger, lines } = recordingLogger();
    const clock = createVirtualClock();
    const telemetry = logTelemetry(logger, "1", clock);
    for (let i = 0; i < 60_000; i++) {
      const rule = `rule ${"x".repeat(i % 997)}`;
      telemetry.emit({ type: "protocol_violation", peer: "2", rule });
      clock.advance(1);
    }

    expect(lines.length).toBeLessThan(25);
  });

  test.each<[string, unknown, string]>([
    ["an error", new RangeError(`no\n${"x".repeat(500)}`), "no\u{fffd}xxx"],
    ["a text", "plainly\u001b[31m wrong", "plainly\u{fffd}[31m wrong"],
    ["nothing", undefined, "undefined"],
    ["a symbol", Symbol("s"), "Symbol(s)"],
    ["what has no text", Object.create(null), "something that cannot be shown"],
    ["what throws when it is looked at", hostileError(), "something that cannot be shown"],
    [
      "what throws when it is made text",
      {
        toString() {
          throw new Error("never");
        },
      },
      "something that cannot be shown",
    ],
  ])("shows %s that a callback threw in one bounded line", (_what, error, shown) => {
    const [line] = logged({ type: "callback_failed", callback: "status callback", error });

    expect(line?.message).toContain(shown);
    for (const text of textsOf(line?.fields)) {
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(text.length).toBeLessThanOrEqual(1_000);
    }
  });

  test("shows what was thrown, or was refused, as sentences of one line", () => {
    const error = new Error("Expected more.");
    const [threw, refused] = logged(
      { type: "callback_failed", callback: "telemetry", error },
      { type: "configuration_refused", changed: "spec", reason: "2 mistakes:\n  a.\n  b." },
    );

    expect(threw?.message).toBe("A telemetry threw: Expected more.");
    expect(refused?.message).toMatch(/: 2 mistakes: a\. b\.$/);
  });

  test("that fails later, in a promise, takes nobody with it", async () => {
    const failing = () => Promise.reject(new Error("disk full"));
    const logger = { error: failing, warn: failing, info: failing, debug: failing, trace: failing };
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", listener);
    logTelemetry(logger, "1", createVirtualClock()).emit({ type: "stopped" });
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", listener);

    expect(unhandled).toEqual([]);
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
