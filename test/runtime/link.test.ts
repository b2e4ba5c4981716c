import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMemoryNetwork } from "../../src/carriers/memory/memory-network.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { frameType } from "../../src/core/frame.ts";
import { Service } from "../../src/runtime/service.ts";
import { resolveSettings } from "../../src/runtime/settings.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";
import { createTestCluster, present, type TestCluster } from "./cluster.ts";
import { dialRaw, joinRaw } from "./raw-peer.ts";

/** The changes that a node saw, as "2 up" and "2 down". */
function changesOf(service: Service): string[] {
  const changes: string[] = [];
  service.addConnectionStatusCallback((nodeId, connected) => {
    changes.push(`${nodeId} ${connected ? "up" : "down"}`);
  });
  return changes;
}

function countEvents(cluster: TestCluster, type: string): number {
  return cluster.telemetry.events.filter((event) => event.type === type).length;
}

describe("two nodes that dial each other at once", () => {
  test("settle on one link, whatever the delays, and no message comes twice", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
        const clock = createVirtualClock();
        const random = createSeededRandom(seed);
        const network = createMemoryNetwork({ clock, random, chunk: true, delayMs: [0, 40] });
        const services = ["1", "2"].map(
          (nodeId) =>
            new Service({
              clusterName: "test",
              nodeId,
              peers: nodeId === "1" ? ["2"] : ["1"],
              settings: resolveSettings({}),
              clock,
              random,
              telemetry: createRecordingTelemetry(),
              carrier: network.carrier(nodeId),
              codecs: [createTermCodec()],
            }),
        );
        const [one, two] = services.map(present) as [Service, Service];
        const changes = [changesOf(one), changesOf(two)];
        await Promise.all([one.start(), two.start()]);
        await clock.advanceBy(2_000);

        expect(changes).toEqual([["2 up"], ["1 up"]]);
        expect(network.links).toBe(1);
        const { address, mailbox } = two.newMailbox<number>();
        for (let i = 0; i < 20; i++) one.address<number>(address.id).send(i);
        await clock.advanceBy(1_000);
        for (let i = 0; i < 20; i++) expect(mailbox.tryReceive()).toBe(i);
        expect(mailbox.messageCount).toBe(0);

        const stopped = Promise.all([one.terminate(), two.terminate()]);
        await clock.advanceBy(5_000);
        await stopped;
        expect(network.links).toBe(0);
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});

describe("a lost link", () => {
  test("is made again within the longest wait and a handshake, for ever", async () => {
    await using cluster = createTestCluster(["1", "2"], 3);
    const [one] = await cluster.startAll();
    const changes = changesOf(present(one));
    for (const outage of [1, 1_000, 60_000, 600_000]) {
      cluster.network.cut(1, 2);
      await cluster.clock.advanceBy(outage);
      cluster.network.heal();
      await cluster.clock.advanceBy(15_000);
    }

    expect(changes).toEqual(Array.from({ length: 4 }, () => ["2 down", "2 up"]).flat());
  });

  test("is reported once a change of state, however many tries fail", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    await cluster.start("1");
    await cluster.clock.advanceBy(600_000);

    expect(countEvents(cluster, "dial_failed")).toBe(1);
  });

  test("keeps nobody from working with the others", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, , three] = (await cluster.startAll()).map(present);
    cluster.network.cut(1, 2, { silent: true });
    const { address, mailbox } = present(three).newMailbox();
    present(one).address(address.id).send("hello");
    await cluster.clock.settle();

    expect(mailbox.tryReceive()).toBe("hello");
  });

  test("loses what was queued for it, and leaves the rest in doubt until the two meet", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = (await cluster.startAll()).map(present);
    const remote = present(one).address(present(two).newMailbox().address.id);
    cluster.network.stall(1, 2);
    for (let i = 0; i < 10; i++) remote.send(i);
    await cluster.clock.settle();
    for (let i = 0; i < 5; i++) remote.send(i);
    cluster.network.cut(1, 2);
    await cluster.clock.settle();

    expect(present(one).stats().lost).toMatchObject({ link_lost: 0, in_doubt: 15 });
    expect(remote.send("more")).toBe(false);

    cluster.network.heal();
    cluster.network.resume();
    await cluster.clock.advanceBy(15_000);
    expect(present(one).stats().lost).toMatchObject({ link_lost: 15, in_doubt: 0 });
  });
});

describe("a silent peer", () => {
  test.each([
    ["both ways", undefined],
    ["one way", { from: 2, to: 1 }],
    ["the other way", { from: 1, to: 2 }],
  ] as const)("is found out on both ends when the path is dead %s", async (_how, oneWay) => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = (await cluster.startAll()).map(present) as [Service, Service];
    const changes = [changesOf(one), changesOf(two)];
    const downAt: number[] = [];
    for (const node of [one, two]) {
      node.addConnectionStatusCallback((_id, connected) => {
        if (!connected) downAt.push(cluster.clock.now());
      });
    }
    const since = cluster.clock.now();
    if (oneWay === undefined) cluster.network.cut(1, 2, { silent: true });
    else cluster.network.cut(oneWay);
    await cluster.clock.advanceBy(50_000);

    expect(changes).toEqual([["2 down"], ["1 down"]]);
    expect(Math.min(...downAt) - since).toBeLessThanOrEqual(25_000);
    expect(Math.max(...downAt) - since).toBeLessThanOrEqual(2 * 25_000);
  });

  test("is not an idle one: pings keep a quiet link up for ever", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one] = await cluster.startAll();
    const changes = changesOf(present(one));
    await cluster.clock.advanceBy(3_600_000);

    expect(changes).toEqual([]);
  });

  test("is not one whose neighbour stood still itself", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = (await cluster.startAll()).map(present) as [Service, Service];
    const changes = [changesOf(one), changesOf(two)];
    // Every timer of both is overdue, while the pings of both lie there unread.
    for (let i = 0; i < 5; i++) {
      cluster.clock.stall(30_000);
      await cluster.clock.advanceBy(4_000);
    }

    expect(changes).toEqual([[], []]);
  });
});

describe("a node that comes again", () => {
  test("with a new incarnation takes the place of the old link before that was noticed", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = (await cluster.startAll()).map(present) as [Service, Service];
    const changes = changesOf(one);
    const old = two.newMailbox();
    const remote = one.address(old.address.id);
    // The process is gone and nobody told: as after a power failure.
    cluster.network.cut(1, 2, { silent: true });
    const gone = two.terminate();
    await cluster.clock.advanceBy(5_000);
    await gone;
    cluster.network.heal();
    const again = await cluster.start("2");
    const fresh = again.newMailbox();
    await cluster.clock.advanceBy(15_000);

    expect(changes).toEqual(["2 down", "2 up"]);
    expect(remote.send("for the old one")).toBe(false);
    await cluster.clock.settle();
    expect(fresh.mailbox.messageCount).toBe(0);
    expect(one.address(fresh.address.id).send("for the new one")).toBe(true);
  });

  test("while it lives is refused, and the two never throw each other out", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one] = (await cluster.startAll()).map(present) as [Service];
    const changes = changesOf(one);
    // A second process with the same identity: it can dial, though not listen.
    const twin = cluster.create("2");
    await expect(twin.start()).rejects.toMatchObject({ code: "REIGN_LISTEN_FAILED" });
    const elsewhere = cluster.create("2", {}, { listens: false });
    await elsewhere.start();
    await cluster.clock.advanceBy(120_000);

    expect(changes).toEqual([]);
    expect(
      cluster.telemetry.events.some(
        (event) => event.type === "handshake_failed" && event.reason === "duplicate_node",
      ),
    ).toBe(true);
  });
});

describe("a newcomer that waits while the old link is asked", () => {
  test("and is gone before the answer keeps nobody from dialling again", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1");
    const changes = changesOf(one);
    // Neither of these answers a ping, and nobody listens for node 2.
    await joinRaw(cluster);
    const newcomer = await dialRaw(cluster);
    newcomer.hello({ epoch: "00000000000000bb" });
    await cluster.clock.advanceBy(500);
    newcomer.link.destroy();
    await cluster.clock.advanceBy(60_000);
    expect(changes).toEqual(["2 up", "2 down"]);
    await cluster.start("2", {}, { dials: false });
    await cluster.clock.advanceBy(11_000);

    expect(changes).toEqual(["2 up", "2 down", "2 up"]);
  });
});

describe("a link on which something arrives", () => {
  test("is alive, though the answer to the question is not there yet", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1");
    const changes = changesOf(one);
    const peer = await joinRaw(cluster);
    const newcomer = await dialRaw(cluster);
    newcomer.hello({ epoch: "00000000000000bb" });
    await cluster.clock.advanceBy(500);
    peer.send(frameType.ping, 1);
    await cluster.clock.advanceBy(2_000);

    expect(changes).toEqual(["2 up"]);
    expect(newcomer.down).toHaveLength(1);
  });

  test("takes a control frame behind the largest message", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const settings = { maxMessageBytes: 64 * 2 ** 20 };
    const one = await cluster.start("1", settings);
    const two = await cluster.start("2", settings);
    await cluster.clock.advanceBy(1_000);
    const { address, mailbox } = two.newMailbox();
    const remote = one.address(address.id);
    remote.send(new Uint8Array(50 * 2 ** 20));
    remote.onCloseNotify(one.newMailbox().address);
    await cluster.clock.settle();

    expect(mailbox.messageCount).toBe(1);
  });
});

describe("a node of another cluster, or none", () => {
  test("is refused with the reason, on both sides", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    await cluster.start("1");
    await cluster.start("2", {}, { clusterName: "other" });
    await cluster.clock.advanceBy(1_000);

    expect(cluster.telemetry.events).toContainEqual(
      expect.objectContaining({
        type: "handshake_failed",
        stage: "cluster",
        reason: "wrong_cluster",
        lasting: true,
      }),
    );
    expect(countEvents(cluster, "link_up")).toBe(0);
  });

  test.each(["tls", "cluster"] as const)(
    "that fails the %s handshake is dialled again, and taken when it mends",
    async (failHandshake) => {
      await using cluster = createTestCluster(["1", "2"]);
      const one = await cluster.start("1");
      const two = await cluster.start("2", {}, { failHandshake });
      const changes = changesOf(one);
      await cluster.clock.advanceBy(30_000);
      expect(changes).toEqual([]);
      const gone = two.terminate();
      await cluster.clock.advanceBy(1_000);
      await gone;
      await cluster.start("2");
      await cluster.clock.advanceBy(15_000);

      expect(changes).toEqual(["2 up"]);
    },
  );
});
