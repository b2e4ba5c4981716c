import { describe, expect, test } from "vitest";
import { StrangerReports } from "../../src/carriers/tls/stranger-reports.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";

function made() {
  const clock = createVirtualClock();
  const telemetry = createRecordingTelemetry();
  const reports = new StrangerReports({ clock, telemetry });
  return {
    clock,
    refuse: (ip: string, kind = "tls") => reports.refused({ ip, port: 9 }, kind, "a reason"),
    told: () => telemetry.eventsOf("stranger_refused").map(({ from, untold }) => [from, untold]),
  };
}

describe("of those who are refused", () => {
  test("one of each address and kind is told in a second, and how many were not", () => {
    const { clock, refuse, told } = made();
    for (let i = 0; i < 100; i++) refuse("10.0.0.1");
    refuse("10.0.0.1", "late");
    clock.advance(1_000);
    refuse("::1");

    expect(told()).toEqual([
      ["10.0.0.1:9", 0],
      ["10.0.0.1:9", 99],
      ["[::1]:9", 0],
    ]);
  });

  test("no more than 64 are told in a second, whatever addresses they come from", () => {
    const { clock, refuse, told } = made();
    for (let i = 0; i < 10_000; i++) {
      refuse(`10.0.${i >> 8}.${i & 255}`);
      clock.advance(1);
    }

    clock.advance(1_000);
    refuse("10.1.0.1");

    expect(told().length).toBeLessThanOrEqual(10 * 64 + 1);
    expect(told().reduce((sum, [, untold]) => sum + 1 + Number(untold), 0)).toBe(10_001);
  });
});
