import { describe, expect, test } from "vitest";
import { createJsonCodec } from "../../src/codecs/json/json-codec.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { everyCodec, expectTable } from "../codecs/table-over-link.ts";
import { eventually } from "./tls-cluster.ts";
import { createTlsServices } from "./tls-services.ts";

describe.each(everyCodec)("with the %s codec", (_, createCodec) => {
  test("every value of the table arrives over TLS, and what is refused is refused", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const options = { codecs: [createCodec()] };
    const [one, two] = await Promise.all(["1", "2"].map((id) => cluster.start(id, options)));
    if (one === undefined || two === undefined) throw new Error("Expected two services.");
    await Promise.all([one.connected(2), two.connected(1)]);

    await expectTable(one, two, async () => {});
    expect(cluster.telemetry.eventsOf("link_down")).toEqual([]);
  });
});

test("nodes without a codec in common refuse each other by name over TLS", async () => {
  await using cluster = await createTlsServices(["1", "2"]);
  await cluster.start("1", { codecs: [createTermCodec()] });
  await cluster.start("2", { codecs: [createJsonCodec()] });

  await eventually(() =>
    expect(cluster.telemetry.eventsOf("handshake_failed")).toContainEqual(
      expect.objectContaining({ reason: "no_common_codec" }),
    ),
  );
});
