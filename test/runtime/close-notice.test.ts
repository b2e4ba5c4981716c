import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { type CloseReason, MailboxClosed } from "../../src/core/close-notice.ts";
import type { Mailbox } from "../../src/runtime/mailbox.ts";
import { createTestCluster, present, type TestCluster } from "./cluster.ts";

/** A watcher on node 1 and a mailbox on node 2, with its address as node 1 sees it. */
async function watching(cluster: TestCluster) {
  const [one, two] = (await cluster.startAll()).map(present);
  const watcher = present(one).newMailbox<unknown>();
  const target = present(two).newMailbox<unknown>();
  const remote = present(one).address(target.address.id);
  return { one: present(one), two: present(two), watcher, target, remote };
}

/** Takes everything out of a mailbox; notices as their reasons. */
function drain(mailbox: Mailbox<unknown>): unknown[] {
  const all: unknown[] = [];
  for (let m = mailbox.tryReceive(); m !== undefined; m = mailbox.tryReceive()) {
    all.push(m instanceof MailboxClosed ? m.reason : m);
  }
  return all;
}

describe("a close notice within a node", () => {
  test("comes once, with the id, when the mailbox is closed", () => {
    const service = noClustering({ logger: nullLogger });
    const watcher = service.newMailbox<MailboxClosed>();
    const target = service.newMailbox();
    target.address.onCloseNotify(watcher.address);
    target.address.onCloseNotify(watcher.address);
    expect(watcher.mailbox.messageCount).toBe(0);
    target.mailbox.close();
    target.mailbox.close();

    expect(watcher.mailbox.tryReceive()).toEqual(new MailboxClosed(target.address.id, "closed"));
    expect(watcher.mailbox.messageCount).toBe(0);
  });

  test("comes at once for a mailbox that is closed already", () => {
    const service = noClustering({ logger: nullLogger });
    const watcher = service.newMailbox<MailboxClosed>();
    const target = service.newMailbox();
    target.mailbox.close();
    target.address.onCloseNotify(watcher.address);

    expect(watcher.mailbox.tryReceive()).toEqual(new MailboxClosed(target.address.id, "noproc"));
  });

  test("goes to every watcher, in order of asking", () => {
    const service = noClustering({ logger: nullLogger });
    const target = service.newMailbox();
    const watchers = Array.from({ length: 10 }, () => service.newMailbox<MailboxClosed>());
    for (const { address } of watchers) target.address.onCloseNotify(address);
    target.mailbox.close();

    for (const { mailbox } of watchers) expect(mailbox.messageCount).toBe(1);
  });

  test("is not sent after removeNotify, which says whether there was something to take back", () => {
    const service = noClustering({ logger: nullLogger });
    const watcher = service.newMailbox<MailboxClosed>();
    const target = service.newMailbox();
    expect(target.address.removeNotify(watcher.address)).toBe(false);
    target.address.onCloseNotify(watcher.address);
    expect(target.address.removeNotify(watcher.address)).toBe(true);
    expect(target.address.removeNotify(watcher.address)).toBe(false);
    target.mailbox.close();

    expect(watcher.mailbox.messageCount).toBe(0);
  });

  test("that waits unreceived is taken back by removeNotify, and other messages stay", () => {
    const service = noClustering({ logger: nullLogger });
    const watcher = service.newMailbox<unknown>();
    const target = service.newMailbox();
    watcher.address.send("before");
    target.address.onCloseNotify(watcher.address);
    target.mailbox.close();
    watcher.address.send("after");

    expect(target.address.removeNotify(watcher.address)).toBe(true);
    expect(drain(watcher.mailbox)).toEqual(["before", "after"]);
    expect(target.address.removeNotify(watcher.address)).toBe(false);
  });

  test("can be taken back, or asked for again, from the matcher that looks at another's", () => {
    const service = noClustering({ logger: nullLogger });
    const target = service.newMailbox();
    const boxes = Array.from({ length: 3 }, () => service.newMailbox<MailboxClosed>());
    const [first, second, third] = boxes.map(present) as [
      (typeof boxes)[0],
      (typeof boxes)[0],
      (typeof boxes)[0],
    ];
    for (const { address } of boxes) target.address.onCloseNotify(address);
    let taken: boolean | undefined;
    void first.mailbox.receive(() => {
      taken = target.address.removeNotify(second.address);
      target.address.onCloseNotify(third.address);
      return true;
    });
    target.mailbox.close();

    expect(taken).toBe(true);
    expect([second.mailbox.messageCount, third.mailbox.messageCount]).toEqual([0, 1]);
  });

  test("of a mailbox that watches itself, or two that watch each other, harms nobody", () => {
    const service = noClustering({ logger: nullLogger });
    const a = service.newMailbox<MailboxClosed>();
    const b = service.newMailbox<MailboxClosed>();
    a.address.onCloseNotify(a.address);
    a.address.onCloseNotify(b.address);
    b.address.onCloseNotify(a.address);
    a.mailbox.close();

    expect(b.mailbox.messageCount).toBe(1);
    b.mailbox.close();
    b.address.onCloseNotify(a.address);
  });

  test("finds the names of the mailbox gone", () => {
    const service = noClustering({ logger: nullLogger });
    const target = service.newMailbox();
    const watcher = service.newMailbox<MailboxClosed>();
    service.names.register("it", target.address);
    target.address.onCloseNotify(watcher.address);
    let seen: unknown = "not asked";
    void watcher.mailbox.receive(() => {
      seen = service.names.lookup("it");
      return true;
    });
    target.mailbox.close();

    expect(seen).toBeUndefined();
  });
});

describe("a close notice between nodes", () => {
  test("comes once when the mailbox is closed, after everything sent before", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { two, watcher, target, remote } = await watching(cluster);
    remote.onCloseNotify(watcher.address);
    remote.onCloseNotify(watcher.address);
    await cluster.clock.settle();
    const back = two.address(watcher.address.id);
    for (let i = 0; i < 100; i++) back.send(i);
    target.mailbox.close();
    await cluster.clock.settle();

    const expected: unknown[] = Array.from({ length: 100 }, (_, i) => i);
    expect(drain(watcher.mailbox)).toEqual([...expected, "closed"]);
  });

  test.each([
    ["a closed mailbox", "noproc"],
    ["a mailbox that never was", "noproc"],
    ["an earlier incarnation", "noproc"],
    ["a node that is not in the cluster", "noproc"],
    ["a node that is not connected", "noconnection"],
  ] as const)("about %s comes at once as %s", async (what, reason) => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, watcher, target } = await watching(cluster);
    const id = target.address.id;
    if (what === "a closed mailbox") target.mailbox.close();
    if (what === "a node that is not connected") cluster.network.cut(1, 2);
    await cluster.clock.settle();
    const about = {
      "a closed mailbox": id,
      "a mailbox that never was": id.replace(/\d+$/, "77"),
      "an earlier incarnation": id.replace(/:[0-9a-f]+:/, ":0000000000000000:"),
      "a node that is not in the cluster": id.replace(/^2/, "99"),
      "a node that is not connected": id,
    }[what];
    one.address(about).onCloseNotify(watcher.address);
    await cluster.clock.settle();

    expect(drain(watcher.mailbox)).toEqual([reason]);
  });

  test("is noconnection when the link is lost, before the status callback, and is not repeated", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, watcher, target, remote } = await watching(cluster);
    remote.onCloseNotify(watcher.address);
    await cluster.clock.settle();
    const waiting: number[] = [];
    one.addConnectionStatusCallback((_node, connected) => {
      if (!connected) waiting.push(watcher.mailbox.messageCount);
    });
    cluster.network.cut(1, 2);
    await cluster.clock.settle();

    expect(waiting).toEqual([1]);
    expect(drain(watcher.mailbox)).toEqual(["noconnection"]);
    cluster.network.heal();
    await cluster.clock.advanceBy(11_000);
    target.mailbox.close();
    await cluster.clock.settle();
    expect(drain(watcher.mailbox)).toEqual([]);
  });

  test("comes after the messages that had arrived over the lost link", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { two, watcher, remote } = await watching(cluster);
    remote.onCloseNotify(watcher.address);
    two.address(watcher.address.id).send("last words");
    await cluster.clock.settle();
    cluster.network.cut(1, 2);
    await cluster.clock.settle();

    expect(drain(watcher.mailbox)).toEqual(["last words", "noconnection"]);
  });

  test("works anew after the link is back, if asked for anew", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { watcher, target, remote } = await watching(cluster);
    cluster.network.cut(1, 2);
    await cluster.clock.settle();
    cluster.network.heal();
    await cluster.clock.advanceBy(11_000);
    remote.onCloseNotify(watcher.address);
    await cluster.clock.settle();
    target.mailbox.close();
    await cluster.clock.settle();

    expect(drain(watcher.mailbox)).toEqual(["closed"]);
  });

  test("comes to each of several watchers, and the peer is asked once", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, watcher, target, remote } = await watching(cluster);
    const other = one.newMailbox<unknown>();
    remote.onCloseNotify(watcher.address);
    remote.onCloseNotify(other.address);
    await cluster.clock.settle();
    expect(remote.removeNotify(other.address)).toBe(true);
    await cluster.clock.settle();
    target.mailbox.close();
    await cluster.clock.settle();

    expect(drain(watcher.mailbox)).toEqual(["closed"]);
    expect(drain(other.mailbox)).toEqual([]);
  });

  test("is not seen after removeNotify returned true, also when they crossed on the wire", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { watcher, target, remote } = await watching(cluster);
    remote.onCloseNotify(watcher.address);
    await cluster.clock.settle();
    target.mailbox.close();
    expect(remote.removeNotify(watcher.address)).toBe(true);
    await cluster.clock.settle();

    expect(drain(watcher.mailbox)).toEqual([]);
    expect(cluster.telemetry.events.filter(({ type }) => type === "link_down")).toEqual([]);
  });

  test("wants a watcher of its own node", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { watcher, target, remote } = await watching(cluster);
    const expected = expect.objectContaining({ code: "REIGN_NOT_LOCAL_MAILBOX" });

    expect(() => remote.onCloseNotify(target.address)).toThrow(expected);
    expect(() => watcher.address.onCloseNotify(remote)).toThrow(expected);
    expect(() => watcher.address.removeNotify(remote)).toThrow(expected);
  });

  test("finds the names of the mailbox gone, on the node that gets it", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, two, watcher, target, remote } = await watching(cluster);
    two.names.register("it", target.address);
    remote.onCloseNotify(watcher.address);
    await cluster.clock.settle();
    expect(one.names.lookup("it")).toBe(remote);
    let seen: unknown = "not asked";
    void watcher.mailbox.receive(() => {
      seen = one.names.lookup("it");
      return true;
    });
    target.mailbox.close();
    await cluster.clock.settle();

    expect(seen).toBeUndefined();
  });

  test("is told by a node that stops, at once and not by silence", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { two, watcher, remote } = await watching(cluster);
    remote.onCloseNotify(watcher.address);
    await cluster.clock.settle();
    const stopped = two.stop();
    await cluster.clock.settle();
    await stopped;

    expect(drain(watcher.mailbox)).toEqual(["noconnection"]);
  });

  test("is told to the watchers of a node that stops itself", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, watcher, remote } = await watching(cluster);
    remote.onCloseNotify(watcher.address);
    await cluster.clock.settle();
    void one.stop();
    await cluster.clock.settle();

    expect(drain(watcher.mailbox)).toEqual(["noconnection"]);
  });

  test("is noproc for an address of the incarnation before, once the new one is there", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, two, watcher, remote } = await watching(cluster);
    const gone = two.terminate();
    await cluster.clock.settle();
    await gone;
    const again = await cluster.start("2");
    await cluster.clock.advanceBy(11_000);
    const sameNumber = again.newMailbox();
    remote.onCloseNotify(watcher.address);
    await cluster.clock.settle();

    expect(sameNumber.address.id.split(":").at(-1)).toBe(remote.id.split(":").at(-1));
    expect(drain(watcher.mailbox)).toEqual(["noproc"]);
    expect(remote.send("hello?")).toBe(false);
    expect(one.stats().lost.stale).toBe(1);
    expect(() => remote.sendOrThrow("hello?")).toThrow(
      expect.objectContaining({ code: "REIGN_STALE_ADDRESS" }),
    );
    expect(sameNumber.mailbox.messageCount).toBe(0);
  });
});

describe("exactly one close notice", () => {
  type Step = "watch" | "unwatch" | "close" | "cut" | "heal" | "turn" | "long" | "receive";
  const steps = fc.constantFrom<Step>(
    "watch",
    "watch",
    "unwatch",
    "close",
    "cut",
    "heal",
    "turn",
    "turn",
    "long",
    "receive",
  );

  test("answers each request that was not taken back, whatever happens in between", async () => {
    const plan = fc.array(steps, { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(plan, fc.integer({ min: 1, max: 1_000 }), async (script, seed) => {
        await using cluster = createTestCluster(["1", "2"], seed);
        const { watcher, target, remote } = await watching(cluster);
        const received: CloseReason[] = [];
        let owed = false;
        const receiveAll = () => {
          for (const reason of drain(watcher.mailbox)) {
            expect(owed).toBe(true);
            owed = false;
            received.push(reason as CloseReason);
          }
        };
        for (const step of script) {
          if (step === "watch") {
            // A notice that waits belongs to the request before.
            receiveAll();
            remote.onCloseNotify(watcher.address);
            owed = true;
          } else if (step === "unwatch") {
            expect(remote.removeNotify(watcher.address)).toBe(owed);
            owed = false;
          } else if (step === "close") target.mailbox.close();
          else if (step === "cut") cluster.network.cut(1, 2);
          else if (step === "heal") cluster.network.heal();
          else if (step === "turn") await cluster.clock.settle();
          else if (step === "long") await cluster.clock.advanceBy(12_000);
          else receiveAll();
        }
        cluster.network.cut(1, 2);
        await cluster.clock.settle();
        receiveAll();
        expect(owed).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
});
