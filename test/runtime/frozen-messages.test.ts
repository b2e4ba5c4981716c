/** What becomes of a message that is sent within a node under `isolation: "freeze"`. */
import { describe, expect, test } from "vitest";
import { createTestCluster } from "./cluster.ts";
import { Order, openNode, passed } from "./isolated-node.ts";

describe("under freeze, a message to the own node", () => {
  test("is the object that was sent, frozen with all that is in it", async () => {
    const node = openNode("freeze");
    node.service.registerType(Order, { name: "Order" });
    const cause = { why: [1] };
    const symbol = Symbol("s");
    const message = {
      list: [{ a: [1] }],
      bare: Object.assign(Object.create(null), { b: {} }),
      error: Object.assign(new Error("e", { cause }), { more: {} }),
      order: new Order(1, { n: {} }),
      [symbol]: [{}],
    };

    expect(await passed(node, message)).toBe(message);

    const frozen: unknown[] = [message, message.list, message.list[0], message.list[0]?.a];
    frozen.push(message.bare, message.bare.b, message.error, cause, cause.why);
    frozen.push(message.order, message.order.note, (message.order.note as { n: object }).n);
    frozen.push(message[symbol], message[symbol]?.[0]);
    for (const each of frozen) expect(Object.isFrozen(each)).toBe(true);
    expect(() => message.list.push({ a: [] })).toThrow(TypeError);
    expect(() => Object.assign(message.order, { id: 2 })).toThrow(TypeError);
  });

  test("has maps and sets that refuse to be changed, and are read and sent as before", async () => {
    const node = openNode("freeze");
    const [key, value, item] = [{}, {}, {}];
    const map = new Map([[key, value]]);
    const set = new Set([item]);

    await passed(node, { map, set });

    for (const change of [
      () => map.set({}, {}),
      () => map.delete(key),
      () => map.clear(),
      () => set.add({}),
      () => set.delete(item),
      () => set.clear(),
      () => Object.assign(map, { set: Map.prototype.set }),
    ]) {
      expect(change).toThrow(TypeError);
    }
    expect([map.get(key), map.size, set.has(item)]).toEqual([value, 1, true]);
    for (const each of [key, value, item]) expect(Object.isFrozen(each)).toBe(true);
    const [copy] = (await passed(openNode("copy"), [map])) as [Map<object, object>];
    expect(copy.set({}, {}).size).toBe(2);
    expect(await passed(node, [map, set])).toEqual([map, set]);
  });

  test("keeps as they are what a frozen one would break, and what is nobody's to freeze", async () => {
    const node = openNode("freeze");
    class Other {
      x = 1;
    }
    const message = {
      bytes: Uint8Array.of(1),
      buffer: Buffer.from("a"),
      raw: new ArrayBuffer(1),
      date: new Date(0),
      pattern: /a/g,
      other: new Other(),
      address: node.address,
      mailbox: node.mailbox,
      run: () => 1,
    };

    expect(await passed(node, message)).toBe(message);

    message.bytes[0] = 2;
    message.date.setTime(1);
    message.other.x = 2;
    expect(message.pattern.test("a")).toBe(true);
    for (const [key, each] of Object.entries(message)) {
      expect([key, Object.isFrozen(each)]).toEqual([key, false]);
    }
    expect(await passed(node, 1)).toBe(1);
  });

  test("runs no getter of it", async () => {
    let runs = 0;
    const message = {
      get a() {
        runs++;
        return {};
      },
      list: Object.defineProperty([1], 0, { get: () => runs++, configurable: true }),
    };

    await passed(openNode("freeze"), message);

    expect(runs).toBe(0);
    expect(Object.isFrozen(message.list)).toBe(true);
  });

  test("may hold itself, be as deep as it likes, and hold proxies that refuse", async () => {
    const node = openNode("freeze");
    const circle: unknown[] = [new Map<unknown, unknown>()];
    circle.push(circle, { circle });
    (circle[0] as Map<unknown, unknown>).set(circle, circle);
    let deep: unknown = {};
    for (let i = 0; i < 200_000; i++) deep = i % 2 === 0 ? [deep] : { deep };
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const stubborn = new Proxy({}, { preventExtensions: () => false });

    for (const message of [circle, deep, [proxy, stubborn, circle, { last: [] }]]) {
      expect(await passed(node, message)).toBe(message);
      expect(Object.isFrozen(message)).toBe(true);
    }
  });

  test("goes to another node from a frozen sender as from any", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1", { isolation: "freeze" });
    const two = await cluster.start("2", { isolation: "freeze" });
    await cluster.clock.advanceBy(1_000);
    const [here, there] = [one.newMailbox(), two.newMailbox()];
    const message = { list: [1], map: new Map([[1, 2]]) };

    here.address.send(message);
    one.address(there.address.id).send(message);
    one.address(there.address.id).send({ list: [2] });
    await cluster.clock.advanceBy(1_000);
    const copy = (await there.mailbox.receive()) as typeof message;

    expect(copy).toEqual({ list: [1], map: new Map([[1, 2]]) });
    expect([Object.isFrozen(copy), copy.map.set(2, 3).size]).toEqual([false, 2]);
  });
});
