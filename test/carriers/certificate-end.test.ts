import { expect, test } from "vitest";
import { createFromSpec } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { authority, leafOf, pem } from "../cluster/made-certificates.ts";

test("a node whose certificate ends in two days says so when it begins to listen", async () => {
  const issuer = await authority({ from: -300, to: 300 });
  const leaf = await leafOf(issuer, { from: -200, to: 2.5 });
  const telemetry = createRecordingTelemetry();
  const warned: object[] = [];
  const logger = { ...nullLogger, warn: (fields: object) => void warned.push(fields) };
  const nodes = [{ id: 1, address: "127.0.0.1:9", listen_address: "127.0.0.1:0" }];
  const spec = { nodes, ...pem(leaf, issuer.certPem) };
  const service = await createFromSpec(spec, 1, { telemetry, logger });

  expect(telemetry.eventsOf("certificate_expiring")).toEqual([]);
  await service.start();
  expect(telemetry.eventsOf("certificate_expiring")).toMatchObject([
    { certificate: "node", subject: "CN=1", daysLeft: 2 },
  ]);
  expect(warned).toMatchObject([{ event: "certificate_expiring", node: "1", daysLeft: 2 }]);
  await service.terminate();
});
