import { describe, expect, test } from "vitest";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { ByteWriter } from "../../src/core/byte-writer.ts";
import { frameType } from "../../src/core/frame.ts";
import { decodeRefuse, decodeWelcome, encodeHandshake } from "../../src/core/hello.ts";
import { TypeTable } from "../../src/core/type-table.ts";
import { createTestCluster, present, type TestCluster } from "./cluster.ts";
import { dialRaw, type RawPeer } from "./raw-peer.ts";

const codec = createTermCodec();

function encoded(message: unknown): Uint8Array {
  const out = new ByteWriter();
  const limits = { maxDepth: 10, maxValues: 10 };
  codec.createEncoder({ limits, types: new TypeTable() }).encode(message, out);
  return out.take();
}

/** What a later version might say of itself: more of everything, and things unheard of. */
const later = {
  versions: [1, 9] as const,
  codecs: ["term-99", codec.name],
  capabilities: ["from-the-future", "trace-context"],
  region: { name: "eu", zones: [1, 2] },
  secret: null,
};

async function joinLater(cluster: TestCluster): Promise<RawPeer> {
  const peer = await dialRaw(cluster);
  peer.hello(later);
  await cluster.clock.settle();
  return peer;
}

function welcomeOf(peer: RawPeer) {
  return decodeWelcome(present(peer.frames.shift()).body);
}

describe("a node of a later version", () => {
  test("that still speaks this one is met in it, and what it names beyond is left out", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    await cluster.start("1");
    const peer = await joinLater(cluster);
    const welcome = welcomeOf(peer);
    peer.send(frameType.confirm, encodeHandshake({ answers: welcome.epoch }));
    await cluster.clock.settle();

    expect(welcome).toMatchObject({ version: 1, versions: [1, 1], codec: codec.name });
    expect(welcome.capabilities).toEqual([]);
    expect(cluster.telemetry.eventsOf("link_up")).toHaveLength(1);
  });

  test("may say what this one passes over, also in the middle of a message, and both go on", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1");
    const { mailbox, address } = one.newMailbox<unknown>();
    const number = Number(address.id.split(":")[2]);
    const peer = await joinLater(cluster);
    peer.send(frameType.confirm, encodeHandshake({ answers: welcomeOf(peer).epoch }));
    const long = "a".repeat(70_000);
    const inPieces = encoded(long);
    const optional = () => {
      for (const type of [128, 200, 255]) peer.send(type, "of the future", 5);
    };
    optional();
    peer.send(frameType.message, number, encoded("short"));
    optional();
    peer.send(frameType.begin, number, inPieces.length, inPieces.subarray(0, 40_000));
    optional();
    peer.send(frameType.piece, number, inPieces.subarray(40_000));
    optional();
    peer.send(frameType.ping, 7);
    await cluster.clock.settle();

    expect([mailbox.tryReceive(), mailbox.tryReceive()]).toEqual(["short", long]);
    expect(peer.down).toEqual([]);
    expect(one.stats()).toMatchObject({ violations: 0, delivered: 2 });
    expect(peer.frames.map(({ type }) => type)).toContain(frameType.pong);
  });

  test("that speaks this one no longer is refused by name, and that wakes somebody", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    await cluster.start("1");
    const peer = await dialRaw(cluster);
    peer.hello({ ...later, versions: [2, 9] });
    await cluster.clock.settle();

    const [refusal] = peer.frames;
    expect(refusal?.type).toBe(frameType.refuse);
    expect(decodeRefuse(present(refusal).body).reason).toBe("incompatible_version");
    expect(cluster.telemetry.eventsOf("handshake_failed")).toMatchObject([
      { peer: "2", reason: "incompatible_version", lasting: true },
    ]);
  });
});
