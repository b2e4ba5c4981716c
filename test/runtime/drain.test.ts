import { describe, expect, test } from "vitest";
import { createFromSpec, noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import type { Carrier } from "../../src/ports/carrier.ts";
import type { Service } from "../../src/runtime/service.ts";
import { createTestCluster, type TestCluster } from "./cluster.ts";

async function startPair(cluster: TestCluster): Promise<[Service, Service]> {
  const [one, two] = [await cluster.start("1"), await cluster.start("2")];
  await cluster.clock.advanceBy(1_000);
  return [one, two];
}

/** Tells whether a promise has settled. */
function settling(promise: Promise<void>): { readonly settled: boolean } {
  const state = { settled: false };
  const settle = (): void => {
    state.settled = true;
  };
  promise.then(settle, settle);
  return state;
}

describe("a node that is drained", () => {
  test("is found by its names here, and by nobody else, from then on", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, two] = await startPair(cluster);
    const { address, mailbox } = one.newMailbox();
    one.names.register("before", address);
    await cluster.clock.settle();
    address.send("to be dealt with");
    const drained = one.drain();
    one.names.register("after", address);
    const late = await cluster.start("3");
    await cluster.clock.advanceBy(11_000);
    await late.connected("1");

    expect(two.names.seenNames("before", "after")).toEqual([false, false]);
    expect(late.names.seenNames("before", "after")).toEqual([false, false]);
    expect(one.names.lookup("before")).toBe(address);
    expect(one.names.lookup("after")).toBe(address);
    mailbox.tryReceive();
    await cluster.clock.advanceBy(5_000);
    await drained;
  });

  test("is stopped when its mailboxes have been emptied, and its answers have gone out", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await startPair(cluster);
    const work = one.newMailbox<number>();
    const answers = two.newMailbox<number>();
    const remote = one.address<number>(answers.address.id);
    for (let i = 0; i < 100; i++) two.address<number>(work.address.id).send(i);
    await cluster.clock.settle();
    const drained = one.drain();
    const state = settling(drained);
    await cluster.clock.advanceBy(60_000);
    expect(state.settled).toBe(false);
    await two.connected("1");
    for (let i = 0; i < 100; i++) remote.send(-Number(work.mailbox.tryReceive()));
    await cluster.clock.advanceBy(5_000);
    await drained;

    expect(answers.mailbox.messageCount).toBe(100);
    expect(one.stats().lost).toMatchObject({ link_lost: 0, in_doubt: 0, no_connection: 0 });
    await expect(one.start()).rejects.toMatchObject({ code: "REIGN_STOPPED" });
  });

  test("is not stopped before the system has taken what waits for its peers", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await startPair(cluster);
    const { address, mailbox } = two.newMailbox();
    const remote = one.address(address.id);
    const last = one.newMailbox();
    last.address.send("keeps it up until node 2 has been told");
    const drained = one.drain();
    await cluster.clock.advanceBy(1_000);
    cluster.network.stall({ from: "1", to: "2" });
    const bytes = new Uint8Array(1024 * 1024);
    for (let i = 0; i < 4; i++) remote.send(bytes);
    last.mailbox.tryReceive();
    await cluster.clock.advanceBy(2_000);
    cluster.network.resume();
    await cluster.clock.advanceBy(5_000);
    await drained;

    expect(mailbox.messageCount).toBe(4);
    expect(one.stats().lost).toMatchObject({ link_lost: 0, in_doubt: 0 });
  });

  test("is not stopped before every peer has said that it knows, or is lost", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, two] = await startPair(cluster);
    await cluster.start("3");
    await cluster.clock.advanceBy(11_000);
    const remote = one.address(two.newMailbox().address.id);
    cluster.network.stall({ from: "2", to: "1" });
    cluster.network.stall({ from: "3", to: "1" });
    const drained = one.drain();
    await cluster.clock.advanceBy(10_000);
    expect(remote.send("still linked")).toBe(true);
    cluster.network.resume({ from: "2", to: "1" });
    await cluster.clock.advanceBy(1_000);
    expect(remote.send("still linked")).toBe(true);
    cluster.network.cut("3", "1");
    await cluster.clock.advanceBy(5_000);

    await expect(drained).resolves.toBeUndefined();
  });

  test("still deals with what peers had sent before they knew", async () => {
    await using cluster = createTestCluster(["1", "2"], 1, { delayMs: [100, 100] });
    const [one, two] = await startPair(cluster);
    const { address, mailbox } = one.newMailbox();
    const remote = two.address(address.id);
    const answers = two.newMailbox();
    const asker = one.address(answers.address.id);
    one.names.register("it", address);
    await cluster.clock.advanceBy(1_000);
    const drained = one.drain();
    const state = settling(drained);
    expect(two.names.lookup("it")?.send("by its name")).toBe(true);
    await cluster.clock.advanceBy(150);
    expect(two.names.lookup("it")).toBeUndefined();
    expect(mailbox.tryReceive()).toBe("by its name");
    expect(asker.send("an answer")).toBe(true);
    // The goodbye is under way to node 2, which does not know it yet.
    await cluster.clock.advanceBy(100);
    expect(remote.send("by its address")).toBe(true);
    await cluster.clock.advanceBy(5_000);
    expect(state.settled).toBe(false);
    expect(mailbox.tryReceive()).toBe("by its address");
    await cluster.clock.advanceBy(5_000);
    await drained;

    expect(answers.mailbox.tryReceive()).toBe("an answer");
    expect(two.stats().lost).toMatchObject({ link_lost: 0, in_doubt: 0 });
  });

  test("is stopped after timeout in any case, and what is left can be received", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one] = await startPair(cluster);
    const { address, mailbox } = one.newMailbox<string>();
    address.send("left");
    const drained = one.drain({ timeout: 1_000 });
    const rejected = expect(drained).rejects.toMatchObject({ code: "REIGN_TIMEOUT" });
    await cluster.clock.advanceBy(7_000);
    await rejected;
    await expect(one.start()).rejects.toMatchObject({ code: "REIGN_STOPPED" });
    expect(one.stats().lost.closed).toBe(0);

    expect(mailbox.tryReceive()).toBe("left");
  });

  test("is stopped at once when its signal is aborted, and rejects with the reason", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one] = await startPair(cluster);
    one.newMailbox().address.send("left");
    const controller = new AbortController();
    const reason = new Error("a second signal");
    const rejected = Promise.all([
      expect(one.drain({ signal: controller.signal })).rejects.toBe(reason),
      expect(one.drain()).resolves.toBeUndefined(),
    ]);
    await cluster.clock.advanceBy(1_000);
    controller.abort(reason);
    await cluster.clock.advanceBy(5_000);
    await expect(one.start()).rejects.toMatchObject({ code: "REIGN_STOPPED" });
    await expect(one.drain({ signal: controller.signal })).rejects.toBe(reason);
    await one.terminate();
    await cluster.clock.advanceBy(1_000);

    await rejected;
  });

  test("may be terminated meanwhile: then nothing is left to wait for", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one] = await startPair(cluster);
    one.newMailbox().address.send("left");
    const all = Promise.all([one.drain(), one.terminate()]);
    await cluster.clock.advanceBy(5_000);
    await all;

    expect(one.stats().lost.closed).toBe(1);
    expect(cluster.network.links).toBe(0);
  });

  test("leaves no timer", async () => {
    await using cluster = createTestCluster(["1"]);
    const one = await cluster.start("1");
    one.newMailbox().address.send("left");
    const rejected = expect(one.drain({ timeout: 5 })).rejects.toThrow("5 ms");
    await cluster.clock.advanceBy(100);
    await rejected;

    expect(cluster.clock.pendingTimers).toBe(0);
  });

  test("is as it was when its options cannot be", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await startPair(cluster);
    one.names.register("it", one.newMailbox().address);
    await expect(one.drain({ timeout: -1 })).rejects.toThrow(RangeError);
    await cluster.clock.advanceBy(1_000);

    expect(two.names.seenNames("it")).toEqual([true]);
    await expect(two.connected("1")).resolves.toBeUndefined();
  });

  test("rejects with what a carrier of the program's own throws over its end, as stop does", async () => {
    const carrier: Carrier = {
      listen: async () => ({ address: "here", close: () => Promise.reject(new Error("stuck")) }),
      dial: () => Promise.reject(new Error("nobody")),
    };
    const spec = { nodes: [{ id: 1, address: "127.0.0.1:9" }] };
    const service = await createFromSpec(spec, 1, { carrier, logger: nullLogger });
    await service.start();

    await expect(service.drain()).rejects.toThrow("stuck");
    await expect(service.stop()).rejects.toThrow("stuck");
  });

  test("may have no network: its mailboxes are waited for all the same", async () => {
    const alone = noClustering({ logger: nullLogger });
    const { address, mailbox } = alone.newMailbox();
    address.send(1);
    const drained = alone.drain();
    mailbox.tryReceive();

    await expect(drained).resolves.toBeUndefined();
    await alone.terminate();
  });
});
