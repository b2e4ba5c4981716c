import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import { lossCauses } from "../../src/core/loss.ts";
import { overflows } from "../../src/core/overflow.ts";
import { Ledger, type ServiceStats } from "../../src/runtime/ledger.ts";
import type { LossSample } from "../../src/runtime/loss-stream.ts";
import type { NodeService } from "../../src/runtime/node-service.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";
import { createTestCluster, present } from "./cluster.ts";

function openLedger() {
  const clock = createVirtualClock();
  const telemetry = createRecordingTelemetry();
  const self = { nodeId: "1", epoch: "00000000000000aa" };
  return { clock, telemetry, ledger: new Ledger({ self, clock, telemetry }) };
}

/** Everything that comes, until the losses end. */
async function readAll(losses: AsyncIterable<LossSample>): Promise<LossSample[]> {
  const all: LossSample[] = [];
  for await (const loss of losses) all.push(loss);
  return all;
}

function sum(samples: readonly { readonly count: number }[]): number {
  return samples.reduce((total, { count }) => total + count, 0);
}

function totals(services: readonly NodeService[]) {
  const all = services.map((service): ServiceStats => service.stats());
  const lost = all.flatMap((stats) => Object.values(stats.lost));
  return {
    sent: all.reduce((total, stats) => total + stats.sent, 0),
    delivered: all.reduce((total, stats) => total + stats.delivered, 0),
    lost: lost.reduce((total, count) => total + count, 0),
  };
}

describe("the account of messages", () => {
  test("has what was sent as delivered or lost, whatever is done on two nodes that are linked", async () => {
    const action = fc.constantFrom(
      ...["send", "send", "send", "toOther", "toOther", "receive", "wait", "watch", "forge"],
      ...["close", "settle", "function", "large"],
    );
    const step = fc.tuple(action, fc.nat(7));
    const limits = fc.array(
      fc.record({
        maxMessages: fc.integer({ min: 1, max: 3 }),
        overflow: fc.constantFrom(...overflows),
      }),
      { minLength: 4, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(limits, fc.array(step, { maxLength: 60 }), async (bounds, steps) => {
        await using cluster = createTestCluster(["1", "2"]);
        const services = await Promise.all(
          ["1", "2"].map((nodeId) => cluster.start(nodeId, { maxMessageBytes: 1_000 })),
        );
        await cluster.clock.advanceBy(1_000);
        const made = [undefined, undefined, undefined, undefined, ...bounds].map((limit, i) =>
          present(services[i % 2]).newMailbox<unknown>(limit),
        );
        for (const [what, which] of steps) {
          const { address, mailbox } = present(made[which]);
          const far = present(services[(which + 1) % 2]).address(address.id);
          if (what === "send") address.send({ which });
          else if (what === "toOther") far.send({ which });
          else if (what === "large") far.send("x".repeat(2_000));
          else if (what === "forge") address.send(new MailboxClosed(address.id, "closed"));
          else if (what === "receive") mailbox.receive({ timeout: 0 }).catch(() => {});
          else if (what === "wait") mailbox.receive({ which: 3 }).catch(() => {});
          else if (what === "watch") far.onCloseNotify(present(made[(which + 1) % 8]).address);
          else if (what === "close") mailbox.close();
          else if (what === "function") expect(() => far.send(() => {})).toThrow(TypeError);
          else await cluster.clock.settle();
        }
        await cluster.clock.settle();

        const { sent, delivered, lost } = totals(services);
        expect(sent).toBe(delivered + lost);
        for (const { mailbox } of made) mailbox.close();
        await cluster.clock.settle();
        const after = totals(services);
        expect(after.sent).toBe(after.delivered + after.lost);
        // With notices in the mailboxes or without.
        expect(after.delivered).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 60 },
    );
  });

  test("moves a message from delivered to lost when its mailbox is closed, and knows no notice", () => {
    const service = noClustering({ logger: nullLogger });
    const watcher = service.newMailbox<unknown>();
    const target = service.newMailbox<unknown>();
    target.address.onCloseNotify(watcher.address);
    target.address.send(1);
    target.address.send(2);
    target.mailbox.tryReceive();
    expect(service.stats()).toMatchObject({ sent: 2, delivered: 2, lost: { closed: 0 } });
    target.mailbox.close();
    expect(service.stats()).toMatchObject({ sent: 2, delivered: 1, lost: { closed: 1 } });
    expect(watcher.mailbox.messageCount).toBe(1);
    watcher.mailbox.close();

    expect(service.stats()).toMatchObject({ sent: 2, delivered: 1, lost: { closed: 1 } });
  });

  test("has a message that was in doubt as lost, or as nothing here, once that is known", () => {
    const { ledger } = openLedger();
    ledger.lost("in_doubt", { from: "1" }, 10);
    ledger.move({ from: "in_doubt", to: "link_lost", count: 3 });
    ledger.arrivedAfterAll(6);

    expect(ledger.snapshot().lost).toMatchObject({ in_doubt: 1, link_lost: 3 });
  });
});

describe("losses that are read", () => {
  test("say from where, to where, why and how large, and end when the service is terminated", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = (await cluster.startAll()).map(present);
    const { address, mailbox } = present(two).newMailbox({ maxMessages: 1 });
    const atSender = readAll(present(one).losses());
    const atReceiver = readAll(present(two).losses());
    const remote = present(one).address(address.id);
    remote.send("fits");
    remote.send("does not");
    await cluster.clock.settle();
    mailbox.close();
    remote.send("late");
    await cluster.clock.settle();
    const elsewhere = present(one).address("<9:0123456789abcdef:1>");
    elsewhere.send("nobody");
    const ended = Promise.all([one, two].map((service) => present(service).terminate()));
    await cluster.clock.advanceBy(5_000);
    await ended;

    const to = address.id;
    expect(await atReceiver).toEqual([
      { from: "1", to, cause: "mailbox_full", size: expect.any(Number), count: 1 },
      { from: undefined, to, cause: "closed", size: undefined, count: 1 },
      { from: "1", to, cause: "closed", size: expect.any(Number), count: 1 },
    ]);
    expect(await atSender).toEqual([
      { from: "1", to: elsewhere.id, cause: "no_connection", size: undefined, count: 1 },
    ]);
    expect(await readAll(present(one).losses())).toEqual([]);
  });

  test("say how large a message was that was refused for its size, or for want of room", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1", { maxMessageBytes: 1_000, maxPendingBytes: 2_000 });
    const two = await cluster.start("2");
    await cluster.clock.advanceBy(1_000);
    const remote = one.address(two.newMailbox().address.id);
    const losses = one.losses();
    remote.send("x".repeat(1_001));
    cluster.network.stall(1, 2);
    while (remote.send("x".repeat(500)));

    expect((await losses.next()).value).toMatchObject({ cause: "too_large", size: 1_004 });
    expect((await losses.next()).value).toMatchObject({ cause: "queue_full", size: 503 });
  });

  test("come as at most a hundred samples a second for each cause, which count for all", async () => {
    const { ledger, clock } = openLedger();
    const all = readAll(ledger.losses());
    for (let second = 0; second < 3; second++) {
      for (let i = 0; i < 1_000; i++) {
        ledger.lost("queue_full", { from: "1", size: i });
        if (i < 50) ledger.lost("closed", {});
        await clock.advanceBy(1);
      }
    }
    await clock.advanceBy(1_000);
    expect(clock.pendingTimers).toBe(0);
    ledger.end();

    const samples = await all;
    const full = samples.filter(({ cause }) => cause === "queue_full");
    expect(full.length).toBeLessThanOrEqual(400);
    expect(full.length).toBeGreaterThanOrEqual(300);
    expect(sum(full)).toBe(3_000);
    expect(samples.filter(({ cause }) => cause === "closed")).toHaveLength(150);
  });

  test("are told by the clock when no other loss follows, and by no timer when nobody waits", async () => {
    const { ledger, clock } = openLedger();
    const losses = ledger.losses();
    for (let i = 0; i < 150; i++) ledger.lost("stale", { size: i });
    expect(clock.pendingTimers).toBe(0);
    const read: (LossSample | undefined)[] = [];
    for (let i = 0; i < 100; i++) read.push((await losses.next()).value);
    expect(clock.pendingTimers).toBe(0);
    const last = losses.next();
    expect(clock.pendingTimers).toBe(1);
    await clock.advanceBy(1_000);

    expect(await last).toMatchObject({ done: false, value: { count: 50, size: 149 } });
    expect(clock.pendingTimers).toBe(0);
    for (let i = 0; i < 120; i++) ledger.lost("stale", {});
    for (let i = 0; i < 99; i++) await losses.next();
    clock.advance(1_000);
    const held = losses.next();
    expect(clock.pendingTimers).toBe(0);
    expect((await held).value?.count).toBe(21);
    ledger.lost("stale", {});
    const another = losses.next();
    await losses.return?.();
    expect(await another).toMatchObject({ value: { cause: "stale", count: 1 } });
    expect(clock.pendingTimers).toBe(0);
  });

  test("that nobody fetches are a thousand samples at most, and their counts come to all", async () => {
    const { ledger, clock } = openLedger();
    const losses = ledger.losses();
    let lost = 0;
    for (let second = 0; second < 30; second++) {
      for (const cause of lossCauses) {
        for (let i = 0; i < 120; i++) ledger.lost(cause, {}, 2);
        lost += 240;
      }
      clock.advance(1_000);
    }
    expect(clock.pendingTimers).toBe(0);
    ledger.end();

    const samples = await readAll(losses);
    expect(samples.length).toBeLessThanOrEqual(1_000);
    expect(samples.length).toBeGreaterThan(900);
    expect(sum(samples)).toBe(lost);
    for (const cause of lossCauses) {
      expect(sum(samples.filter((sample) => sample.cause === cause))).toBe(
        ledger.snapshot().lost[cause],
      );
    }
  });

  test("go to each reader from when it began, and to none that has left", async () => {
    const { ledger } = openLedger();
    const first = ledger.losses();
    ledger.lost("closed", {}, 1);
    const second = ledger.losses();
    ledger.lost("closed", {}, 2);
    await first.return?.();
    ledger.lost("closed", {}, 4);
    ledger.end();

    expect(await readAll(first)).toEqual([]);
    expect((await readAll(second)).map(({ count }) => count)).toEqual([2, 4]);
  });
});

describe("losses in the telemetry", () => {
  test("are one event a second at most for each cause, and what is left is told at the end", () => {
    const { ledger, clock, telemetry } = openLedger();
    const to = { nodeId: "2", epoch: "00000000000000bb", number: 3 };
    for (let i = 0; i < 1_500; i++) {
      ledger.lost("no_connection", { from: "1", to, size: i });
      clock.advance(1);
    }
    ledger.lost("closed", {});
    expect(clock.pendingTimers).toBe(0);
    ledger.end();

    const told = telemetry.eventsOf("messages_lost");
    expect(told.map(({ cause, count }) => [cause, count])).toEqual([
      ["no_connection", 1],
      ["no_connection", 1_000],
      ["closed", 1],
      ["no_connection", 499],
    ]);
    expect(told[1]).toMatchObject({ from: "1", to: "2:00000000000000bb:3", size: 1_000 });
  });
});
