/** What is promised of messages and notices, seen on whole services over real TLS. */
import { describe, expect, test } from "vitest";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import type { Address } from "../../src/core/address.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";
import { pattern } from "../testing/proxy/tcp-ends.ts";
import { eventually } from "./tls-cluster.ts";
import { createTlsServices, type TlsServices } from "./tls-services.ts";

async function linked(cluster: TlsServices): Promise<[ConnectionService, ConnectionService]> {
  const [one, two] = await Promise.all([cluster.start("1"), cluster.start("2")]);
  await Promise.all([one.connected(2), two.connected(1)]);
  return [one, two];
}

interface Inbox {
  /** As the other node sees it. */
  readonly remote: Address;
  /** Everything that comes up to the next "end", notices as their reasons. */
  all(): Promise<unknown[]>;
}

/** A mailbox of one node that another node sends to. */
function openInbox(owner: ConnectionService, sender: ConnectionService) {
  const made = owner.newMailbox();
  const inbox: Inbox = {
    remote: sender.address(made.address.id),
    async all() {
      const got: unknown[] = [];
      for (let m = await made.mailbox.receive(); m !== "end"; m = await made.mailbox.receive()) {
        got.push(m instanceof MailboxClosed ? m.reason : m);
      }
      return got;
    },
  };
  return { ...made, ...inbox };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("a message over TLS", () => {
  test("comes once for each send, and for each claimant of a name that all are sent to", async () => {
    await using cluster = await createTlsServices(["1", "2", "3"]);
    const services = await Promise.all(["1", "2", "3"].map((id) => cluster.start(id)));
    const boxes = services.map((service) => {
      const made = service.newMailbox();
      service.names.register("all", made.address);
      return made.mailbox;
    });
    const [one] = services;
    await eventually(() => expect(one?.names.lookupAll("all")).toHaveLength(3));
    for (let i = 0; i < 1_000; i++) expect(one?.names.sendAll("all", i)).toBe(3);
    expect(one?.names.sendAll("all", "end")).toBe(3);

    const expected = Array.from({ length: 1_000 }, (_, i) => i);
    for (const mailbox of boxes) {
      const got: unknown[] = [];
      // The first are notices that there are others.
      for (let m = await mailbox.receive(); m !== "end"; m = await mailbox.receive()) {
        if (typeof m === "number") got.push(m);
      }
      expect(got).toEqual(expected);
    }
    const stats = services.map((service) => service.stats());
    expect(stats.map(({ sent }) => sent)).toEqual([3_003, 0, 0]);
    expect(stats.map(({ delivered }) => delivered)).toEqual([1_001, 1_001, 1_001]);
  });

  test("is a copy as of the call of send, whatever is done with it afterwards", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const [one, two] = await linked(cluster);
    const { mailbox, remote } = openInbox(two, one);
    const message = { list: [1], bytes: Uint8Array.of(1), big: pattern(70_000) };
    remote.send(message);
    message.list.push(2);
    message.bytes[0] = 2;
    message.big.fill(0);

    const arrived = (await mailbox.receive()) as typeof message;
    expect([arrived.list, [...arrived.bytes]]).toEqual([[1], [1]]);
    expect(Buffer.compare(arrived.big, pattern(70_000))).toBe(0);
  });

  test("that waits in a mailbox when it closes is discarded and counted, a notice is not", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const [one, two] = await linked(cluster);
    const { address, mailbox, remote } = openInbox(two, one);
    two.address(`${address.id}7`).onCloseNotify(address as Address<MailboxClosed>);
    for (let i = 0; i < 10; i++) remote.send(i);
    await eventually(() => expect(mailbox.messageCount).toBe(11));
    const waiting = mailbox.receive(() => false);
    mailbox.close();

    await expect(waiting).rejects.toMatchObject({ code: "REIGN_MAILBOX_CLOSED" });
    await expect(mailbox.receive()).rejects.toMatchObject({ code: "REIGN_MAILBOX_CLOSED" });
    expect(two.stats()).toMatchObject({ delivered: 0, lost: { closed: 10 } });
    remote.send("late");
    await eventually(() => expect(two.stats().lost.closed).toBe(11));
    expect(one.stats()).toMatchObject({ sent: 11, lost: { closed: 0 } });
  });
});

describe("a big message over TLS", () => {
  test("arrives whole in its many pieces, and is passed by a small one for another mailbox", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const [one, two] = await linked(cluster);
    const big = openInbox(two, one);
    const small = openInbox(two, one);
    const size = 15 * 2 ** 20;
    expect([big.remote.send(pattern(size)), small.remote.send("small")]).toEqual([true, true]);

    expect(await small.mailbox.receive()).toBe("small");
    expect(big.mailbox.messageCount).toBe(0);
    const arrived = (await big.mailbox.receive()) as Uint8Array;
    expect(Buffer.compare(arrived, pattern(size))).toBe(0);
  });

  test("beyond the smaller maxMessageBytes is refused as too_large, and the link stays up", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const one = await cluster.start("1");
    const two = await cluster.start("2", { maxMessageBytes: 100_000 });
    await one.connected(2);
    const { mailbox, remote } = openInbox(two, one);

    expect(remote.send(pattern(100_001))).toBe(false);
    expect(one.stats().lost.too_large).toBe(1);
    expect(remote.send("next")).toBe(true);
    expect(await mailbox.receive()).toBe("next");
    expect(cluster.telemetry.eventsOf("link_down")).toEqual([]);
  });
});

describe("a close notice over TLS", () => {
  test("comes exactly once, or not at all where removeNotify said true, however they race", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const [one, two] = await linked(cluster);
    const watcher = one.newMailbox();
    const targets = Array.from({ length: 300 }, () => two.newMailbox());
    const remotes = targets.map(({ address }) => one.address(address.id));
    for (const remote of remotes) remote.onCloseNotify(watcher.address);
    const seed = Date.now() % 100_000;
    console.log(`races with seed ${seed}`);
    const random = createSeededRandom(seed);
    const came = new Map<string, number>();
    const removed = new Set<string>();
    const reading = (async () => {
      for (
        let m = await watcher.mailbox.receive();
        m !== "end";
        m = await watcher.mailbox.receive()
      ) {
        if (m instanceof MailboxClosed) came.set(m.id, (came.get(m.id) ?? 0) + 1);
      }
    })();
    for (const [i, remote] of remotes.entries()) {
      targets[i]?.mailbox.close();
      // Some are taken back at once, some while the notice is on its way, some behind it.
      const late = remotes[Math.max(0, i - Math.floor(random.fraction() * 40))] ?? remote;
      if (late.removeNotify(watcher.address)) removed.add(late.id);
      if (random.fraction() < 0.5) await turn();
    }
    two.address(watcher.address.id).send("end");
    await reading;

    for (const { id } of remotes) expect(came.get(id) ?? 0).toBe(removed.has(id) ? 0 : 1);
    expect(removed.size).toBeGreaterThan(0);
    expect(came.size).toBeGreaterThan(0);
  });

  test("comes after everything that was sent before it, of whatever size", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const [one, two] = await linked(cluster);
    const watcher = openInbox(one, two);
    const target = two.newMailbox();
    one.address(target.address.id).onCloseNotify(watcher.address as Address<MailboxClosed>);
    await one.names.sync();
    const sizes = [10, 300_000, 20, 2_000_000, 65_536, 30, 70_000];
    for (const size of sizes) watcher.remote.send(pattern(size));
    target.mailbox.close();
    await eventually(() => expect(watcher.mailbox.messageCount).toBe(sizes.length + 1));
    watcher.address.send("end");

    const got = await watcher.all();
    expect(got.map((m) => (m instanceof Uint8Array ? m.length : m))).toEqual([...sizes, "closed"]);
  });

  test("that the link is lost comes after everything that had arrived over it", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const [one, two] = await linked(cluster);
    const watcher = openInbox(one, two);
    one
      .address(two.newMailbox().address.id)
      .onCloseNotify(watcher.address as Address<MailboxClosed>);
    for (let i = 0; i < 100; i++) watcher.remote.send(i);
    await eventually(() => expect(watcher.mailbox.messageCount).toBe(100));
    await two.stop();
    await eventually(() => expect(watcher.mailbox.messageCount).toBe(101));
    watcher.address.send("end");

    const expected = Array.from({ length: 100 }, (_, i) => i);
    expect(await watcher.all()).toEqual([...expected, "noconnection"]);
  });

  test("finds the names of the mailbox gone, be it closed or its node lost", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const [one, two] = await linked(cluster);
    const watcher = one.newMailbox();
    const targets = Array.from({ length: 100 }, () => two.newMailbox());
    for (const { address } of targets) {
      two.names.register(address.id, address);
      one.address(address.id).onCloseNotify(watcher.address);
    }
    await two.names.sync();
    expect(one.names.seenNames(...targets.map(({ address }) => address.id))).not.toContain(false);
    for (const { mailbox } of targets.slice(0, 50)) mailbox.close();
    await eventually(() => expect(two.names.messageCount).toBe(0));
    const seen: unknown[] = [];
    const reasons: string[] = [];
    for (let i = 0; i < 100; i++) {
      if (i === 50) void two.stop();
      const notice = await watcher.mailbox.receive((message): message is MailboxClosed => {
        // A matcher looks at the moment at which the notice can be received.
        if (message instanceof MailboxClosed) seen.push(one.names.lookup(message.id));
        return true;
      });
      reasons.push(notice.reason);
    }

    expect(seen).toEqual(Array(100).fill(undefined));
    expect(reasons).toEqual([...Array(50).fill("closed"), ...Array(50).fill("noconnection")]);
  });
});
