import { describe, expect, test } from "vitest";
import { createJsonCodec } from "../../src/codecs/json/json-codec.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { createV8Codec } from "../../src/codecs/v8/v8-codec.ts";
import type { Codec } from "../../src/ports/codec.ts";
import { everyCodec, expectTable } from "../codecs/table-over-link.ts";
import { createTestCluster, type TestCluster } from "./cluster.ts";

describe.each(everyCodec)("with the %s codec", (_, createCodec) => {
  test("every value of the table arrives on the memory carrier, and what is refused is refused", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await startBoth(cluster, [createCodec()], [createCodec()]);

    await expectTable(one, two, () => cluster.clock.settle());
    expect(cluster.telemetry.eventsOf("link_down")).toEqual([]);
  });
});

describe("nodes that like different codecs best", () => {
  test("speak the first of the acceptor's list that the dialler has too", async () => {
    const [term, json, v8] = [createTermCodec(), createJsonCodec(), createV8Codec()];
    for (const [ofDialler, ofAcceptor, spoken] of [
      [[term, json, v8], [v8, json], v8],
      [[term, json], [v8, json, term], json],
      [[json], [term, json], json],
    ] as const) {
      await using cluster = createTestCluster(["1", "2"]);
      const used: string[] = [];
      await startBoth(
        cluster,
        ofDialler,
        ofAcceptor.map((codec) => watched(codec, used)),
      );

      expect(new Set(used)).toEqual(new Set([spoken.name]));
    }
  });

  test("and have none in common refuse each other by name", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    await startBoth(cluster, [createTermCodec()], [createJsonCodec()]);

    const [refused] = cluster.telemetry.eventsOf("handshake_failed");
    expect(refused).toMatchObject({ reason: "no_common_codec" });
  });
});

/** Node 1 dials, and node 2 does not. */
async function startBoth(cluster: TestCluster, one: readonly Codec[], two: readonly Codec[]) {
  const acceptor = await cluster.start("2", {}, { codecs: two, dials: false });
  const dialler = await cluster.start("1", {}, { codecs: one });
  await cluster.clock.advanceBy(1_000);
  return [dialler, acceptor] as const;
}

function watched(codec: Codec, used: string[]): Codec {
  return {
    ...codec,
    createDecoder(ports) {
      used.push(codec.name);
      return codec.createDecoder(ports);
    },
  };
}
