/** What sender and receiver of one node share, under each isolation. */
import { describe, expect, test } from "vitest";
import { noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { createV8Codec } from "../../src/codecs/v8/v8-codec.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import { DecodeError, NotSerializableError } from "../../src/core/errors.ts";
import { MultipleClaim } from "../../src/core/multiple-claim.ts";
import type { Codec } from "../../src/ports/codec.ts";
import { refusedValues } from "../../src/testing/codec-refusals.ts";
import { codecValues } from "../../src/testing/codec-values.ts";
import { whereDifferent } from "../../src/testing/same-value.ts";
import { createTestCluster } from "./cluster.ts";
import { Order, openNode, passed } from "./isolated-node.ts";

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

describe("under share, which is the default, a message to the own node", () => {
  test("is the object that was sent, whatever it is", async () => {
    const { address, mailbox } = noClustering({ logger: nullLogger }).newMailbox();
    for (const message of [{ a: [1] }, new Order(1), () => 1, Symbol("s"), new Map()]) {
      address.send(message);
      expect(await mailbox.receive()).toBe(message);
    }
  });
});

describe("under copy, a message to the own node", () => {
  test.each(codecValues().map((each) => [each.name, each] as const))(
    "arrives as it would elsewhere: %s",
    async (_, { value, arrives = value }) => {
      await using cluster = createTestCluster(["1", "2"]);
      const one = await cluster.start("1", { isolation: "copy" });
      const two = await cluster.start("2");
      await cluster.clock.advanceBy(1_000);
      const [here, there] = [one.newMailbox(), two.newMailbox()];

      expect(here.address.send({ v: value() })).toBe(true);
      expect(one.address(there.address.id).send({ v: value() })).toBe(true);
      await cluster.clock.advanceBy(1_000);
      const [local, remote] = [await here.mailbox.receive(), await there.mailbox.receive()];

      expect(whereDifferent(local, remote)).toBeUndefined();
      expect(whereDifferent(local, { v: arrives() })).toBeUndefined();
    },
  );

  test.each(refusedValues().map((each) => [each.name, each] as const))(
    "is refused as it would be elsewhere, by an open and by a closed mailbox: %s",
    async (_, { value, path, says }) => {
      const { service, address, mailbox } = openNode("copy");
      const closed = service.newMailbox();
      closed.mailbox.close();
      const elsewhere = service.address("9:0123456789abcdef:1");

      for (const to of [address, closed.address, elsewhere]) {
        for (const send of [() => to.send(value()), () => to.sendOrThrow(value())]) {
          const thrown = thrownBy(send);
          expect(thrown).toBeInstanceOf(NotSerializableError);
          expect(thrown).toMatchObject({ code: "REIGN_NOT_SERIALIZABLE", path });
          expect((thrown as Error).message).toContain(says);
        }
      }
      expect(mailbox.messageCount).toBe(0);
      expect(service.stats()).toMatchObject({ sent: 0, delivered: 0 });
    },
  );

  test.each([
    ["term", createTermCodec],
    ["v8", createV8Codec],
  ])("shares nothing with what was sent, under the codec %s", async (_, createCodec) => {
    const node = openNode("copy", { codecs: [createCodec()] });
    const message = { list: [1], map: new Map([[1, { a: 1 }]]), bytes: Uint8Array.of(1) };

    const sent = passed(node, message);
    message.list.push(2);
    message.map.set(1, { a: 2 });
    message.bytes[0] = 2;

    const wanted = { list: [1], map: new Map([[1, { a: 1 }]]), bytes: Uint8Array.of(1) };
    expect(whereDifferent(await sent, wanted)).toBeUndefined();
  });

  test("has its addresses as the objects they are, also of mailboxes that are closed", async () => {
    const node = openNode("copy");
    const closed = node.service.newMailbox();
    closed.mailbox.close();
    const elsewhere = node.service.address("9:0123456789abcdef:1");
    const message = { a: node.address, b: [closed.address], c: new Set([elsewhere]) };

    const copy = (await passed(node, message)) as typeof message;

    expect(copy).not.toBe(message);
    expect(copy.a).toBe(node.address);
    expect(copy.b[0]).toBe(closed.address);
    expect([...copy.c]).toEqual([elsewhere]);
    expect(copy.c.has(elsewhere)).toBe(true);
  });

  test("holds copies of the instances of registered classes, and others are refused", async () => {
    const node = openNode("copy");
    expect(() => node.address.send([new Order(1)])).toThrow(/message\[0\].*class Order/);
    node.service.registerType(Order, { name: "Order" });
    const order = new Order(1, {});

    const [copy] = (await passed(node, [order])) as [Order];

    expect(copy).toEqual(order);
    expect(copy).toBeInstanceOf(Order);
    expect(copy).not.toBe(order);
    expect(copy.note).not.toBe(order.note);
  });

  test("is lost with its class where decode throws, as it would be elsewhere", async () => {
    const node = openNode("copy");
    const losses = node.service.losses();
    const error = new Error("no");
    node.service.registerType(Order, {
      name: "Order",
      decode: () => {
        throw error;
      },
    });

    expect(node.address.send(new Order(1))).toBe(true);
    node.address.sendOrThrow(new Order(1));

    expect(node.mailbox.messageCount).toBe(0);
    expect((await losses.next()).value).toEqual({
      from: "0",
      to: node.address.id,
      cause: "unknown_type",
      size: expect.any(Number),
      typeName: "Order",
      count: 1,
    });
    expect(node.service.stats()).toMatchObject({
      sent: 2,
      delivered: 0,
      lost: { unknown_type: 2 },
    });
    const told = { type: "callback_failed", callback: 'decode of "Order"', error };
    expect(node.telemetry.eventsOf("callback_failed")).toEqual([told, told]);
  });

  test("is lost where the codec cannot read what it wrote, and the node lives on", async () => {
    const term = createTermCodec();
    const broken: Codec = {
      ...term,
      createDecoder: (ports) => ({
        ...term.createDecoder(ports),
        decode: () => {
          throw new DecodeError("no");
        },
      }),
    };
    const node = openNode("copy", { codecs: [broken] });

    expect(node.address.send(1)).toBe(true);

    expect(node.service.stats()).toMatchObject({ sent: 1, delivered: 0, lost: { unreadable: 1 } });
  });

  test("is refused beyond maxMessageBytes, and the next is not", async () => {
    const node = openNode("copy", { maxMessageBytes: 1_000 });
    for (const size of [1_001, 100_000, 10_000_000]) {
      expect(node.address.send(new Uint8Array(size))).toBe(false);
    }
    expect(thrownBy(() => node.address.sendOrThrow("x".repeat(5_000)))).toMatchObject({
      code: "REIGN_TOO_LARGE",
      details: { limitBytes: 1_000 },
    });

    expect(await passed(node, "x".repeat(900))).toHaveLength(900);
    expect(node.service.stats()).toMatchObject({ sent: 5, lost: { too_large: 4 } });
  });

  test("may be sent from a getter and from a decode, in the middle of another", async () => {
    const node = openNode("copy");
    node.service.registerType(Order, {
      name: "Order",
      decode({ id }: { readonly id: number }, begun: Order) {
        node.address.send({ from: "decode", id: [id] });
        return Object.assign(begun, { id });
      },
    });
    const message = {
      before: [1],
      get inside() {
        node.address.send({ from: "getter" });
        return 2;
      },
      after: new Order(3),
    };

    node.address.send(message);

    expect(await node.mailbox.receive()).toEqual({ from: "getter" });
    expect(await node.mailbox.receive()).toEqual({ from: "decode", id: [3] });
    const last = await node.mailbox.receive();
    expect(last).toMatchObject({ before: [1], inside: 2, after: { id: 3 } });
  });

  test("arrives however often others of its form have been sent", async () => {
    const node = openNode("copy");
    for (let i = 0; i < 200; i++) {
      expect(await passed(node, { id: i, [`k${i % 3}`]: { id: i } })).toEqual({
        id: i,
        [`k${i % 3}`]: { id: i },
      });
    }
  });
});

describe("the node's own notices", () => {
  test.each(["copy", "freeze"] as const)("come as themselves under %s", async (isolation) => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1", { isolation });
    const two = await cluster.start("2", { isolation });
    await cluster.clock.advanceBy(1_000);
    const [watcher, watched] = [one.newMailbox(), one.newMailbox()];
    const rival = two.newMailbox();

    watched.address.onCloseNotify(watcher.address as never);
    watched.mailbox.close();
    one.names.register("name", watcher.address);
    two.names.register("name", rival.address);
    await cluster.clock.advanceBy(1_000);

    expect(await watcher.mailbox.receive()).toEqual(
      new MailboxClosed(watched.address.id, "closed"),
    );
    const claim = (await watcher.mailbox.receive()) as MultipleClaim;
    expect(claim).toBeInstanceOf(MultipleClaim);
    expect(claim.claimants).toContain(watcher.address);
    // And may be passed on.
    for (const { address, mailbox } of [watcher, rival]) {
      one.address(address.id).send([claim]);
      await cluster.clock.advanceBy(1_000);
      const [got] = (await mailbox.receive(Array)) as [MultipleClaim];
      expect(got.name).toBe("name");
    }
  });

  test("a message to all claimants of a name is another copy for each of this node", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1", { isolation: "copy" });
    const two = await cluster.start("2");
    await cluster.clock.advanceBy(1_000);
    const [a, b] = [one.newMailbox(), two.newMailbox()];
    one.names.register("all", a.address);
    two.names.register("all", b.address);
    await cluster.clock.advanceBy(1_000);
    const message = { list: [1] };

    expect(one.names.sendAll("all", message)).toBe(2);
    message.list.push(2);
    await cluster.clock.advanceBy(1_000);

    const isList = (m: unknown): m is typeof message => typeof m === "object" && !!m && "list" in m;
    for (const { mailbox } of [a, b]) expect(await mailbox.receive(isList)).toEqual({ list: [1] });
  });
});

test("an isolation that there is not is a RangeError that names those there are", () => {
  for (const isolation of ["deep", "", 1, true, null]) {
    expect(() => noClustering({ isolation } as never)).toThrow(
      new RangeError(
        `Expected isolation to be "share" or "copy" or "freeze", got ${shown(isolation)}.`,
      ),
    );
  }
});

function shown(value: unknown): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? JSON.stringify(value) : `a value of type ${typeof value}`;
}
