import { expect, test } from "vitest";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";

test("events are kept in order, and can be had by type with what that type carries", () => {
  const telemetry = createRecordingTelemetry();
  telemetry.emit({ type: "link_up", peer: "b", epoch: "0123456789abcdef" });
  telemetry.emit({ type: "stopped" });
  telemetry.emit({ type: "link_up", peer: "c", epoch: "0123456789abcdef" });

  expect(telemetry.events.map(({ type }) => type)).toEqual(["link_up", "stopped", "link_up"]);
  expect(telemetry.eventsOf("link_up").map(({ peer }) => peer)).toEqual(["b", "c"]);
  expect(telemetry.eventsOf("link_down")).toEqual([]);
});

test("what was recorded can be forgotten, and recording goes on", () => {
  const telemetry = createRecordingTelemetry();
  const { events, emit } = telemetry;
  emit({ type: "stopped" });

  telemetry.clear();
  emit({ type: "listening", address: "memory:a" });

  expect(events).toEqual([{ type: "listening", address: "memory:a" }]);
});
