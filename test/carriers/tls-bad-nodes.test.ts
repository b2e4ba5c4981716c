/** Whole services, one of which has a certificate that it should not be let in with. */
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../../measure/free-ports.ts";
import { createTlsCarrier } from "../../src/carriers/tls/tls-carrier.ts";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import { createFromSpec } from "../../src/cluster/create.ts";
import { type ClusterLogger, nullLogger } from "../../src/cluster/logger.ts";
import { tls13Suites } from "../../src/cluster/permitted-protocols.ts";
import type { ClusterSpec } from "../../src/cluster/spec.ts";
import { createSystemClock } from "../../src/cluster/system-clock.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { badCertificates } from "./bad-certificates.ts";
import type { Issued, TestAuthority } from "./certificates.ts";
import { specOf } from "./test-spec.ts";
import { eventually, identityOf, testAuthority } from "./tls-cluster.ts";

interface Line {
  readonly level: keyof ClusterLogger;
  readonly event: unknown;
  readonly message: string;
  readonly fields: object;
}

let authority: TestAuthority;
let own: Issued;
const services: ConnectionService[] = [];

beforeAll(async () => {
  authority = await testAuthority();
  own = await authority.issue({ names: [identityOf("1")] });
});

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.terminate()));
});

function writtenDown(): { lines: Line[]; logger: ClusterLogger } {
  const lines: Line[] = [];
  const write = (level: keyof ClusterLogger) => (fields: object, message?: string) => {
    lines.push({ level, event: Reflect.get(fields, "event"), message: message ?? "", fields });
  };
  const logger = {
    trace: write("trace"),
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
  return { lines, logger };
}

async function specWith(identity = identityOf("2")): Promise<ClusterSpec> {
  const [one, two] = await freePorts(2);
  return specOf(authority, own, [
    { id: 1, address: `127.0.0.1:${one}` },
    { id: 2, address: `127.0.0.1:${two}`, identity },
  ]);
}

/** A node 2 that does not look at its own certificate, as `createFromSpec` would. */
async function startCareless(spec: ClusterSpec, bad: Issued) {
  const telemetry = createRecordingTelemetry();
  const nodes = Array.isArray(spec.nodes) ? spec.nodes : [];
  const endpoints = nodes.map(({ id, address, identity }) => {
    const port = Number(address.split(":").at(-1));
    const where = { host: "127.0.0.1", port };
    const name = identity ?? identityOf(String(id));
    return [String(id), { address: where, listenAddress: where, identity: name }] as const;
  });
  const carrier = createTlsCarrier({
    thisNode: "2",
    nodes: () => new Map(endpoints),
    credentials: { ...bad, caPem: [authority.certPem] },
    tlsSuites: tls13Suites,
    clock: createSystemClock(),
    telemetry,
  });
  const service = await createFromSpec(spec, 2, { carrier, logger: nullLogger, telemetry });
  services.push(service);
  await service.start();
  return { service, telemetry };
}

describe("a node gets no link, and the others an error in their log, when its certificate", () => {
  const rows = badCertificates.filter(({ unpresentable }) => !unpresentable);

  test.each(rows.map((bad) => [bad.what, bad] as const))("%s", async (_, bad) => {
    const spec = await specWith(bad.identity);
    const { lines, logger } = writtenDown();
    const telemetry = createRecordingTelemetry();
    const one = await createFromSpec(spec, 1, { logger, telemetry });
    services.push(one);
    await one.start();
    const issued = await bad.make(authority);
    if (issued === undefined) throw new Error("Expected a certificate.");
    const two = await startCareless(spec, issued);

    await eventually(() => {
      expect(telemetry.eventsOf("handshake_failed")).toHaveLength(1);
      expect(telemetry.eventsOf("stranger_refused").length).toBeGreaterThan(0);
    });

    const [, reason] = bad.dialled;
    expect(telemetry.eventsOf("handshake_failed")).toEqual([
      { type: "handshake_failed", peer: "2", stage: "tls", reason, lasting: true },
    ]);
    expect(telemetry.eventsOf("stranger_refused")[0]?.reason).toBe(bad.knocking);
    expect(lines.filter(({ level }) => level === "error")).toMatchObject([
      { event: "handshake_failed", fields: { node: "1", peer: "2", stage: "tls" } },
    ]);
    expect(lines.filter(({ event }) => event === "stranger_refused")[0]?.level).toBe("warn");
    expect([...telemetry.eventsOf("link_up"), ...two.telemetry.eventsOf("link_up")]).toEqual([]);
    for (const service of [one, two.service]) {
      const other = service === one ? 2 : 1;
      const refused = service.connected(other, { timeout: 0 });
      await expect(refused).rejects.toMatchObject({ code: "REIGN_TIMEOUT" });
    }
  });
});

describe("a node does not even start when its certificate", () => {
  const rows = badCertificates.filter(({ unnoticed }) => !unnoticed);

  test.each(rows.map((bad) => [bad.what, bad] as const))("%s", async (_, bad) => {
    const spec = await specWith(bad.identity);
    const { certPem, keyPem } = (await bad.make(authority)) ?? { certPem: "", keyPem: "" };
    const made = createFromSpec({ ...spec, node_cert_pem: certPem, node_key_pem: keyPem }, 2, {
      logger: nullLogger,
    }).then((service) => services.push(service));

    const code = certPem === "" ? "REIGN_INVALID_SPEC" : "REIGN_INVALID_CERTIFICATE";
    await expect(made).rejects.toMatchObject({ code });
  });
});
