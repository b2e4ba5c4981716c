import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/core/byte-writer.ts";
import { frameType, writeFrame } from "../../src/core/frame.ts";
import { encodeHandshake } from "../../src/core/hello.ts";
import { mailboxRefToBytes } from "../../src/core/mailbox-id.ts";
import type { Service } from "../../src/runtime/service.ts";
import { createTestCluster, present, type TestCluster } from "./cluster.ts";
import { dialRaw, joinRaw, numberIn, rawEpoch } from "./raw-peer.ts";

const text = new TextEncoder();

/** Whether node 1 still works: its own mailboxes, and a third node that it is linked with. */
async function expectAlive(cluster: TestCluster, one: Service, three: Service): Promise<void> {
  const { address, mailbox } = one.newMailbox();
  three.address(address.id).send("from three");
  await cluster.clock.settle();
  expect(mailbox.tryReceive()).toBe("from three");
}

async function oneAndThree(cluster: TestCluster): Promise<[Service, Service]> {
  const one = await cluster.start("1");
  const three = await cluster.start("3");
  await cluster.clock.advanceBy(11_000);
  return [one, three];
}

describe("a peer with a good certificate and bad manners", () => {
  const to3 = mailboxRefToBytes({ nodeId: "3", epoch: rawEpoch, number: 1 }).subarray(1, 11);
  const from2 = mailboxRefToBytes({ nodeId: "2", epoch: rawEpoch, number: 1 }).subarray(1, 11);

  test.each<[string, number, (number | string | Uint8Array)[]]>([
    ["a hello in the middle", frameType.hello, [encodeHandshake({ answers: rawEpoch })]],
    ["a welcome in the middle", frameType.welcome, []],
    ["a confirm in the middle", frameType.confirm, [encodeHandshake({ answers: rawEpoch })]],
    ["a refusal in the middle", frameType.refuse, [encodeHandshake({ reason: "stopping" })]],
    ["a type that does not exist", 99, []],
    ["an empty message", frameType.message, []],
    ["a message without a value", frameType.message, [1]],
    ["a message that is no term", frameType.message, [1, new Uint8Array([255, 255, 255])]],
    ["a notice that nobody asked for", frameType.down, [1, 0]],
    ["a notice without reason", frameType.down, [1]],
    ["a notice with number 0", frameType.down, [0, 0]],
    ["a monitor of nothing", frameType.monitor, []],
    ["a monitor with bytes behind it", frameType.monitor, [1, 1, 1]],
    ["a claim without a name", frameType.claim, [1]],
    ["a claim for a mailbox without a number", frameType.claim, [0, "x"]],
    ["a monitor of a mailbox without a number", frameType.monitor, [1, 0]],
    ["a claim whose name lies about its length", frameType.claim, [1, 200, text.encode("abc")]],
    ["a claim with a name too long", frameType.claim, [1, "x".repeat(1_025)]],
    ["a claim whose name is no UTF-8", frameType.claim, [1, 2, new Uint8Array([0xc3, 0x28])]],
    ["a padded number", frameType.ping, [new Uint8Array([0x80, 0x00])]],
    ["a number beyond 2^53", frameType.ping, [new Uint8Array(9).fill(0xff)]],
    ["a goodbye with bytes behind it", frameType.goodbye, [1]],
    ["a frame in the name of another node", frameType.routed, [from2, to3, new Uint8Array([16])]],
  ])("that sends %s loses its link, and nobody else notices", async (_what, type, body) => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, three] = await oneAndThree(cluster);
    const peer = await joinRaw(cluster);
    const { address } = one.newMailbox();
    one.names.register("mine", address);
    await cluster.clock.settle();
    expect(peer.down).toEqual([]);
    peer.send(type, ...body);
    await cluster.clock.settle();

    expect(peer.down).toHaveLength(1);
    expect(one.names.lookup("mine")).toBe(address);
    await expectAlive(cluster, one, three);
  });

  test("that uses a monitor's number twice loses its link", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, three] = await oneAndThree(cluster);
    const { address } = one.newMailbox();
    const number = Number(address.id.split(":").at(-1));
    const peer = await joinRaw(cluster);
    peer.send(frameType.monitor, 1, number);
    await cluster.clock.settle();
    expect(peer.down).toEqual([]);
    peer.send(frameType.monitor, 1, number);
    await cluster.clock.settle();

    expect(peer.down).toHaveLength(1);
    await expectAlive(cluster, one, three);
  });

  test("cannot touch a claim of another node, whatever number it names", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, three] = await oneAndThree(cluster);
    const mine = one.newMailbox();
    const theirs = three.newMailbox();
    one.names.register("mine", mine.address);
    three.names.register("theirs", theirs.address);
    await cluster.clock.settle();
    const peer = await joinRaw(cluster);
    for (let number = 1; number < 10; number++) {
      peer.send(frameType.release, number, "mine");
      peer.send(frameType.release, number, "theirs");
    }
    await cluster.clock.settle();

    expect(one.names.lookup("mine")).toBe(mine.address);
    expect(one.names.lookup("theirs")?.id).toBe(theirs.address.id);
    expect(peer.down).toEqual([]);
  });

  test("may skip frames ahead: types from 128 on are passed over", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    await oneAndThree(cluster);
    const peer = await joinRaw(cluster);
    peer.send(200, text.encode("from the future"));
    peer.send(frameType.ping, 7);
    await cluster.clock.settle();

    const pongs = peer.frames.filter(({ type }) => type === frameType.pong);
    expect(pongs.map(({ body }) => numberIn(body))).toEqual([7]);
    expect(peer.down).toEqual([]);
  });

  test("gets a message for a node behind it counted as lost, not passed on", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, three] = await oneAndThree(cluster);
    const inbox = three.newMailbox();
    const peer = await joinRaw(cluster);
    peer.send(frameType.routed, to3, from2, new Uint8Array([frameType.message, 1, 0]));
    await cluster.clock.settle();

    expect(one.stats().lost.unreadable).toBe(1);
    expect(inbox.mailbox.messageCount).toBe(0);
    expect(peer.down).toEqual([]);
  });

  test("that asks for answers without end and reads none loses its link, not this node its memory", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, three] = await oneAndThree(cluster);
    const peer = await joinRaw(cluster);
    cluster.network.stall({ from: 1, to: 2 });
    const before = process.memoryUsage().arrayBuffers;
    const questions = new ByteWriter();
    for (let i = 0; i < 50_000; i++) writeFrame(questions, frameType.sync, 2 ** 50 + i);
    const batch = questions.take();
    for (let round = 0; round < 100; round++) {
      peer.link.write(batch);
      await cluster.clock.settle();
      if (cluster.telemetry.eventsOf("link_down").length > 0) break;
    }

    expect(cluster.telemetry.eventsOf("link_down")).toContainEqual(
      expect.objectContaining({
        reason: "more notices, names and answers wait for the peer than may",
      }),
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(300 * 2 ** 20);
    await expectAlive(cluster, one, three);
  });

  test("that announces a frame beyond the limit loses its link before the bytes are taken", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, three] = await oneAndThree(cluster);
    const peer = await joinRaw(cluster);
    peer.link.write(new Uint8Array([0x7f, 0xff, 0xff, 0xff, frameType.message]));
    await cluster.clock.settle();

    expect(peer.down).toHaveLength(1);
    await expectAlive(cluster, one, three);
  });

  test("can send any bytes at all, and node 1 goes on", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        async (chunks, asFrames) => {
          await using cluster = createTestCluster(["1", "2", "3"]);
          const [one, three] = await oneAndThree(cluster);
          const peer = await joinRaw(cluster);
          for (const chunk of chunks) {
            if (asFrames) peer.send((chunk[0] ?? 0) % 40, chunk.subarray(1));
            else peer.link.write(chunk);
          }
          await cluster.clock.advanceBy(1_000);
          await expectAlive(cluster, one, three);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("whoever knocks", () => {
  test("and says nothing is gone after the handshake's time", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    await cluster.start("1");
    const peer = await dialRaw(cluster);
    await cluster.clock.advanceBy(4_900);
    expect(peer.down).toEqual([]);
    await cluster.clock.advanceBy(200);

    expect(peer.down).toHaveLength(1);
  });

  test("and stops after the hello is gone after the handshake's time, and the node dials on", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1");
    const peer = await dialRaw(cluster);
    peer.hello();
    await cluster.clock.advanceBy(5_100);
    expect(peer.down).toHaveLength(1);
    await cluster.start("2");
    await cluster.clock.advanceBy(11_000);

    await expect(one.connected(2, { timeout: 0 })).resolves.toBeUndefined();
  });

  test.each([
    ["another cluster", { cluster: "other" }, "wrong_cluster"],
    ["another node than it dialled", { to: "3" }, "wrong_node"],
    ["another node than its certificate", { from: "3" }, "identity_mismatch"],
    ["no version that both speak", { versions: [7, 9] }, "incompatible_version"],
    ["no codec that both know", { codecs: ["morse"] }, "no_common_codec"],
  ] as const)("and names %s is refused with the reason", async (_what, overrides, reason) => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    await cluster.start("1");
    const peer = await dialRaw(cluster);
    peer.hello(overrides as never);
    await cluster.clock.settle();

    const refusal = present(peer.frames[0]);
    expect(refusal.type).toBe(frameType.refuse);
    expect(JSON.parse(new TextDecoder().decode(refusal.body))).toEqual({ reason });
    expect(peer.down).toHaveLength(1);
    expect(cluster.telemetry.eventsOf("handshake_failed")).toContainEqual(
      expect.objectContaining({ peer: "2", reason, lasting: true }),
    );
  });

  test("and sends a message before the handshake is done reaches no mailbox", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1");
    const { mailbox } = one.newMailbox();
    const peer = await dialRaw(cluster);
    peer.hello();
    peer.send(frameType.message, 1, 0);
    await cluster.clock.settle();

    expect(mailbox.messageCount).toBe(0);
    expect(peer.down).toHaveLength(1);
  });
});
