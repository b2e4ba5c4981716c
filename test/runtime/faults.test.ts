/**
 * What `test/faults` does to real processes, on the memory carrier and the virtual clock: minutes
 * in no time, and the same order of events each time.
 */

import { describe, expect, test } from "vitest";
import { garbageCollector } from "../../measure/garbage-collector.ts";
import type { MailboxClosed } from "../../src/core/close-notice.ts";
import type { Service } from "../../src/runtime/service.ts";
import { defaultSettings } from "../../src/runtime/settings.ts";
import { createTestCluster, type TestCluster } from "./cluster.ts";
import { createProcess, type First, type Process } from "./standstill.ts";

const { deadlineInterval, pingInterval, maxReconnectDelay, handshakeTimeout } = defaultSettings;
const againMs = maxReconnectDelay + handshakeTimeout;
/** Ends a link by no silence that these tests know. */
const patient = { pingInterval, deadlineInterval: 3_600_000, maxSequentialPingFailures: 1_000 };
const orders: readonly First[] = ["timers first", "input first"];

/** The changes that a node saw, as "up" and "down". */
function changesOf(service: Service): string[] {
  const changes: string[] = [];
  service.addConnectionStatusCallback((_, connected) => {
    changes.push(connected ? "up" : "down");
  });
  return changes;
}

interface Pair {
  readonly one: Service;
  readonly two: Service;
  /** Of node 2. */
  readonly process: Process;
}

/** Node 1, and node 2 in a process that can stand still. */
async function linkedPair(cluster: TestCluster, settings = {}): Promise<Pair> {
  const process = createProcess(cluster.clock);
  const one = await cluster.start("1", settings);
  const two = await cluster.start("2", {}, { process });
  await cluster.clock.advanceBy(1_000);
  return { one, two, process };
}

/** Sends numbers to a new mailbox of `to` for ever; what arrived there is in the list. */
function stream(cluster: TestCluster, from: Service, to: Service, everyMs: number) {
  const { address, mailbox } = to.newMailbox<number>();
  const remote = from.address<number>(address.id);
  const arrived: number[] = [];
  let n = 0;
  let timer: Disposable | undefined;
  const send = (): void => {
    n += 1;
    remote.send(n);
    timer = cluster.clock.after(everyMs, send);
  };
  send();
  return {
    /** What has arrived since it was asked last. */
    take(): number[] {
      const taken: number[] = [];
      for (let next = mailbox.tryReceive(); next !== undefined; next = mailbox.tryReceive()) {
        taken.push(next);
      }
      arrived.push(...taken);
      return taken;
    },
    get inOrder(): boolean {
      return arrived.every((value, i) => i === 0 || value > (arrived[i - 1] ?? 0));
    },
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
}

describe("a process that stands still", () => {
  test.each(
    orders.flatMap((first) => ["busy", "idle"].map((neighbour) => [first, neighbour] as const)),
  )("and goes on with %s kills no link to a healthy, %s node", async (first, neighbour) => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, two, process } = await linkedPair(cluster, patient);
    const changes = [changesOf(one), changesOf(two)];
    using sending = neighbour === "busy" ? stream(cluster, one, two, 50) : undefined;
    for (let ms = 1_000; ms <= 128_000; ms *= 2) {
      process.standStill();
      await cluster.clock.advanceBy(ms);
      process.goOn(first);
      await cluster.clock.advanceBy(2 * pingInterval);
    }
    sending?.take();

    expect(changes).toEqual([[], []]);
    expect(sending?.inOrder ?? true).toBe(true);
  });

  test.each(orders)(
    "for too long is given up, and linked again: with %s, nothing old comes behind the new",
    async (first) => {
      await using cluster = createTestCluster(["1", "2"]);
      const { one, two, process } = await linkedPair(cluster);
      const changes = [changesOf(one), changesOf(two)];
      using there = stream(cluster, one, two, 50);
      using back = stream(cluster, two, one, 50);
      for (let round = 0; round < 30; round++) {
        process.standStill();
        await cluster.clock.advanceBy(deadlineInterval + pingInterval);
        back.take();
        process.goOn(first);
        await cluster.clock.advanceBy(againMs);

        expect(changes.map((each) => each.slice(-2))).toEqual([
          ["down", "up"],
          ["down", "up"],
        ]);
        expect(there.take().length).toBeGreaterThan(0);
        expect(back.take().length).toBeGreaterThan(0);
      }

      expect(changes.map((each) => each.length)).toEqual([60, 60]);
      expect(there.inOrder).toBe(true);
      expect(back.inOrder).toBe(true);
    },
  );
});

describe("a monotonic clock that jumps by a day", () => {
  test("costs one link at most, and that comes back", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one } = await linkedPair(cluster);
    const changes = changesOf(one);
    cluster.clock.stall(86_400_000);
    await cluster.clock.advanceBy(againMs + deadlineInterval);

    expect(["", "down up"]).toContain(changes.join(" "));
  });
});

describe("a path that swallows everything and heals", () => {
  test("ends every watch once, and takes the names and brings them back", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, two } = await linkedPair(cluster);
    const watched = Array.from({ length: 500 }, () => two.newMailbox().address.id);
    two.names.register("there", two.newMailbox().address);
    const watcher = one.newMailbox<MailboxClosed>();
    for (const id of watched) one.address(id).onCloseNotify(watcher.address);
    await cluster.clock.settle();
    cluster.network.cut(1, 2, { silent: true });
    await cluster.clock.advanceBy(deadlineInterval + pingInterval);
    expect(one.names.seenNames("there")).toEqual([false]);
    cluster.network.heal();
    await cluster.clock.advanceBy(againMs + deadlineInterval);

    expect(one.names.seenNames("there")).toEqual([true]);
    const told = watched.map(() => watcher.mailbox.tryReceive());
    expect(told.map((notice) => notice?.reason)).toEqual(watched.map(() => "noconnection"));
    expect(new Set(told.map((notice) => notice?.id))).toEqual(new Set(watched));
    expect(watcher.mailbox.messageCount).toBe(0);
  });
});

describe("a link that goes up and down ten thousand times", () => {
  test("leaves nothing behind: no timer, no link, no memory, and few lines of the log", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { clock, network, telemetry } = cluster;
    const { one, two } = await linkedPair(cluster);
    one.names.register("here", one.newMailbox().address);
    two.names.register("there", two.newMailbox().address);
    await clock.advanceBy(1_000);
    const timers = clock.pendingTimers;
    let downs = 0;
    one.addConnectionStatusCallback((_, connected) => {
      if (!connected) downs += 1;
    });
    const flap = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        network.cut(1, 2);
        network.heal();
        // Longer than a link has to last to be a success, so that the waits do not grow.
        await clock.advanceBy(2_000);
      }
      expect(telemetry.events.length).toBeLessThanOrEqual(8 * count);
      telemetry.clear();
    };
    telemetry.clear();
    for (let thousand = 0; thousand < 2; thousand++) await flap(1_000);
    const before = bytesInUse();
    for (let thousand = 2; thousand < 10; thousand++) await flap(1_000);
    const after = bytesInUse();
    await clock.advanceBy(againMs);

    expect(downs).toBe(10_000);
    expect(network.links).toBe(1);
    expect(clock.pendingTimers).toBe(timers);
    expect(one.names.seenNames("here", "there")).toEqual([true, true]);
    // One map or timer left behind by each would be twice as much.
    expect(after - before).toBeLessThan(1_000_000);
  }, 120_000);
});

const collectGarbage = garbageCollector();

function bytesInUse(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
