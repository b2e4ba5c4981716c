import { describe, expect, test } from "vitest";
import { garbageCollector } from "../../measure/garbage-collector.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import { pieceBytes } from "../../src/core/frame.ts";
import type { Service } from "../../src/runtime/service.ts";
import type { ServiceSettings } from "../../src/runtime/settings.ts";
import { createTestCluster, present, type TestCluster } from "./cluster.ts";

type Settings = Partial<ServiceSettings>;

async function twoNodes(
  cluster: TestCluster,
  settings: Settings = {},
): Promise<[one: Service, two: Service]> {
  const one = await cluster.start("1", settings);
  const two = await cluster.start("2", settings);
  await cluster.clock.advanceBy(1_000);
  return [one, two];
}

const collectGarbage = garbageCollector();

/** What all buffers take that somebody still has. */
function heldBytes(): number {
  // Buffers are freed behind the first.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** Sends until it is refused; how many were taken. */
function fill(send: () => boolean): number {
  let taken = 0;
  while (send()) taken += 1;
  return taken;
}

describe("a peer that takes nothing", () => {
  test("is kept as long as it shows signs of life, and its messages are refused and counted", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await twoNodes(cluster, { maxPendingBytes: 500_000 });
    const remote = one.address(two.newMailbox().address.id);
    cluster.network.stall({ from: 1, to: 2 });
    const taken = fill(() => remote.send("x".repeat(1_000)));
    // Node 2 hears nothing any more, but goes on saying that it is there.
    await cluster.clock.advanceBy(15_000);

    expect(taken).toBeGreaterThan(490);
    expect(taken).toBeLessThan(510);
    expect(remote.send("more")).toBe(false);
    expect(one.stats().lost.queue_full).toBe(2);
    expect(cluster.telemetry.eventsOf("link_down")).toEqual([]);
  });

  test("is given up after writeDeadline where the settings ask for that, with its notices", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const settings: Settings = { overload: "disconnect", writeDeadline: 3_000 };
    const [one, two] = await twoNodes(cluster, settings);
    const { address, mailbox } = one.newMailbox<MailboxClosed>();
    const remote = one.address(two.newMailbox().address.id);
    remote.onCloseNotify(address);
    await cluster.clock.settle();
    cluster.network.stall({ from: 1, to: 2 });
    remote.send("stuck");
    await cluster.clock.advanceBy(2_900);
    expect(mailbox.messageCount).toBe(0);
    await cluster.clock.advanceBy(200);

    expect(mailbox.tryReceive(MailboxClosed)).toMatchObject({ reason: "noconnection" });
    expect(cluster.telemetry.eventsOf("link_down")).toMatchObject([
      { peer: "2", reason: "the peer does not read what it is sent" },
    ]);
  });

  test("is not given up while it takes something now and then, nor when nothing waits for it", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const settings: Settings = { overload: "disconnect", writeDeadline: 3_000 };
    const [one, two] = await twoNodes(cluster, settings);
    const { address, mailbox } = two.newMailbox();
    const remote = one.address(address.id);
    for (let round = 0; round < 10; round++) {
      cluster.network.stall({ from: 1, to: 2 });
      for (let i = 0; i < 20; i++) remote.send("x".repeat(50_000));
      await cluster.clock.advanceBy(2_000);
      cluster.network.resume();
      await cluster.clock.advanceBy(1);
    }
    await cluster.clock.advanceBy(60_000);

    expect(mailbox.messageCount).toBe(200);
    expect(cluster.telemetry.eventsOf("link_down")).toEqual([]);
  });

  test("of messages larger than all that may wait gets one after the other, as ready says", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await twoNodes(cluster, { maxPendingBytes: 100_000 });
    const { address, mailbox } = two.newMailbox();
    const remote = one.address(address.id);
    const sending = (async () => {
      for (let i = 0; i < 20; i++) {
        while (!remote.send(new Uint8Array(300_000))) await remote.ready();
      }
    })();
    await cluster.clock.settle();
    await sending;
    await cluster.clock.settle();

    expect(mailbox.messageCount).toBe(20);
    expect(one.stats().lost.queue_full).toBeLessThan(25);
  });

  test("refuses one long message for several that it takes, of a sender that waits until it is ready", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await twoNodes(cluster);
    const { address, mailbox } = two.newMailbox();
    const remote = one.address(address.id);
    const sending = (async () => {
      for (let i = 0; i < 60; i++) {
        while (!remote.send(new Uint8Array(2 ** 20))) await remote.ready();
      }
    })();
    await cluster.clock.settle();
    await sending;
    await cluster.clock.settle();

    expect(mailbox.messageCount).toBe(60);
    expect(one.stats().lost.queue_full).toBeLessThan(20);
  });

  test("takes small messages beside the largest, also while that stands behind another", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await twoNodes(cluster);
    const toBig = one.address(two.newMailbox().address.id);
    const toSmall = one.address(two.newMailbox().address.id);
    cluster.network.stall({ from: 1, to: 2 });

    expect(toBig.send(new Uint8Array(70_000))).toBe(true);
    expect(toBig.send(new Uint8Array(15 * 2 ** 20))).toBe(true);
    expect(toSmall.send("small")).toBe(true);
  });

  test("costs nothing to the others, and no more than its queue holds", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, two, three] = (await cluster.startAll()).map(present) as [
      Service,
      Service,
      Service,
    ];
    cluster.network.stall({ from: 1, to: 2 });
    const stuck = one.address(two.newMailbox().address.id);
    const before = heldBytes();
    fill(() => stuck.send("x".repeat(10_000)));
    const { address, mailbox } = three.newMailbox();
    one.address(address.id).send("for three");
    await cluster.clock.settle();

    expect(mailbox.tryReceive()).toBe("for three");
    expect(heldBytes() - before).toBeLessThan(11 * 2 ** 20);
  });
});

describe("two peers that drown each other", () => {
  test("both get what the other sends, since reading waits for no writing", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await twoNodes(cluster, { maxPendingBytes: 300_000 });
    const [atOne, atTwo] = [one.newMailbox(), two.newMailbox()];
    const toTwo = one.address(atTwo.address.id);
    const toOne = two.address(atOne.address.id);
    let sent = 0;
    for (let round = 0; round < 50; round++) {
      sent += fill(() => toTwo.send(new Uint8Array(20_000)));
      expect(fill(() => toOne.send(new Uint8Array(20_000)))).toBeGreaterThan(0);
      await cluster.clock.settle();
    }

    expect(atTwo.mailbox.messageCount).toBe(sent);
    expect(atOne.mailbox.messageCount).toBe(sent);
  });
});

describe("control frames", () => {
  test("are ahead of the messages that wait, so that a flood starves neither notice nor name", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await twoNodes(cluster);
    const flooded = two.newMailbox();
    const watched = two.newMailbox();
    const remote = one.address(flooded.address.id);
    const watcher = one.newMailbox<MailboxClosed>();
    const named = one.newMailbox();
    cluster.network.stall({ from: 1, to: 2 });
    fill(() => remote.send("x".repeat(10_000)));
    one.names.register("in time", named.address);
    one.address(watched.address.id).onCloseNotify(watcher.address);
    let namesSeenAt = -1;
    void two.names.wait("in time").then(() => {
      namesSeenAt = flooded.mailbox.messageCount;
    });
    cluster.network.resume();
    await cluster.clock.settle();
    watched.mailbox.close();
    await cluster.clock.settle();

    expect(flooded.mailbox.messageCount).toBeGreaterThan(800);
    // Only what had been handed to the link before was ahead.
    expect(namesSeenAt).toBeGreaterThanOrEqual(0);
    expect(namesSeenAt).toBeLessThan(60);
    expect(watcher.mailbox.tryReceive()).toMatchObject({ reason: "closed" });
  });

  test("have a reserve of their own; a peer that uses it up loses its link, never a notice", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await twoNodes(cluster, { maxPendingBytes: 1_000 });
    const watcher = one.newMailbox<MailboxClosed>();
    const watched = one.address<never>(two.newMailbox().address.id);
    watched.onCloseNotify(watcher.address);
    const { address } = one.newMailbox();
    await cluster.clock.settle();
    cluster.network.stall({ from: 1, to: 2 });
    for (let i = 0; cluster.telemetry.eventsOf("link_down").length === 0 && i < 40; i++) {
      for (let k = 0; k < 1_000; k++) {
        one.names.register("n".repeat(1_000), address);
        one.names.unregister("n".repeat(1_000), address);
      }
      await cluster.clock.settle();
    }

    expect(cluster.telemetry.eventsOf("link_down")).toMatchObject([
      { reason: "more notices, names and answers wait for the peer than may" },
    ]);
    expect(watcher.mailbox.tryReceive()).toMatchObject({ reason: "noconnection" });
  });
});

describe("a message longer than a piece", () => {
  test("arrives as it was, whatever else is sent, and in order", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await twoNodes(cluster);
    const big = two.newMailbox<{ i: number; bytes: Uint8Array }>();
    const small = two.newMailbox<number>();
    const toBig = one.address(big.address.id);
    const toSmall = one.address(small.address.id);
    const sizes = [10, pieceBytes - 100, pieceBytes, pieceBytes + 1, 3 * pieceBytes, 5, 2 ** 20];
    const bytesOf = (size: number) => Uint8Array.from({ length: size }, (_, at) => (at * 31) & 255);
    for (const [i, size] of sizes.entries()) {
      toBig.send({ i, bytes: bytesOf(size) });
      toSmall.send(i);
    }
    await cluster.clock.settle();

    for (const [i, size] of sizes.entries()) {
      const message = present(big.mailbox.tryReceive());
      expect(message.i).toBe(i);
      expect(Buffer.compare(message.bytes, bytesOf(size))).toBe(0);
      expect(small.mailbox.tryReceive()).toBe(i);
    }
  });

  test("is passed by small ones for other mailboxes, also one larger than all that may wait", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await twoNodes(cluster, { maxPendingBytes: 2 ** 20 });
    const big = two.newMailbox();
    const small = two.newMailbox();
    const toSmall = one.address(small.address.id);
    expect(one.address(big.address.id).send(new Uint8Array(8 * 2 ** 20))).toBe(true);
    expect(toSmall.send("small")).toBe(true);
    expect(fill(() => toSmall.send("x".repeat(2 ** 15)))).toBeLessThanOrEqual(32);
    const bigWhenSmallCame = small.mailbox.receive().then(() => big.mailbox.messageCount);
    await cluster.clock.settle();

    expect(await bigWhenSmallCame).toBe(0);
    expect(big.mailbox.messageCount).toBe(1);
  });

  test("comes before the notice that its sender's mailbox is gone", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await twoNodes(cluster);
    const watcher = two.newMailbox();
    const watched = one.newMailbox();
    two.address<never>(watched.address.id).onCloseNotify(watcher.address as never);
    await cluster.clock.settle();
    const remote = one.address(watcher.address.id);
    remote.send(new Uint8Array(2 ** 20));
    remote.send("behind");
    watched.mailbox.close();
    remote.send("after");
    await cluster.clock.settle();

    expect(watcher.mailbox.tryReceive()).toHaveLength(2 ** 20);
    expect(watcher.mailbox.tryReceive()).toBe("behind");
    expect(watcher.mailbox.messageCount).toBe(2);
    expect(watcher.mailbox.tryReceive(MailboxClosed)).toMatchObject({ reason: "closed" });
  });

  test("for a mailbox that is not there, or goes meanwhile, is counted once as closed", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await twoNodes(cluster);
    const gone = two.newMailbox();
    const going = two.newMailbox();
    const [toGone, toGoing] = [gone, going].map(({ address }) => one.address(address.id));
    gone.mailbox.close();
    present(toGone).send(new Uint8Array(2 ** 20));
    present(toGoing).send(new Uint8Array(2 ** 20));
    cluster.network.stall({ from: 1, to: 2 });
    await cluster.clock.settle();
    going.mailbox.close();
    cluster.network.resume();
    await cluster.clock.settle();

    expect(two.stats()).toMatchObject({ delivered: 0, lost: { closed: 2 } });
  });

  test("that a lost link cuts in two is lost whole, and counted once", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await twoNodes(cluster);
    const { address, mailbox } = two.newMailbox();
    cluster.network.stall({ from: 1, to: 2 });
    one.address(address.id).send(new Uint8Array(2 ** 20));
    await cluster.clock.settle();
    cluster.network.cut(1, 2);
    await cluster.clock.settle();

    expect(one.stats().lost).toMatchObject({ link_lost: 1, in_doubt: 0 });
    cluster.network.heal();
    cluster.network.resume();
    await cluster.clock.advanceBy(15_000);
    one.address(address.id).send("whole");
    await cluster.clock.settle();
    expect(mailbox.tryReceive()).toBe("whole");
    expect(one.stats().lost).toMatchObject({ link_lost: 1, in_doubt: 0 });
  });
});
