import { describe, expect, test } from "vitest";
import {
  type CertificateWatchPorts,
  watchCertificates,
} from "../../src/cluster/certificate-watch.ts";
import type { CertificateSummary } from "../../src/cluster/credentials.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";

const day = 24 * 60 * 60 * 1000;
const begun = Date.parse("2030-01-01T00:00:00.000Z");

function valid(subject: string, fromDay: number, toDay: number): CertificateSummary {
  const at = (days: number) => new Date(begun + days * day).toISOString();
  const [validFrom, validTo] = [at(fromDay), at(toDay)];
  const rest = { issuer: "CN=ca", serialNumber: "1", fingerprint256: "AA", names: [] };
  return { subject, validFrom, validTo, ...rest };
}

function watch(credentials: Partial<ReturnType<CertificateWatchPorts["current"]>>) {
  const clock = createVirtualClock();
  const telemetry = createRecordingTelemetry();
  const long = valid("CN=long", -100, 1_000);
  const watched = watchCertificates({
    current: () => ({ leaf: long, intermediates: [], clusterCertificates: [long], ...credentials }),
    clock,
    telemetry,
    dateNow: () => begun + clock.now(),
  });
  return {
    clock,
    listening: () => watched.emit({ type: "listening", address: "here" }),
    stopped: () => watched.emit({ type: "stopped" }),
    told: () =>
      telemetry
        .eventsOf("certificate_expiring")
        .map(({ certificate, subject, daysLeft }) => `${certificate} ${subject} ${daysLeft}`),
  };
}

describe("a certificate that comes to its end", () => {
  test("is told of when the node begins to listen, and each day until it stops", async () => {
    const { clock, listening, stopped, told } = watch({ leaf: valid("CN=1", -300, 10.5) });
    await clock.advanceBy(day);
    expect(told()).toEqual([]);
    listening();
    expect(told()).toEqual(["node CN=1 9"]);
    await clock.advanceBy(2 * day);
    expect(told()).toEqual(["node CN=1 9", "node CN=1 8", "node CN=1 7"]);
    stopped();
    await clock.advanceBy(5 * day);

    expect(told()).toHaveLength(3);
    expect(clock.pendingTimers).toBe(0);
  });

  test("is told of from the fourteenth day before on, and still when it has ended", async () => {
    const { clock, listening, told } = watch({ leaf: valid("CN=1", -300, 16) });
    listening();
    await clock.advanceBy(day);
    expect(told()).toEqual([]);
    await clock.advanceBy(16 * day);

    expect(told()).toHaveLength(16);
    expect(told()[0]).toBe("node CN=1 14");
    expect(told().at(-1)).toBe("node CN=1 -1");
  });

  test("is told of in its last third, where it is made for less than six weeks", async () => {
    const { clock, listening, told } = watch({ leaf: valid("CN=1", 0, 7) });
    listening();
    await clock.advanceBy(4 * day);
    expect(told()).toEqual([]);
    await clock.advanceBy(day);

    expect(told()).toEqual(["node CN=1 2"]);
  });

  test("may be one between the node's and the authority's, or any authority's", () => {
    const { listening, told } = watch({
      intermediates: [valid("CN=between", -50, 3)],
      clusterCertificates: [valid("CN=old", -300, 1), valid("CN=new", -1, 300)],
    });
    listening();

    expect(told()).toEqual(["intermediate CN=between 3", "authority CN=old 1"]);
  });

  test("of a node that listens anew is watched once", async () => {
    const { clock, listening, told } = watch({ leaf: valid("CN=1", -300, 10) });
    listening();
    listening();
    await clock.advanceBy(day);

    expect(told()).toHaveLength(3);
    expect(clock.pendingTimers).toBe(1);
  });
});
