/** Bytes that were good once, said again by somebody who has recorded them. */
import { connect, createServer, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { frameType } from "../../src/core/frame.ts";
import { decodeWelcome } from "../../src/core/hello.ts";
import { createLinkRecorder } from "../../src/testing/link-recorder.ts";
import { handshakeFrame } from "../core/hand-frame.ts";
import { ended, listenOn, openTcp, openTls } from "./raw-tls.ts";
import { createTestCluster, eventually, moveTo } from "./tls-cluster.ts";
import { createTlsServices } from "./tls-services.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Recorded {
  readonly port: number;
  /** What went each way on each connection, in order. */
  readonly connections: readonly {
    readonly there: readonly Buffer[];
    readonly back: readonly Buffer[];
    /** The ends: of the node that dialled, and of the node behind. */
    readonly client: Socket;
    readonly onward: Socket;
  }[];
}

/** Stands between two nodes, passes everything on, and writes it down. */
async function recorder(port: number): Promise<Recorded> {
  const connections: { there: Buffer[]; back: Buffer[]; client: Socket; onward: Socket }[] = [];
  const server = await listenOn(
    createServer((client) => {
      const onward = connect(port, "127.0.0.1");
      const recorded = { there: [] as Buffer[], back: [] as Buffer[], client, onward };
      connections.push(recorded);
      client.on("data", (bytes: Buffer) => {
        recorded.there.push(bytes);
        onward.write(bytes);
      });
      onward.on("data", (bytes: Buffer) => {
        recorded.back.push(bytes);
        client.write(bytes);
      });
      onward.on("error", () => undefined).on("close", () => client.destroy());
      client.on("close", () => onward.destroy());
    }),
  );
  closing.push(() => server.close());
  return { port: server.port, connections };
}

/** Node 1 listens behind a recorder; each `link()` is a new link of node 2 to it. */
async function recordedPair() {
  const cluster = await createTestCluster(["1", "2"]);
  closing.push(() => cluster.close());
  const first = await cluster.node("1");
  const second = await cluster.node("2");
  const { port } = await first.listen();
  const recorded = await recorder(port);
  moveTo(cluster.endpoints, "1", recorded.port);
  const link = async () => {
    const dialled = createLinkRecorder(await second.dial("1"));
    dialled.link.write(new Uint8Array(3));
    await eventually(() => expect(first.links).toHaveLength(1));
    const [accepted] = first.links.splice(0);
    if (accepted === undefined) throw new Error("Expected a link.");
    const there = createLinkRecorder(accepted);
    await there.received(3);
    there.link.admit();
    there.link.write(new Uint8Array(5));
    await dialled.received(5);
    return { dialled, accepted: there };
  };
  return { cluster, first, second, port, recorded, link };
}

const badRecord = "TLS failed (ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC)";

describe("what a node said in TLS is of no use to whoever has recorded it", () => {
  test("to the same node, on another connection", async () => {
    const { first, port, recorded, link } = await recordedPair();
    await link();
    const there = Buffer.concat(recorded.connections[0]?.there ?? []);

    const { error } = await ended(openTcp(port, there.toString("latin1")));

    await eventually(() => expect(first.telemetry.events).toHaveLength(1));
    expect(error).toBeUndefined();
    expect(first.telemetry.events).toMatchObject([{ type: "stranger_refused", reason: badRecord }]);
    expect(first.links).toEqual([]);
  });

  test("to the node that dials, in the place of the other", async () => {
    const { cluster, second, recorded, link } = await recordedPair();
    await link();
    const back = Buffer.concat(recorded.connections[0]?.back ?? []);
    const impostor = await listenOn(createServer((socket) => void socket.write(back)));
    closing.push(() => impostor.close());
    moveTo(cluster.endpoints, "1", impostor.port);

    await expect(second.dial("1")).rejects.toMatchObject({
      code: "REIGN_CLUSTER_HANDSHAKE_FAILED",
      details: { peer: "1", stage: "tls" },
      cause: { code: expect.stringMatching(/^ERR_SSL_/) },
    });
  });

  test.each([
    ["the same link", 0],
    ["another link of the same two nodes", 1],
  ])("in the middle of %s, which ends at once and gives on none of it", async (_, at) => {
    const { recorded, link } = await recordedPair();
    const [used, fresh] = [await link(), await link()];
    const before = recorded.connections[0]?.there.length ?? 0;
    used.dialled.link.write(new Uint8Array(7));
    await used.accepted.received(10);
    const record = Buffer.concat(recorded.connections[0]?.there.slice(before) ?? []);
    const { dialled, accepted } = at === 0 ? used : fresh;
    const received = accepted.bytes().length;

    recorded.connections[at]?.onward.write(record);
    await Promise.all([accepted.down(), dialled.down()]);

    expect(record.length).toBeGreaterThan(7);
    expect(accepted.bytes()).toHaveLength(received);
    expect(accepted.downs).toEqual([badRecord]);
  });

  test("to the one who dialled, whose link ends at once as well", async () => {
    const { recorded, link } = await recordedPair();
    const { dialled, accepted } = await link();
    const record = recorded.connections[0]?.back.at(-1) ?? Buffer.alloc(0);

    recorded.connections[0]?.client.write(record);
    await Promise.all([accepted.down(), dialled.down()]);

    expect(dialled.bytes()).toHaveLength(5);
    expect(dialled.downs).toEqual([badRecord]);
  });
});

describe("a handshake of the cluster that was good once", () => {
  const words = {
    versions: [1, 1] as const,
    cluster: "test",
    from: "2",
    epoch: "00000000000000aa",
    codecs: ["term-3"],
    capabilities: [],
    maxMessageBytes: 1_000_000,
  };

  test("is none to the node after a restart, nor to another, whoever has the certificate", async () => {
    await using cluster = await createTlsServices(["1", "2", "3"]);
    const certificate = await cluster.authority.issue("2");
    const ports = (id: string): number => cluster.ports.get(id) ?? 0;
    const tls = { cert: certificate.certPem, key: certificate.keyPem };
    const one = await cluster.start("1");
    const hello = handshakeFrame(frameType.hello, { ...words, to: "1" });

    const good = openTls(ports("1"), tls);
    good.write(hello);
    const confirm = handshakeFrame(frameType.confirm, { answers: await epochOf(good) });
    good.write(confirm);
    await one.connected(2);
    await one.terminate();
    const again = await cluster.start("1");
    const other = await cluster.start("3");
    const inTurn = openTls(ports("1"), tls);
    inTurn.write(hello);
    await epochOf(inTurn);
    inTurn.write(confirm);
    await ended(inTurn);
    const atOnce = openTls(ports("1"), tls);
    atOnce.write(Buffer.concat([hello, confirm]));
    await ended(atOnce);
    const elsewhere = openTls(ports("3"), tls);
    elsewhere.write(hello);
    await ended(elsewhere);

    const failures = cluster.telemetry.eventsOf("handshake_failed");
    const ofTwo = failures.filter(({ peer }) => peer === "2").map(({ reason }) => reason);
    expect(new Set(ofTwo)).toEqual(new Set(["malformed", "wrong_node"]));
    for (const service of [again, other]) {
      const linked = service.connected(2, { timeout: 0 });
      await expect(linked).rejects.toMatchObject({ code: "REIGN_TIMEOUT" });
    }
  });
});

/** Reads the welcome that is the first frame, and gives the epoch of who sent it. */
function epochOf(socket: TLSSocket): Promise<string> {
  let text = Buffer.alloc(0);
  return new Promise((resolve) => {
    socket.on("data", (bytes: Buffer) => {
      text = Buffer.concat([text, bytes]);
      if (text.length < 4 || text.length < 4 + text.readUInt32BE(0)) return;
      resolve(decodeWelcome(text.subarray(5, 4 + text.readUInt32BE(0))).epoch);
    });
  });
}
