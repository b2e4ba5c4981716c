import { getEventListeners } from "node:events";
import { describe, expect, test, vi } from "vitest";
import type { LocalMailbox } from "../../src/runtime/mailbox.ts";
import { createHost, openMailbox } from "./open-mailbox.ts";

function open(maxMessages?: number) {
  const host = createHost();
  const limit =
    maxMessages === undefined ? undefined : { maxMessages, overflow: "reject" as const };
  const mailbox = openMailbox<number>(host, 1, limit);
  const got: number[] = [];
  const send = (...messages: number[]) => messages.map((message) => mailbox.deliver(message));
  return { host, clock: host.clock, mailbox, got, take: (n: number) => void got.push(n), send };
}

/** Lets promises be heard, and no turn of the event loop pass. */
async function hearPromises(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

function left(mailbox: LocalMailbox<number>): number[] {
  const messages: number[] = [];
  while (mailbox.messageCount > 0) messages.push(mailbox.tryReceive() ?? Number.NaN);
  return messages;
}

describe("consume", () => {
  test("hands over what waits and what comes, in order, and resolves when the mailbox is closed", async () => {
    const { mailbox, got, take, send } = open();
    send(1, 2);
    const consumed = mailbox.consume(take);
    await hearPromises();
    send(3, 4, 5);
    await hearPromises();
    send(6);
    await hearPromises();
    mailbox.close();

    await expect(consumed).resolves.toBeUndefined();
    expect(got).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("runs the handler neither inside consume nor inside send", async () => {
    const { mailbox, got, take, send } = open();
    send(1);
    void mailbox.consume(take);
    expect(got).toEqual([]);
    await hearPromises();
    send(2);
    expect(got).toEqual([1]);
    await hearPromises();
    expect(got).toEqual([1, 2]);
  });

  test("resolves at once when the mailbox is closed already", async () => {
    const { mailbox, take } = open();
    mailbox.close();

    await expect(mailbox.consume(take)).resolves.toBeUndefined();
  });

  test("ends when the handler closes the mailbox, and what was left counts as lost", async () => {
    const { host, mailbox, got, send } = open();
    send(1, 2, 3);
    await mailbox.consume((message) => {
      got.push(message);
      if (message === 2) mailbox.close();
    });

    expect(got).toEqual([1, 2]);
    expect(host.losses).toEqual([["closed", 1]]);
  });

  test("rejects with what the handler throws, and leaves the rest in the mailbox", async () => {
    const { mailbox, send } = open();
    send(1, 2, 3);
    const failure = new Error("two");
    const consumed = mailbox.consume((message) => {
      if (message === 2) throw failure;
    });

    await expect(consumed).rejects.toBe(failure);
    send(4);
    await hearPromises();
    expect(left(mailbox)).toEqual([3, 4]);
  });

  test("refuses a handler that is async, once it has called it", async () => {
    const { mailbox, send } = open();
    send(1, 2);
    const later = (): unknown => Promise.resolve();

    await expect(mailbox.consume(later)).rejects.toThrow(
      new TypeError(
        "Expected a handler that returns nothing, got a promise from it: it cannot be async, " +
          "since nobody would wait for it. Use for await.",
      ),
    );
    expect(left(mailbox)).toEqual([2]);
  });

  test("takes what the handler returns for nothing, if it is no promise", async () => {
    const { mailbox, got, send } = open();
    send(1, 2);
    void mailbox.consume((message) => got.push(message));
    await hearPromises();

    expect(got).toEqual([1, 2]);
  });

  test.each([
    ["no function", undefined, undefined, "Expected a function as the handler, got undefined."],
    ["options that are none", () => {}, 5, "Expected options such as { signal }, got 5."],
    [
      "a signal that is none",
      () => {},
      { signal: 1 },
      "Expected an AbortSignal as signal, got num",
    ],
    ["an option that there is not", () => {}, { timeout: 1 }, "Expected as an option of consume"],
  ])("refuses %s at once", (_, handler, options, text) => {
    const { mailbox } = open();
    const consume = (...given: unknown[]) => Reflect.apply(mailbox.consume, mailbox, given);

    expect(() => consume(handler, options)).toThrow(TypeError);
    expect(() => consume(handler, options)).toThrow(text);
    expect(mailbox.deliver(1)).toBeUndefined();
    expect(left(mailbox)).toEqual([1]);
  });
});

describe("the signal of consume", () => {
  test("that is aborted already takes nothing", async () => {
    const { mailbox, take, send } = open();
    send(1);
    const signal = AbortSignal.abort("no");

    await expect(mailbox.consume(take, { signal })).rejects.toBe("no");
    expect(left(mailbox)).toEqual([1]);
  });

  test("ends it between the arrival of a message and its handler, and the message stays", async () => {
    const { mailbox, got, take, send } = open();
    const controller = new AbortController();
    const consumed = mailbox.consume(take, { signal: controller.signal });
    send(1);
    controller.abort("enough");

    await expect(consumed).rejects.toBe("enough");
    expect([got, left(mailbox)]).toEqual([[], [1]]);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  test.each([
    ["returns", () => {}],
    [
      "throws",
      () => {
        throw new Error("too late");
      },
    ],
  ])("aborted by the handler ends it before the next message, when that %s", async (_, end) => {
    const { mailbox, got, send } = open();
    const controller = new AbortController();
    send(1, 2, 3);
    const consumed = mailbox.consume(
      (message) => {
        got.push(message);
        if (message < 2) return;
        controller.abort("enough");
        end();
      },
      { signal: controller.signal },
    );

    await expect(consumed).rejects.toBe("enough");
    expect([got, left(mailbox)]).toEqual([[1, 2], [3]]);
  });

  test("ends it while it waits, and is let go when the mailbox is closed first", async () => {
    const { mailbox, got, take, send } = open();
    const [first, second] = [new AbortController(), new AbortController()];
    const consumed = mailbox.consume(take, { signal: first.signal });
    const other = mailbox.consume(take, { signal: second.signal });
    first.abort("enough");
    await expect(consumed).rejects.toBe("enough");
    send(1);
    await hearPromises();
    expect(got).toEqual([1]);
    mailbox.close();
    await other;

    expect(getEventListeners(second.signal, "abort")).toHaveLength(0);
  });

  test("may be left undefined", async () => {
    const { mailbox, got, take, send } = open();
    void mailbox.consume(take, { signal: undefined });
    send(1);
    await hearPromises();

    expect(got).toEqual([1]);
  });
});

describe("several at one mailbox", () => {
  test("consumers share the messages, each of which is handled once", async () => {
    const { mailbox, got, take, send } = open();
    const both = [mailbox.consume(take), mailbox.consume(take)];
    for (let n = 0; n < 100; n += 4) {
      send(n, n + 1, n + 2, n + 3);
      await hearPromises();
    }
    mailbox.close();
    await Promise.all(both);

    expect(got).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  test("a receive that waits is served before the handler, whoever asked first", async () => {
    const { mailbox, got, take, send } = open();
    const early = mailbox.receive();
    void mailbox.consume(take);
    const late = mailbox.receive((message) => message === 3);
    send(1, 2, 3);

    expect([await early, await late]).toEqual([1, 3]);
    await hearPromises();
    expect(got).toEqual([2]);
  });

  test("a handler may consume the same mailbox, and receive from it", async () => {
    const { mailbox, got, take, send } = open();
    const inner: number[] = [];
    send(1, 2, 3, 4);
    const consumed = mailbox.consume((message) => {
      take(message);
      if (message !== 1) return;
      void mailbox.consume((other) => inner.push(other));
      inner.push(mailbox.tryReceive() ?? Number.NaN);
    });
    await hearPromises();
    mailbox.close();
    await consumed;

    expect([...got, ...inner].sort()).toEqual([1, 2, 3, 4]);
    expect(inner[0]).toBe(2);
  });

  test("in a bounded mailbox what waits for the handler counts", async () => {
    const { mailbox, got, take, send } = open(2);
    void mailbox.consume(take);

    expect(send(1, 2, 3)).toEqual([undefined, undefined, "mailbox_full"]);
    await hearPromises();
    expect(send(4)).toEqual([undefined]);
    await hearPromises();
    expect(got).toEqual([1, 2, 4]);
  });
});

describe("the budget of consumers", () => {
  test("lets timers have their turn when a handler sends to its own mailbox for ever", async () => {
    const { clock, mailbox } = open();
    const controller = new AbortController();
    let handled = 0;
    const consumed = mailbox.consume(
      (message) => {
        handled += 1;
        mailbox.deliver(message);
      },
      { signal: controller.signal },
    );
    clock.after(0, () => controller.abort("time is up"));
    mailbox.deliver(1);
    const ended = expect(consumed).rejects.toBe("time is up");
    await clock.settle();
    await ended;

    expect(handled).toBeLessThan(100_000);
    expect(left(mailbox)).toEqual([1]);
  });

  test("lets timers have their turn when two consumers answer each other for ever", async () => {
    const host = createHost();
    const [one, two] = [openMailbox<number>(host, 1), openMailbox<number>(host, 2)];
    let handled = 0;
    void one.consume((n) => {
      handled += 1;
      two.deliver(n + 1);
    });
    void two.consume((n) => {
      one.deliver(n + 1);
    });
    host.clock.after(0, () => one.close());
    one.deliver(0);
    await host.clock.settle();

    expect(one.closed).toBe(true);
    expect(handled).toBeLessThan(100_000);
  });

  test("gives a slow handler few messages in a turn", async () => {
    const { clock, mailbox, got } = open();
    for (let n = 0; n < 100; n++) mailbox.deliver(n);
    void mailbox.consume((message) => {
      got.push(message);
      clock.stall(3);
    });
    await hearPromises();
    expect(got.length).toBeLessThan(10);
    const soon = vi.fn();
    clock.soon(soon);
    await clock.settle();

    expect(soon).toHaveBeenCalledOnce();
    expect(got).toHaveLength(100);
  });

  test("is shared in turn by consumers that have endless work", async () => {
    const host = createHost();
    const handled = [0, 0, 0];
    const mailboxes = handled.map((_, index) => openMailbox<number>(host, index));
    for (const [index, mailbox] of mailboxes.entries()) {
      void mailbox.consume((n) => {
        handled[index] = (handled[index] ?? 0) + 1;
        mailbox.deliver(n);
        if (handled.reduce((sum, count) => sum + count, 0) < 65_000) return;
        for (const each of mailboxes) each.close();
      });
      mailbox.deliver(index);
    }
    await host.clock.settle();

    expect(Math.min(...handled)).toBeGreaterThan(10_000);
  });
});
