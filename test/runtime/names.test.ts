import { describe, expect, test } from "vitest";
import { noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { MultipleClaim } from "../../src/core/multiple-claim.ts";
import type { Mailbox } from "../../src/runtime/mailbox.ts";
import { createTestCluster, present, type TestCluster } from "./cluster.ts";

async function started(cluster: TestCluster) {
  return (await cluster.startAll()).map(present);
}

/** The claims that a mailbox was told of: for each the name and the nodes of the claimants. */
function toldOf(mailbox: Mailbox<unknown>): [string, string[]][] {
  const told: [string, string[]][] = [];
  for (let m = mailbox.tryReceive(); m !== undefined; m = mailbox.tryReceive()) {
    if (!(m instanceof MultipleClaim)) throw new Error("Expected a MultipleClaim.");
    told.push([m.name, m.claimants.map(({ nodeId }) => nodeId).sort()]);
  }
  return told;
}

describe("a name of one node", () => {
  test("is there when register returns, and gone when unregister or close returns", () => {
    const { names, newMailbox } = bound();
    const { address, mailbox } = newMailbox();
    expect(names.lookup("it")).toBeUndefined();
    names.register("it", address);
    expect(names.lookup("it")).toBe(address);
    expect(names.lookupAll("it")).toEqual([address]);
    expect(names.seenNames("it", "other")).toEqual([true, false]);
    names.unregister("it", address);
    expect(names.lookup("it")).toBeUndefined();
    names.register("it", address);
    mailbox.close();

    expect(names.lookup("it")).toBeUndefined();
    expect(names.lookupAll("it")).toEqual([]);
  });

  test("belongs to the newer mailbox when two of a node claim it", () => {
    const { names, newMailbox } = bound();
    const first = newMailbox();
    const second = newMailbox();
    names.register("it", first.address);
    names.register("it", second.address);
    expect(names.lookupAll("it")).toEqual([second.address]);
    names.unregister("it", first.address);
    expect(names.lookup("it")).toBe(second.address);
    first.mailbox.close();

    expect(names.lookup("it")).toBe(second.address);
    expect(first.mailbox.messageCount + second.mailbox.messageCount).toBe(0);
  });

  test("can be any well-formed text, the empty one too", () => {
    const { names, newMailbox } = bound();
    const { address } = newMailbox();
    for (const name of ["", "__proto__", "ä 🙂", "a\nb", "\u{feff}x", "x".repeat(1024)]) {
      names.register(name, address);
      expect(names.lookup(name)).toBe(address);
    }

    expect(() => names.register("\ud800", address)).toThrow(TypeError);
    expect(() => names.register("x".repeat(1025), address)).toThrow(RangeError);
    expect(() => names.register(7 as never, address)).toThrow(TypeError);
  });

  test("is refused for what is no live mailbox of this node", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await started(cluster);
    const code = "REIGN_CANT_GLOBALLY_REGISTER";
    const closed = present(one).newMailbox();
    closed.mailbox.close();
    const foreign = present(two).newMailbox().address;
    const remote = present(one).address(foreign.id);
    for (const address of [closed.address, foreign, remote, {} as never]) {
      expect(() => present(one).names.register("it", address)).toThrow(
        expect.objectContaining({ code }),
      );
    }
    expect(() => present(one).names.register("it", closed.mailbox as never)).toThrow(
      'for the name "it", got the mailbox itself: give its address.',
    );
    expect(() => present(one).names.register("it", "7" as never)).toThrow('got the text "7".');
  });

  test("that came from lookup can be registered again, being the same object", () => {
    const { names, newMailbox } = bound();
    names.register("it", newMailbox().address);
    names.register("other", names.require("it"));

    expect(names.lookup("other")).toBe(names.lookup("it"));
  });

  test("that nobody has is an error with its code for require", () => {
    const { names } = bound();

    expect(() => names.require("nobody")).toThrow(
      expect.objectContaining({
        code: "REIGN_NO_ADDRESS_REGISTERED",
        details: { name: "nobody" },
      }),
    );
  });

  test("is waited for until it is there, the signal says stop, or time is up", async () => {
    await using cluster = createTestCluster(["1"]);
    const service = cluster.create("1");
    const { address } = service.newMailbox();
    const waiting = service.names.wait("it");
    const inTime = service.names.wait("it", { timeout: 100 });
    const controller = new AbortController();
    const stopped = service.names.wait("it", { signal: controller.signal });
    const late = service.names.wait("never", { timeout: 50 });
    controller.abort(new Error("enough"));
    service.names.register("it", address);

    await expect(waiting).resolves.toBe(address);
    await expect(inTime).resolves.toBe(address);
    await expect(service.names.wait("it")).resolves.toBe(address);
    await expect(stopped).rejects.toThrow("enough");
    const rejected = expect(late).rejects.toMatchObject({ code: "REIGN_TIMEOUT" });
    await cluster.clock.advanceBy(60);
    await rejected;
    expect(cluster.clock.pendingTimers).toBe(0);
  });

  test("leaves nothing behind after many cycles of register and close", () => {
    const { names, newMailbox } = bound();
    for (let i = 0; i < 20_000; i++) {
      const { address, mailbox } = newMailbox();
      names.register(`name ${i % 100}`, address);
      if (i % 2 === 0) names.unregister(`name ${i % 100}`, address);
      mailbox.close();
    }
    const all = Array.from({ length: 100 }, (_, i) => `name ${i}`);

    expect(names.seenNames(...all)).not.toContain(true);
  });
});

describe("a name in a cluster", () => {
  test("is known to the nodes that are there and to those that come later", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const one = await cluster.start("1");
    const two = await cluster.start("2");
    await cluster.clock.advanceBy(1_000);
    const { address } = one.newMailbox();
    one.names.register("it", address);
    await cluster.clock.settle();
    expect(two.names.lookup("it")?.id).toBe(address.id);

    const three = await cluster.start("3");
    const waiting = three.names.wait("it");
    await cluster.clock.advanceBy(11_000);
    expect((await waiting).id).toBe(address.id);
  });

  test("goes everywhere when its mailbox is closed, and when its node is lost", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, two, three] = await started(cluster);
    const a = present(one).newMailbox();
    const b = present(one).newMailbox();
    present(one).names.register("a", a.address);
    present(one).names.register("b", b.address);
    await cluster.clock.settle();
    a.mailbox.close();
    await cluster.clock.settle();
    expect(present(two).names.seenNames("a", "b")).toEqual([false, true]);
    cluster.network.cut(1, 2);
    await cluster.clock.settle();

    expect(present(two).names.seenNames("a", "b")).toEqual([false, false]);
    expect(present(three).names.seenNames("a", "b")).toEqual([false, true]);
  });

  test("with two claimants is told to both, on their own nodes, and counted everywhere", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, two, three] = await started(cluster);
    const a = present(one).newMailbox();
    const b = present(two).newMailbox();
    present(one).names.register("it", a.address);
    await cluster.clock.settle();
    present(two).names.register("it", b.address);
    await cluster.clock.settle();

    expect(toldOf(a.mailbox)).toEqual([["it", ["1", "2"]]]);
    expect(toldOf(b.mailbox)).toEqual([["it", ["1", "2"]]]);
    for (const node of [one, two, three]) {
      expect(present(node).names.lookupAll("it")).toHaveLength(2);
      expect(present(node).names.multipleClaimCount).toBe(1);
    }
    expect(present(one).names.lookup("it")).toBe(a.address);
    expect(present(two).names.lookup("it")).toBe(b.address);

    // The same claim again changes nothing, so nobody is told again.
    present(two).names.register("it", b.address);
    await cluster.clock.settle();
    expect(toldOf(a.mailbox)).toEqual([]);
    b.mailbox.close();
    await cluster.clock.settle();
    expect(present(three).names.multipleClaimCount).toBe(0);
    expect(toldOf(a.mailbox)).toEqual([]);
  });

  test("claimed in both halves of a parted cluster is told on both sides when they meet", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, two, three] = await started(cluster);
    cluster.network.cut(1, 2);
    cluster.network.cut(1, 3);
    await cluster.clock.advanceBy(1_000);
    const left = present(one).newMailbox();
    const right = present(two).newMailbox();
    present(one).names.register("leader", left.address);
    present(two).names.register("leader", right.address);
    await cluster.clock.advanceBy(1_000);
    expect(toldOf(left.mailbox)).toEqual([]);
    expect(present(three).names.lookupAll("leader")).toHaveLength(1);
    cluster.network.heal();
    await cluster.clock.advanceBy(16_000);

    expect(toldOf(left.mailbox)).toEqual([["leader", ["1", "2"]]]);
    expect(toldOf(right.mailbox)).toEqual([["leader", ["1", "2"]]]);
    for (const node of [one, two, three]) {
      expect(present(node).names.lookupAll("leader")).toHaveLength(2);
    }
  });

  test("with three claimants is told once for each change of the set", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, two, three] = await started(cluster);
    const boxes = [one, two, three].map((node) => present(node).newMailbox());
    for (const [i, node] of [one, two, three].entries()) {
      present(node).names.register("it", present(boxes[i]).address);
      await cluster.clock.settle();
    }
    expect(toldOf(present(boxes[0]).mailbox)).toEqual([
      ["it", ["1", "2"]],
      ["it", ["1", "2", "3"]],
    ]);
    expect(toldOf(present(boxes[2]).mailbox)).toEqual([["it", ["1", "2", "3"]]]);
    present(boxes[2]).mailbox.close();
    await cluster.clock.settle();
    expect(toldOf(present(boxes[0]).mailbox)).toEqual([["it", ["1", "2"]]]);
  });

  test("spreads lookups over the claimants when none is local", async () => {
    await using cluster = createTestCluster(["1", "2", "3"], 5);
    const [one, two, three] = await started(cluster);
    for (const node of [one, two]) {
      present(node).names.register("it", present(node).newMailbox().address);
    }
    await cluster.clock.settle();
    const nodes = new Set<string | undefined>();
    for (let i = 0; i < 100; i++) nodes.add(present(three).names.lookup("it")?.nodeId);

    expect(nodes).toEqual(new Set(["1", "2"]));
  });

  test("of tens of thousands arrives whole when a link comes up", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1");
    const { address } = one.newMailbox();
    for (let i = 0; i < 10_000; i++) one.names.register(`name ${i}`, address);
    const two = await cluster.start("2");
    await cluster.clock.advanceBy(11_000);

    expect(two.names.lookup("name 0")?.id).toBe(address.id);
    expect(two.names.lookup("name 9999")?.id).toBe(address.id);
  });

  test("is synchronised when sync settles, and a node that is lost meanwhile does not count", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const [one, two, three] = await started(cluster);
    const { address } = present(one).newMailbox();
    cluster.network.stall({ from: 1, to: 3 });
    present(one).names.register("it", address);
    expect(present(one).names.messageCount).toBe(2);
    let isSynced = false;
    const synced = present(one)
      .names.sync()
      .then(() => {
        isSynced = true;
      });
    await cluster.clock.settle();
    expect(present(one).names.messageCount).toBe(0);
    expect(present(two).names.seenNames("it")).toEqual([true]);
    expect(isSynced).toBe(false);
    cluster.network.cut(1, 3);
    await cluster.clock.settle();
    await synced;
    expect(present(three).names.seenNames("it")).toEqual([false]);
  });

  test("is refused when the names of a node come to more than a link can tell at once", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await started(cluster);
    const { address, mailbox } = present(one).newMailbox();
    const name = (i: number) => `${i}`.padStart(1_024, "x");
    for (let i = 0; i < 8_192; i++) present(one).names.register(name(i), address);
    expect(() => present(one).names.register("one more", address)).toThrow(RangeError);
    await cluster.clock.settle();
    expect(present(two).names.seenNames(name(0), name(8_191))).toEqual([true, true]);
    mailbox.close();
    present(one).names.register("one more", present(one).newMailbox().address);
    await cluster.clock.settle();

    expect(present(two).names.seenNames(name(0), "one more")).toEqual([false, true]);
    expect(cluster.telemetry.eventsOf("link_down")).toEqual([]);
  });

  test("is synchronised at once on a node without peers, and can be given up on", async () => {
    const { names } = bound();
    await expect(names.sync()).resolves.toBeUndefined();

    await using cluster = createTestCluster(["1", "2"]);
    const [one] = await started(cluster);
    cluster.network.stall(1, 2);
    const late = expect(present(one).names.sync({ timeout: 10 })).rejects.toMatchObject({
      code: "REIGN_TIMEOUT",
    });
    await cluster.clock.advanceBy(20);
    await late;
  });

  test("replaced by the same node again and again is right everywhere in the end", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await started(cluster);
    for (let i = 0; i < 50; i++) {
      const { address, mailbox } = present(one).newMailbox();
      present(one).names.register("it", address);
      if (i % 3 === 0) await cluster.clock.settle();
      if (i % 5 === 0) mailbox.close();
    }
    await cluster.clock.settle();

    expect(present(two).names.lookup("it")?.id).toBe(present(one).names.lookup("it")?.id);
    expect(present(two).names.lookupAll("it")).toHaveLength(1);
  });
});

function bound() {
  const service = noClustering({ logger: nullLogger });
  return { names: service.names, newMailbox: () => service.newMailbox() };
}

describe("sendAll", () => {
  test("reaches each claimant once, and says for how many send was true", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const services = await started(cluster);
    const claimants = services.map((service) => service.newMailbox<unknown>());
    for (const [i, service] of services.entries()) {
      service.names.register("it", present(claimants[i]).address);
    }
    await cluster.clock.settle();
    for (const { mailbox } of claimants) while (mailbox.tryReceive() !== undefined);
    const [one] = services;
    expect(one?.names.sendAll("nobody has it", "hello")).toBe(0);
    expect(one?.names.sendAll("it", "hello")).toBe(3);
    await cluster.clock.settle();
    expect(claimants.map(({ mailbox }) => mailbox.tryReceive())).toEqual(Array(3).fill("hello"));
    expect(claimants.map(({ mailbox }) => mailbox.messageCount)).toEqual([0, 0, 0]);
    const full = one?.newMailbox<unknown>({ maxMessages: 1 });
    full?.address.send("full");
    one?.names.register("it", present(full).address);

    expect(one?.names.sendAll("it", "hello")).toBe(2);
  });

  test("of what cannot travel throws before a mailbox of this node has it", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const services = await started(cluster);
    const claimants = services.map((service) => service.newMailbox<unknown>());
    for (const [i, service] of services.entries()) {
      service.names.register("it", present(claimants[i]).address);
    }
    await cluster.clock.settle();
    const waiting = claimants.map(({ mailbox }) => mailbox.messageCount);
    expect(() => services[0]?.names.sendAll("it", () => {})).toThrow(TypeError);
    expect(() => services[0]?.names.sendAll("it", undefined)).toThrow(TypeError);
    await cluster.clock.settle();

    expect(claimants.map(({ mailbox }) => mailbox.messageCount)).toEqual(waiting);
  });
});
