/** What two nodes make of the instances of classes that both, or only one, have registered. */
import { describe, expect, test } from "vitest";
import { NotSerializableError } from "../../src/core/errors.ts";
import type { Service } from "../../src/runtime/service.ts";
import { createTestCluster, present, type TestCluster } from "./cluster.ts";

class Order {
  readonly id: number;
  readonly lines: unknown[];

  constructor(id: number, lines: unknown[] = []) {
    this.id = id;
    this.lines = lines;
  }

  get count(): number {
    return this.lines.length;
  }
}

interface World extends AsyncDisposable {
  readonly cluster: TestCluster;
  readonly one: Service;
  readonly two: Service;
  /** A mailbox of node 2, as node 1 sends to it. */
  readonly inbox: ReturnType<Service["newMailbox"]>;
  readonly send: (message: unknown) => boolean;
  settle(): Promise<void>;
  /** What has come to the inbox, once the network is quiet. */
  receive(): Promise<unknown>;
}

async function linked(): Promise<World> {
  const cluster = createTestCluster(["1", "2"]);
  const [one, two] = await cluster.startAll();
  const inbox = present(two).newMailbox();
  const address = present(one).address(inbox.address.id);
  return {
    cluster,
    one: present(one),
    two: present(two),
    inbox,
    send: (message) => address.send(message),
    settle: () => cluster.clock.advanceBy(100),
    async receive() {
      await cluster.clock.advanceBy(100);
      return inbox.mailbox.receive();
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

describe("an instance of a class that both nodes have registered", () => {
  test("arrives as an instance of the receiver's class, also where it was registered on a link that is up", async () => {
    class Bestellung {
      id = 0;
      lines: unknown[] = [];
    }
    await using world = await linked();
    world.one.registerType(Order, { name: "shop.Order" });
    world.two.registerType(Bestellung, { name: "shop.Order" });

    expect(world.send({ order: new Order(7, ["a"]) })).toBe(true);
    const { order } = (await world.receive()) as { order: Bestellung };

    expect(order).toBeInstanceOf(Bestellung);
    expect(Object.entries(order)).toEqual([
      ["id", 7],
      ["lines", ["a"]],
    ]);
  });

  test("brings its addresses live", async () => {
    await using world = await linked();
    for (const node of [world.one, world.two]) node.registerType(Order, { name: "Order" });
    const { address, mailbox } = world.one.newMailbox();

    world.send(new Order(1, [address]));
    const order = (await world.receive()) as Order;
    const [replyTo] = order.lines as [typeof address];
    replyTo.send(order.count);
    await world.settle();

    expect(await mailbox.receive()).toBe(1);
  });

  test("is refused at the sender where only the receiver has the class", async () => {
    await using world = await linked();
    world.two.registerType(Order, { name: "Order" });

    expect(() => world.send({ a: [new Order(1)] })).toThrow(NotSerializableError);
    expect(() => world.send({ a: [new Order(1)] })).toThrow(/message\.a\[0\].*class Order/);
    expect(world.one.stats()).toMatchObject({ sent: 0 });
  });
});

describe("an instance of a class that the receiver does not know", () => {
  test("is a loss with the name of the class, and the link and all else on it stay", async () => {
    await using world = await linked();
    world.one.registerType(Order, { name: "shop.Order" });
    const losses = world.two.losses();
    const sentBefore = world.one.stats().sent;

    for (const message of ["before", new Order(1), { deep: [new Map([[1, new Order(2)]])] }]) {
      expect(world.send(message)).toBe(true);
    }
    expect(world.send("behind")).toBe(true);
    await world.settle();

    expect(await world.receive()).toBe("before");
    expect(await world.receive()).toBe("behind");
    expect((await losses.next()).value).toEqual({
      from: "1",
      to: world.inbox.address.id,
      cause: "unknown_type",
      size: expect.any(Number),
      typeName: "shop.Order",
      count: 1,
    });
    expect(world.two.stats()).toMatchObject({
      delivered: 2,
      lost: { unknown_type: 2, unreadable: 0 },
      violations: 0,
    });
    expect(world.one.stats().sent - sentBefore).toBe(4);
    const { telemetry } = world.cluster;
    expect(telemetry.eventsOf("link_down")).toEqual([]);
    expect(telemetry.eventsOf("callback_failed")).toEqual([]);
    expect(telemetry.eventsOf("messages_lost")[0]).toMatchObject({ typeName: "shop.Order" });
  });

  test("is such a loss in a message that comes in pieces, too", async () => {
    await using world = await linked();
    world.one.registerType(Order, { name: "Order" });

    world.send([new Uint8Array(300_000), new Order(1, ["x".repeat(100_000)])]);
    world.send([new Uint8Array(300_000)]);
    await world.settle();

    expect(await world.receive()).toEqual([new Uint8Array(300_000)]);
    expect(world.two.stats().lost.unknown_type).toBe(1);
    expect(world.cluster.telemetry.eventsOf("link_down")).toEqual([]);
  });

  test("arrives once the class is registered", async () => {
    await using world = await linked();
    world.one.registerType(Order, { name: "Order" });
    world.send(new Order(1));
    await world.settle();
    world.two.registerType(Order, { name: "Order" });
    world.send(new Order(2));

    expect(await world.receive()).toEqual(new Order(2));
  });
});

describe("a decode that throws", () => {
  test("is reported, and loses its message alone", async () => {
    await using world = await linked();
    const error = new Error("no such order");
    world.one.registerType(Order, { name: "Order" });
    world.two.registerType(Order, {
      name: "Order",
      decode: ({ id }: { readonly id: number }) => {
        if (id === 1) throw error;
        return new Order(id);
      },
    });

    for (const id of [1, 2]) world.send([new Order(id)]);
    await world.settle();

    expect(await world.receive()).toEqual([new Order(2)]);
    expect(world.two.stats().lost.unknown_type).toBe(1);
    expect(world.cluster.telemetry.eventsOf("callback_failed")).toEqual([
      { type: "callback_failed", callback: 'decode of "Order"', error },
    ]);
    expect(world.cluster.telemetry.eventsOf("link_down")).toEqual([]);
  });

  test("leaves what was sent of the same message elsewhere as it is", async () => {
    await using world = await linked();
    world.one.registerType(Order, { name: "Order" });
    world.two.registerType(Order, {
      name: "Order",
      decode(_value: unknown, begun: Order) {
        // One that acts on its node while a message is being read.
        world.inbox.address.send("from inside");
        world.two.newMailbox().mailbox.close();
        return begun;
      },
    });

    world.send(new Order(1));
    await world.settle();

    expect(await world.receive()).toBe("from inside");
    expect(await world.receive()).toBeInstanceOf(Order);
  });
});

describe("two versions of a class on two nodes", () => {
  class V1 {
    id = 1;
    colour = "red";
  }
  class V2 {
    id = 2;
    size: string | undefined = "L";
  }

  async function exchange(
    rule1: { readonly fields?: readonly string[] },
    rule2: { readonly fields?: readonly string[] },
  ): Promise<{ readonly at2: unknown; readonly at1: unknown }> {
    await using world = await linked();
    world.one.registerType(V1, { name: "V", ...rule1 });
    world.two.registerType(V2, { name: "V", ...rule2 });
    const back = world.one.newMailbox();
    world.send(new V1());
    world.two.address(back.address.id).send(new V2());
    const [at2, at1] = [await world.receive(), await back.mailbox.receive()];
    expect(at2).toBeInstanceOf(V2);
    expect(at1).toBeInstanceOf(V1);
    return { at2: { ...(at2 as object) }, at1: { ...(at1 as object) } };
  }

  test("keep fields that they do not know by default, and lack those that did not come", async () => {
    expect(await exchange({}, {})).toEqual({
      at2: { id: 1, colour: "red" },
      at1: { id: 2, size: "L" },
    });
  });

  test("drop fields that they do not name where they name some", async () => {
    expect(await exchange({ fields: ["id", "colour"] }, { fields: ["id", "size"] })).toEqual({
      at2: { id: 1 },
      at1: { id: 2 },
    });
  });

  test("are brought together by an encode and decode that know both", async () => {
    await using world = await linked();
    world.one.registerType(V1, { name: "V" });
    world.two.registerType(V2, {
      name: "V",
      decode: ({ id, size = "M" }: Partial<V2>, begun: V2) => Object.assign(begun, { id, size }),
    });

    world.send(new V1());

    expect(await world.receive()).toEqual(Object.assign(new V2(), { id: 1, size: "M" }));
  });
});
