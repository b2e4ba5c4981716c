/** What is promised of links and names, seen on whole services over real TLS. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, test } from "vitest";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import type { Address } from "../../src/core/address.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import { MultipleClaim } from "../../src/core/multiple-claim.ts";
import type { Mailbox } from "../../src/runtime/mailbox.ts";
import {
  createProxiedServices,
  type ProxiedServices,
  upOnBoth,
} from "../faults/proxied-services.ts";
import { patiently } from "../faults/talker.ts";
import { eventually } from "./tls-cluster.ts";
import { createTlsServices } from "./tls-services.ts";

/** Cuts the link there is, lets what was held back be gone, and waits for the next. */
async function cutAndMeet(nodes: ProxiedServices): Promise<void> {
  const { proxy, one, two } = nodes;
  const links = [one.downs + 1, two.downs + 1];
  proxy.cut({ with: "rst" });
  await patiently(() => expect([one.downs, two.downs]).toEqual(links));
  proxy.resume();
  await upOnBoth(nodes);
}

function lostOf({ service }: ProxiedServices["one"]): Readonly<Record<string, number>> {
  return service.stats().lost;
}

describe("a link over TLS that is cut", () => {
  test("leaves in doubt what nobody confirmed, and the account comes out even at the next", async () => {
    await using nodes = await createProxiedServices();
    const { proxy, one, two } = nodes;
    const { address, mailbox } = two.service.newMailbox();
    const remote = one.service.address(address.id);
    proxy.discard("down");
    for (let i = 0; i < 50; i++) remote.send(i);
    await patiently(() => expect(mailbox.messageCount).toBe(50));
    proxy.stall("up");
    for (let i = 50; i < 80; i++) remote.send(i);
    // They are handed to the system by then, so that nobody here can tell what became of them.
    await new Promise((resolve) => setImmediate(resolve));
    const doubts: (number | undefined)[] = [];
    one.service.addConnectionStatusCallback((_node, connected) => {
      if (!connected) doubts.push(lostOf(one)["in_doubt"]);
    });
    await cutAndMeet(nodes);

    expect(doubts).toEqual([80]);
    await patiently(() => expect(lostOf(one)).toMatchObject({ in_doubt: 0, link_lost: 30 }));
    expect(one.service.stats().sent).toBe(80);
    expect(two.service.stats().delivered).toBe(50);
    expect(nodes.problems()).toEqual([]);
  });

  test("is told once to who watches over it, and the next link neither repeats nor undoes that", async () => {
    await using nodes = await createProxiedServices();
    const [one, two] = [nodes.one.service, nodes.two.service];
    const watcher = one.newMailbox();
    const target = two.newMailbox();
    const remote = one.address(target.address.id);
    remote.onCloseNotify(watcher.address);
    for (let i = 0; i < 3; i++) await cutAndMeet(nodes);
    expect(watcher.mailbox.messageCount).toBe(1);
    expect(watcher.mailbox.tryReceive()).toEqual(new MailboxClosed(remote.id, "noconnection"));
    const late = one.newMailbox();
    remote.onCloseNotify(late.address);
    await one.names.sync();
    target.mailbox.close();

    expect(await late.mailbox.receive()).toEqual(new MailboxClosed(remote.id, "closed"));
    two.address(watcher.address.id).send("nothing before this");
    expect(await watcher.mailbox.receive()).toBe("nothing before this");
  });
});

const rounds = 50;

describe("two nodes over TLS that dial each other at once", () => {
  test("settle on one link each time, with no message doubled and none lost", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const certificates = [await cluster.authority.issue("1"), await cluster.authority.issue("2")];
    let connections = 0;
    const count = () => {
      connections += 1;
    };
    subscribe("net.server.socket", count);
    for (let round = 0; round < rounds; round++) {
      cluster.telemetry.clear();
      const services = await Promise.all(
        certificates.map((issued, i) => cluster.create(`${i + 1}`, {}, issued)),
      );
      const [one, two] = services as [ConnectionService, ConnectionService];
      const boxes = services.map((service) => service.newMailbox());
      const remotes = boxes.map(({ address }, i) => services[1 - i]?.address(address.id));
      for (const [i, service] of services.entries()) {
        service.addConnectionStatusCallback((_node, connected) => {
          for (let n = 0; connected && n < 5; n++) remotes[1 - i]?.send(n);
        });
      }
      await Promise.all(services.map((service) => service.start()));
      await Promise.all([one.connected(2), two.connected(1)]);
      // An answer each way, so that whatever else was under way has its end.
      await Promise.all(services.map(({ names }) => names.sync()));
      for (const remote of remotes) remote?.send("end");

      for (const { mailbox } of boxes) expect(await upToEnd(mailbox)).toEqual([0, 1, 2, 3, 4]);
      expect(
        cluster.telemetry
          .eventsOf("link_up")
          .map(({ peer }) => peer)
          .sort(),
      ).toEqual(["1", "2"]);
      expect(cluster.telemetry.eventsOf("link_down")).toEqual([]);
      expect(cluster.telemetry.eventsOf("messages_lost")).toEqual([]);
      await Promise.all(services.map((service) => service.terminate()));
    }
    unsubscribe("net.server.socket", count);

    // Where both were accepted, one of them gave way.
    console.log(`${connections} connections for ${rounds} links`);
    expect(connections).toBeGreaterThan(rounds);
  }, 60_000);
});

async function upToEnd(mailbox: Mailbox<unknown>): Promise<unknown[]> {
  const got: unknown[] = [];
  for (let m = await mailbox.receive(); m !== "end"; m = await mailbox.receive()) got.push(m);
  return got;
}

/** The nodes whose claims of a name each service knows. */
function claimantsOn(services: readonly ConnectionService[], name: string): string[][] {
  return services.map(({ names }) =>
    names
      .lookupAll(name)
      .map(({ nodeId }) => nodeId)
      .sort(),
  );
}

describe("names over TLS", () => {
  const ids = ["1", "2", "3"];

  test("are the union of all live claims on every node, made before a link or after", async () => {
    await using cluster = await createTlsServices(ids);
    const services = await Promise.all(ids.map((id) => cluster.create(id)));
    const claim = (name: string) =>
      services.map((service) => {
        const made = service.newMailbox<MultipleClaim>();
        service.names.register(name, made.address);
        return made;
      });
    const early = claim("early");
    await Promise.all(services.map((service) => service.start()));
    const late = claim("late");
    services[0]?.names.unregister("late", late[0]?.address as Address<never>);

    await eventually(() => {
      expect(claimantsOn(services, "early")).toEqual([ids, ids, ids]);
      expect(claimantsOn(services, "late")).toEqual(Array(3).fill(["2", "3"]));
    });
    for (const { names } of services) {
      const known = names
        .lookupAll("early")
        .map(({ id }) => id)
        .sort();
      expect(known).toEqual(early.map(({ address }) => address.id).sort());
    }
  });

  test("with several claimants are told to each on its node, for each change that leaves two", async () => {
    await using cluster = await createTlsServices(ids);
    const services = await Promise.all(ids.map((id) => cluster.start(id)));
    await eventually(() => expect(cluster.telemetry.eventsOf("link_up")).toHaveLength(6));
    const boxes = services.map((service) => service.newMailbox<MultipleClaim>());
    const told = async (i: number) => {
      const claim = await boxes[i]?.mailbox.receive(MultipleClaim);
      return claim?.claimants.map(({ nodeId }) => nodeId).sort();
    };
    for (const [i, box] of boxes.entries()) {
      services[i]?.names.register("it", box.address);
      await services[i]?.names.sync();
    }

    expect([await told(0), await told(1)]).toEqual([ids.slice(0, 2), ids.slice(0, 2)]);
    expect([await told(0), await told(1), await told(2)]).toEqual([ids, ids, ids]);
    boxes[2]?.mailbox.close();
    expect([await told(0), await told(1)]).toEqual([ids.slice(0, 2), ids.slice(0, 2)]);
    expect(boxes.map(({ mailbox }) => mailbox.messageCount)).toEqual([0, 0, 0]);
    expect(claimantsOn(services, "it")).toEqual(Array(3).fill(["1", "2"]));
  });

  test("leave every table with the mailbox that is closed and the node that is lost", async () => {
    await using cluster = await createTlsServices(ids);
    const services = await Promise.all(ids.map((id) => cluster.start(id)));
    await eventually(() => expect(cluster.telemetry.eventsOf("link_up")).toHaveLength(6));
    const three = services[2] as ConnectionService;
    const boxes = Array.from({ length: 100 }, () => three.newMailbox<MultipleClaim>());
    const names = boxes.map((_, i) => `name ${i}`);
    for (const [i, { address }] of boxes.entries()) three.names.register(`name ${i}`, address);
    await three.names.sync();
    const seen = () => services.slice(0, 2).map((service) => service.names.seenNames(...names));
    expect(seen().flat()).not.toContain(false);
    for (const { mailbox } of boxes.slice(0, 50)) mailbox.close();
    await three.names.sync();

    const half = [...Array(50).fill(false), ...Array(50).fill(true)];
    expect(seen()).toEqual([half, half]);
    await three.stop();
    await eventually(() => expect(seen().flat()).not.toContain(true));
    expect(three.names.seenNames(...names)).toEqual(half);
  });
});
