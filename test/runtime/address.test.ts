import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { type Address, isAddress } from "../../src/core/address.ts";
import { ReignError } from "../../src/core/errors.ts";
import { nodeIdOf } from "../../src/core/mailbox-id.ts";
import { createTestCluster, present, type TestCluster } from "./cluster.ts";

/** Two connected nodes, and a mailbox on the second with its address as the first one sees it. */
async function twoNodes(cluster: TestCluster) {
  const [one, two] = await cluster.startAll();
  const { address, mailbox } = present(two).newMailbox();
  const remote = present(one).address(String(address));
  return { one: present(one), two: present(two), address, mailbox, remote };
}

describe("an address", () => {
  test("is one object for one mailbox of a service, however it was come by", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, two, address, remote } = await twoNodes(cluster);
    two.names.register("it", address);
    await cluster.clock.settle();

    expect(one.address(remote.id)).toBe(remote);
    expect(one.address(remote.toBytes())).toBe(remote);
    expect(one.address(JSON.parse(JSON.stringify(remote)))).toBe(remote);
    expect(one.names.lookup("it")).toBe(remote);
    expect(two.address(String(remote))).toBe(address);
    expect(new Map([[remote, 1]]).get(one.address(address.id))).toBe(1);
  });

  test("round trips as text, as bytes, as an id and as JSON", () => {
    const service = noClustering({ logger: nullLogger });
    const { address } = service.newMailbox();

    expect(String(address)).toBe(`<${address.id}>`);
    expect(String(address)).toMatch(/^<0:[0-9a-f]{16}:1>$/);
    expect(JSON.stringify({ address })).toBe(`{"address":"${address}"}`);
    for (const form of [String(address), address.id, address.toBytes()]) {
      expect(service.address(form)).toBe(address);
    }
    expect(nodeIdOf(address.id)).toBe("0");
    expect(isAddress(address)).toBe(true);
  });

  test("is readable when inspected, and shows nothing of its service", () => {
    const { address } = noClustering({ logger: nullLogger }).newMailbox();

    expect(inspect({ address })).toBe(`{ address: Address${address} }`);
  });

  test.each([
    ["<1:7>"],
    [""],
    ["X"],
    ["<1:0123456789abcdef:0>"],
    ["1:0123456789ABCDEF:1"],
    [new Uint8Array([])],
    [new Uint8Array([60])],
  ])("of the illegal form %j is refused with its code", (form) => {
    const service = noClustering({ logger: nullLogger });

    expect(() => service.address(form)).toThrow(
      expect.objectContaining({ code: "REIGN_ILLEGAL_ADDRESS_FORMAT" }),
    );
  });

  test("of a closed mailbox stays closed and stays the same object", () => {
    const service = noClustering({ logger: nullLogger });
    const { address, mailbox } = service.newMailbox();
    mailbox.close();

    expect(service.address(String(address))).toBe(address);
    expect(address.send("late")).toBe(false);
    expect(String(address)).toMatch(/^<0:[0-9a-f]{16}:1>$/);
  });

  test("made for a mailbox that never was stays dead when the number comes up", () => {
    const service = noClustering({ logger: nullLogger });
    const { address } = service.newMailbox();
    const forged = service.address(address.id.replace(/1$/, "2"));
    const next = service.newMailbox();

    expect(forged.send("?")).toBe(false);
    expect(next.address).not.toBe(forged);
    expect(next.address.id).not.toBe(forged.id);
    expect(next.address.send("!")).toBe(true);
  });

  test("of a node that is not in the cluster is legal, and a send to it is false", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one } = await twoNodes(cluster);
    const elsewhere = one.address("<99:0123456789abcdef:1>");

    expect(elsewhere.send("anybody?")).toBe(false);
    expect(elsewhere.nodeId).toBe("99");
    expect(() => elsewhere.sendOrThrow("anybody?")).toThrow(
      expect.objectContaining({ code: "REIGN_NO_CONNECTION" }),
    );
    expect(one.stats().lost.no_connection).toBe(2);
  });

  test("inside a message stays live, however deep", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, two, mailbox, remote } = await twoNodes(cluster);
    const mine = one.newMailbox<string>();
    remote.send({ deep: new Map([["list", [{ reply: mine.address }]]]), self: remote });
    await cluster.clock.settle();

    const message = mailbox.tryReceive() as {
      deep: Map<string, { reply: Address<string> }[]>;
      self: Address;
    };
    message.deep.get("list")?.[0]?.reply.send("from afar");
    await cluster.clock.settle();

    expect(mine.mailbox.tryReceive()).toBe("from afar");
    expect(message.self).toBe(two.address(remote.id));
  });

  test("of a third node in a message works for the one who gets it", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, two, three] = (await cluster.startAll()).map(present);
    const atThree = present(three).newMailbox();
    const atTwo = present(two).newMailbox();
    const fromOne = present(one).address(atTwo.address.id);
    fromOne.send({ third: present(one).address(atThree.address.id) });
    await cluster.clock.settle();
    const { third } = atTwo.mailbox.tryReceive() as { third: Address<string> };
    third.send("hello from two");
    await cluster.clock.settle();

    expect(atThree.mailbox.tryReceive()).toBe("hello from two");
  });
});

describe("a send", () => {
  test("of undefined is a TypeError, to this node and to others", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, remote } = await twoNodes(cluster);

    expect(() => remote.send(undefined)).toThrow(TypeError);
    expect(() => one.newMailbox().address.send(undefined)).toThrow(TypeError);
  });

  test("within a node passes the very value, whatever it is", () => {
    const { address, mailbox } = noClustering({ logger: nullLogger }).newMailbox();
    const values = [() => 1, Symbol("s"), new (class Odd {})(), null, 0, "", false];
    for (const value of values) address.send(value);

    for (const value of values) expect(mailbox.tryReceive()).toBe(value);
  });

  test("to another node carries the message as it was when send was called", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { mailbox, remote } = await twoNodes(cluster);
    const message = { count: 1, list: [1] };
    remote.send(message);
    message.count = 2;
    message.list.push(2);
    await cluster.clock.settle();

    expect(mailbox.tryReceive()).toEqual({ count: 1, list: [1] });
  });

  test("of what cannot travel is a TypeError with the path, link or no link", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, remote } = await twoNodes(cluster);
    const bad = { order: { lines: [1, { price: () => 3 }] } };
    const code = "REIGN_NOT_SERIALIZABLE";
    const path = "message.order.lines[1].price";

    expect(() => remote.send(bad)).toThrow(expect.objectContaining({ code, path }));
    expect(() => one.address("<99:0123456789abcdef:1>").send(bad)).toThrow(TypeError);
    expect(() => remote.send(one.newMailbox().mailbox)).toThrow(/address/);
    cluster.network.cut(1, 2);
    await cluster.clock.settle();
    expect(() => remote.send(bad)).toThrow(expect.objectContaining({ code, path }));
    expect(one.stats().sent).toBe(0);
  });

  test("after a refused one finds the stream unharmed", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { mailbox, remote } = await twoNodes(cluster);
    remote.send("before");
    expect(() => remote.send({ a: "x".repeat(1000), f: () => 1 })).toThrow(TypeError);
    remote.send("after");
    await cluster.clock.settle();

    expect([mailbox.tryReceive(), mailbox.tryReceive()]).toEqual(["before", "after"]);
    expect(mailbox.messageCount).toBe(0);
  });

  test("whose reading does other things keeps them out of the message, and behind it", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, mailbox, remote } = await twoNodes(cluster);
    const mine = one.newMailbox();
    const closing = one.newMailbox();
    one.names.register("closing", closing.address);
    await cluster.clock.settle();
    const message = {
      before: "x".repeat(100),
      get meanwhile() {
        remote.onCloseNotify(mine.address);
        one.names.register("mine", mine.address);
        closing.mailbox.close();
        for (let i = 0; i < 500; i++)
          one.names.register(`name ${i} ${"y".repeat(200)}`, mine.address);
        return "done";
      },
      after: "z".repeat(100),
    };
    remote.send(message);
    remote.send("next");
    await cluster.clock.settle();

    expect(mailbox.tryReceive()).toEqual({
      before: "x".repeat(100),
      meanwhile: "done",
      after: "z".repeat(100),
    });
    expect(mailbox.tryReceive()).toBe("next");
    mailbox.close();
    await cluster.clock.settle();
    expect(mine.mailbox.tryReceive()).toMatchObject({ reason: "closed" });
    expect(cluster.telemetry.eventsOf("link_down")).toEqual([]);
  });

  test("of an enormous message costs no memory for it", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, remote } = await twoNodes(cluster);
    const part = "x".repeat(2 ** 20);
    const before = process.memoryUsage().arrayBuffers;

    expect(remote.send(Array.from({ length: 200 }, () => part))).toBe(false);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(80 * 2 ** 20);
    expect(one.stats().lost.too_large).toBe(1);
  });

  test("of a message beyond maxMessageBytes is refused and leaves the link up", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1", { maxMessageBytes: 1_000 });
    const two = await cluster.start("2");
    await cluster.clock.advanceBy(1_000);
    const { address, mailbox } = two.newMailbox();
    const remote = one.address(address.id);

    expect(remote.send("x".repeat(2_000))).toBe(false);
    expect(() => remote.sendOrThrow("x".repeat(2_000))).toThrow(
      expect.objectContaining({ code: "REIGN_TOO_LARGE" }),
    );
    expect(remote.send("small")).toBe(true);
    await cluster.clock.settle();
    expect(mailbox.tryReceive()).toBe("small");
    expect(one.stats().lost.too_large).toBe(2);

    // The larger limit of the other side does not help it: both keep to the smaller.
    expect(two.address(one.newMailbox().address.id).send("x".repeat(2_000))).toBe(false);
  });

  test("is refused while too many bytes wait, and ready says when there is room again", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1", { maxPendingBytes: 10_000 });
    const two = await cluster.start("2");
    await cluster.clock.advanceBy(1_000);
    const { address, mailbox } = two.newMailbox();
    const remote = one.address(address.id);
    cluster.network.stall(1, 2);

    let accepted = 0;
    while (remote.send("x".repeat(100))) accepted += 1;
    let isReady = false;
    const ready = remote.ready().then(() => {
      isReady = true;
    });
    await cluster.clock.settle();
    expect(isReady).toBe(false);
    expect(accepted).toBeGreaterThan(50);
    expect(accepted).toBeLessThan(110);
    expect(() => remote.sendOrThrow("x")).toThrow(
      expect.objectContaining({ code: "REIGN_QUEUE_FULL" }),
    );
    expect(one.stats().lost.queue_full).toBe(2);

    cluster.network.resume();
    await cluster.clock.settle();
    await ready;
    expect(mailbox.messageCount).toBe(accepted);
    expect(remote.send("more")).toBe(true);
  });

  test("that waits for room ends with the signal, the timeout, and with the link", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1", { maxPendingBytes: 1_000 });
    const two = await cluster.start("2");
    await cluster.clock.advanceBy(1_000);
    const remote = one.address(two.newMailbox().address.id);
    cluster.network.stall(1, 2);
    while (remote.send("x".repeat(100)));

    const controller = new AbortController();
    const aborted = remote.ready({ signal: controller.signal });
    const late = remote.ready({ timeout: 5 });
    const waiting = remote.ready();
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    const timedOut = expect(late).rejects.toThrow("room for messages took longer than 5 ms");
    await cluster.clock.advanceBy(5);
    await timedOut;
    cluster.network.cut(1, 2);
    await cluster.clock.settle();
    await expect(waiting).resolves.toBeUndefined();
    expect(remote.send("gone")).toBe(false);
  });

  test("to a mailbox of this node is always ready", async () => {
    const { address } = noClustering({ logger: nullLogger }).newMailbox();

    await expect(address.ready()).resolves.toBeUndefined();
    await expect(address.ready({ signal: AbortSignal.abort("no") })).rejects.toBe("no");
    expect(() => address.ready({ timeout: -1 })).toThrow(RangeError);
  });

  test("is counted, and each loss has its cause", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, two, mailbox, remote } = await twoNodes(cluster);
    remote.send(1);
    await cluster.clock.settle();
    mailbox.close();
    remote.send(2);
    await cluster.clock.settle();

    expect(one.stats().sent).toBe(2);
    expect(two.stats()).toMatchObject({ delivered: 0, lost: { closed: 2 } });
  });

  test("from one node to one mailbox keeps its order, across many turns", async () => {
    await using cluster = createTestCluster(["1", "2"], 7);
    const { mailbox, remote } = await twoNodes(cluster);
    for (let i = 0; i < 5_000; i++) {
      remote.send(i);
      if (i % 97 === 0) await cluster.clock.settle();
    }
    await cluster.clock.settle();

    for (let i = 0; i < 5_000; i++) expect(mailbox.tryReceive()).toBe(i);
  });

  test("many times in one turn goes out in one write", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { remote } = await twoNodes(cluster);
    const before = cluster.writes();
    for (let i = 0; i < 100; i++) remote.send([i]);
    await cluster.clock.settle();

    expect(cluster.writes() - before).toBe(1);
  });

  test("in answer to what was read goes out at once, where one answer was all the last time", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, two, mailbox, remote } = await twoNodes(cluster);
    const back = two.address(one.newMailbox().address.id);
    const atOnce: number[] = [];
    for (const answers of [1, 1, 2, 100, 1, 1]) {
      remote.send("question");
      await cluster.clock.settle();
      expect(mailbox.tryReceive()).toBe("question");
      const before = cluster.writes();
      for (let i = 0; i < answers; i++) back.send(i);
      atOnce.push(cluster.writes() - before);
      await cluster.clock.settle();
      expect(cluster.writes() - before).toBeLessThanOrEqual(2);
    }

    expect(atOnce).toEqual([1, 1, 1, 0, 0, 1]);
  });

  test("by sendOrThrow to a closed mailbox throws its code", () => {
    const { address, mailbox } = noClustering({ logger: nullLogger }).newMailbox();
    mailbox.close();

    try {
      address.sendOrThrow("late");
      expect.unreachable();
    } catch (error) {
      expect(ReignError.is(error, "REIGN_MAILBOX_CLOSED") && error.details.id).toBe(address.id);
    }
  });
});
