import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LocalMailbox } from "../../src/runtime/mailbox.ts";
import { receiveAny } from "../../src/runtime/receive-any.ts";
import { createHost, openMailbox } from "./open-mailbox.ts";

function open() {
  const host = createHost();
  const a = openMailbox<string>(host, 1);
  const b = openMailbox<number>(host, 2);
  return { host, a, b };
}

const closedError = (number: number) =>
  expect.objectContaining({
    code: "REIGN_MAILBOX_CLOSED",
    details: { id: `1:0123456789abcdef:${number}` },
  });

describe("receiveAny", () => {
  test("takes one message from the first mailbox that has one, and no other", async () => {
    const { a, b } = open();
    b.deliver(1);
    b.deliver(2);
    a.deliver("x");

    expect(await receiveAny([a, b])).toEqual({ mailbox: a, message: "x" });
    expect(await receiveAny([a, b])).toEqual({ mailbox: b, message: 1 });
    expect([a.messageCount, b.messageCount]).toEqual([0, 1]);
  });

  test("waits, and takes exactly one, however many come", async () => {
    const { a, b } = open();
    const wait = receiveAny([a, b]);
    b.deliver(1);
    a.deliver("x");
    b.deliver(2);

    expect(await wait).toEqual({ mailbox: b, message: 1 });
    expect([a.messageCount, b.messageCount]).toEqual([1, 1]);
  });

  test("stands in line with other receivers, in order of asking", async () => {
    const { a, b } = open();
    const before = b.receive();
    const wait = receiveAny([a, b]);
    const after = b.receive();
    for (const message of [1, 2, 3]) b.deliver(message);

    expect(await Promise.all([before, wait, after])).toEqual([1, { mailbox: b, message: 2 }, 3]);
    expect(b.messageCount).toBe(0);
  });

  test("may be given the same mailbox twice", async () => {
    const { a, b } = open();
    const wait = receiveAny([a, a, b, a]);
    a.deliver("x");
    a.deliver("y");

    expect(await wait).toEqual({ mailbox: a, message: "x" });
    expect(a.tryReceive()).toBe("y");
    const closing = receiveAny([a, a]);
    a.close();
    await expect(closing).rejects.toEqual(closedError(1));
  });

  test("hands over a message that is a promise as it is", async () => {
    const mailbox = openMailbox<Promise<number>>(createHost());
    const promise = Promise.resolve(1);
    const wait = receiveAny([mailbox]);
    mailbox.deliver(promise);

    expect((await wait).message).toBe(promise);
  });

  test("resolves to undefined after its timeout, and has taken nothing", async () => {
    const { host, a, b } = open();
    const wait = receiveAny([a, b], { timeout: 50 });
    host.clock.advance(50);
    a.deliver("x");

    expect(await wait).toBeUndefined();
    expect(a.messageCount).toBe(1);
    expect(await receiveAny([b], { timeout: 0 })).toBeUndefined();
    expect(await receiveAny([b, a], { timeout: 0 })).toEqual({ mailbox: a, message: "x" });
    expect(host.clock.pendingTimers).toBe(0);
  });

  test("rejects with the reason of its signal, and has taken nothing", async () => {
    const { a, b } = open();
    const controller = new AbortController();
    const wait = receiveAny([a, b], { signal: controller.signal });
    controller.abort("enough");
    a.deliver("x");

    await expect(wait).rejects.toBe("enough");
    await expect(receiveAny([a], { signal: controller.signal })).rejects.toBe("enough");
    expect(a.messageCount).toBe(1);
  });

  test("rejects when a mailbox is closed, unless there is a message to take", async () => {
    const { a, b } = open();
    a.close();

    await expect(receiveAny([b, a])).rejects.toEqual(closedError(1));
    await expect(receiveAny([b, a], { timeout: 0 })).rejects.toEqual(closedError(1));
    b.deliver(1);
    expect(await receiveAny([a, b])).toEqual({ mailbox: b, message: 1 });
  });

  test("rejects when a mailbox closes while it waits, and takes nothing", async () => {
    const { a, b } = open();
    const wait = receiveAny([a, b]);
    b.close();
    a.deliver("x");

    await expect(wait).rejects.toEqual(closedError(2));
    expect(a.messageCount).toBe(1);
  });

  test.each<[string, (world: ReturnType<typeof open>, abort: () => void) => void]>([
    ["a message", ({ b }) => b.deliver(1)],
    ["the timeout", ({ host }) => host.clock.advance(50)],
    ["an abort", (_, abort) => abort()],
    ["closing", ({ a }) => a.close()],
  ])("leaves no timer, listener or place in a line when it ends by %s", async (_, end) => {
    const world = open();
    const controller = new AbortController();
    const { signal } = controller;
    const settled = Promise.allSettled([
      receiveAny([world.a, world.b, world.b], { signal, timeout: 50 }),
    ]);

    end(world, () => controller.abort());

    expect(world.host.clock.pendingTimers).toBe(0);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    world.a.deliver("x");
    world.b.deliver(2);
    expect([world.a.messageCount, world.b.messageCount]).toEqual([world.a.closed ? 0 : 1, 1]);
    await settled;
  });

  test("throws for what is no array of mailboxes of this process", () => {
    const { a } = open();

    expect(() => receiveAny([])).toThrow(
      new TypeError("Expected an array of at least one mailbox."),
    );
    expect(() => receiveAny(a as never)).toThrow(TypeError);
    expect(() => receiveAny([a, a.address as never])).toThrow(
      new TypeError("Expected a mailbox of this process at index 1 of the array."),
    );
    expect(() => receiveAny([a, null as never])).toThrow(TypeError);
    expect(() => receiveAny([a], { timeout: -1 })).toThrow(RangeError);
  });

  test("takes each message once, and each mailbox's in order, among other receivers", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("send" as const), to: fc.nat(2) }),
      fc.record({ do: fc.constant("receive" as const), to: fc.nat(2) }),
      fc.record({ do: fc.constant("any" as const), to: fc.nat(2) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const host = createHost();
        const mailboxes = [1, 2, 3].map((number) => openMailbox<number>(host, number));
        const at = (index: number) => mailboxes[index] as LocalMailbox<number>;
        const got: number[][] = [[], [], []];
        const sent = [0, 0, 0];
        for (const { do: action, to } of steps) {
          if (action === "send") {
            const number = (sent[to] ?? 0) + 1;
            sent[to] = number;
            at(to).deliver(number);
          } else if (action === "receive") {
            void at(to)
              .receive()
              .then((message) => got[to]?.push(message));
          } else {
            const order = [to, (to + 1) % 3];
            void receiveAny(order.map(at)).then(({ mailbox, message }) => {
              got[mailboxes.indexOf(mailbox)]?.push(message);
            });
          }
        }
        await host.clock.settle();

        for (const [index, count] of sent.entries()) {
          for (let left = at(index).tryReceive(); left; left = at(index).tryReceive()) {
            got[index]?.push(left);
          }
          expect(got[index]).toEqual(Array.from({ length: count }, (_, i) => i + 1));
        }
      }),
    );
  });
});
