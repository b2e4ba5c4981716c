import { describe, expect, test } from "vitest";
import type { LocalMailbox } from "../../src/runtime/mailbox.ts";
import { createHost, openMailbox } from "./open-mailbox.ts";

function open() {
  const host = createHost();
  const mailbox = openMailbox<number>(host);
  return { host, mailbox, send: (message: number) => mailbox.address.send(message) };
}

const closedError = expect.objectContaining({
  name: "ReignError",
  code: "REIGN_MAILBOX_CLOSED",
  message: "Mailbox <1:0123456789abcdef:1> is closed.",
  details: { id: "1:0123456789abcdef:1" },
});

/** Lets everything that is settled be heard, and Node report what nobody handles. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

async function unhandledDuring(run: () => Promise<void>): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  await run();
  await turn();
  await turn();
  process.off("unhandledRejection", note);
  return unhandled;
}

describe("closing a mailbox", () => {
  test("discards the messages left in it, and counts them as lost", async () => {
    const { host, mailbox, send } = open();
    send(1);
    send(2);
    mailbox.close();

    expect(mailbox.messageCount).toBe(0);
    expect(host.losses).toEqual([["closed", 2]]);
    expect(() => mailbox.tryReceive()).toThrow(closedError);
    await expect(mailbox.receive()).rejects.toEqual(closedError);
  });

  test("loses nothing when nothing is left", () => {
    const { host, mailbox, send } = open();
    send(1);
    mailbox.tryReceive();
    mailbox.close();

    expect(host.losses).toEqual([]);
  });

  test("wakes every waiting receive, also one that is past messages it does not want", async () => {
    const { mailbox, send } = open();
    send(1);
    const { signal } = new AbortController();
    const waits = [
      mailbox.receive((message) => message > 1),
      mailbox.receive((message) => message > 2, { signal, timeout: 1000 }),
    ];
    const plain = openMailbox<number>(createHost());
    const plainWaits = [plain.receive(), plain.receive({ timeout: 5 })];
    mailbox.close();
    plain.close();

    const outcomes = await Promise.allSettled([...waits, ...plainWaits]);
    expect(outcomes).toEqual(Array(4).fill({ status: "rejected", reason: closedError }));
  });

  test("is final: nothing is received, looked at or accepted any more", async () => {
    const { host, mailbox, send } = open();
    mailbox.close();
    const never = () => {
      throw new Error("A matcher was called.");
    };

    expect(send(1)).toBe(false);
    expect(() => mailbox.tryReceive(never)).toThrow(closedError);
    for (const options of [{}, { timeout: 0 }, { timeout: 5 }]) {
      await expect(mailbox.receive(options)).rejects.toEqual(closedError);
      await expect(mailbox.receive(never, options)).rejects.toEqual(closedError);
    }
    expect(host.clock.pendingTimers).toBe(0);
  });

  test("twice is once, and the host hears of it once", () => {
    const { host, mailbox, send } = open();
    send(1);
    mailbox.close();
    mailbox.close();
    mailbox[Symbol.dispose]();

    expect(host.closed).toEqual([mailbox]);
    expect(host.losses).toEqual([["closed", 1]]);
  });

  test("is done when the host is told", () => {
    const seen: unknown[] = [];
    const host = {
      ...createHost(),
      onClosed: (closing: { readonly closed: boolean; readonly messageCount: number }) => {
        seen.push(closing.closed, closing.messageCount, mailbox.deliver(2));
      },
    };
    const mailbox: LocalMailbox<number> = openMailbox<number>(host);
    mailbox.deliver(1);
    mailbox.close();

    expect(seen).toEqual([true, 0, "closed"]);
  });

  test("is what disposal does, of both kinds", async () => {
    const [first, second] = [open(), open()];
    first.mailbox[Symbol.dispose]();
    const disposed: Promise<void> = second.mailbox[Symbol.asyncDispose]();
    await disposed;

    expect([first.mailbox.closed, second.mailbox.closed]).toEqual([true, true]);
  });

  test("from inside a matcher rejects the receive, whether it waited or not", async () => {
    const [first, second] = [open(), open()];
    first.send(1);
    const looking = first.mailbox.receive(() => {
      first.mailbox.close();
      return true;
    });
    const waiting = second.mailbox.receive(() => {
      second.mailbox.close();
      return true;
    });
    second.send(1);

    await expect(looking).rejects.toEqual(closedError);
    await expect(waiting).rejects.toEqual(closedError);
    expect([first.host.losses, second.host.losses]).toEqual([[["closed", 1]], [["closed", 1]]]);
  });
});

describe("a loop over a mailbox", () => {
  test("gets message after message, and ends when the mailbox closes", async () => {
    const { mailbox, send } = open();
    const got: number[] = [];
    send(1);
    const unhandled = await unhandledDuring(async () => {
      const loop = (async () => {
        for await (const message of mailbox) got.push(message);
      })();
      await turn();
      send(2);
      send(3);
      await turn();
      mailbox.close();
      await loop;
    });

    expect(got).toEqual([1, 2, 3]);
    expect(unhandled).toEqual([]);
  });

  test("loses nothing when it is left, and closes nothing", async () => {
    const { mailbox, send } = open();
    for (const message of [1, 2, 3]) send(message);
    for await (const message of mailbox) {
      if (message === 1) break;
    }

    send(4);
    expect(mailbox.closed).toBe(false);
    expect([1, 2, 3, 4].map(() => mailbox.tryReceive())).toEqual([2, 3, 4, undefined]);
  });

  test("over a closed mailbox ends at once", async () => {
    const { mailbox, send } = open();
    send(1);
    mailbox.close();
    const got: number[] = [];
    for await (const message of mailbox) got.push(message);

    expect(got).toEqual([]);
  });

  test("shares the messages with another: each goes to one of them, in order", async () => {
    const { mailbox, send } = open();
    const loop = async (): Promise<number[]> => {
      const got: number[] = [];
      for await (const message of mailbox) got.push(message);
      return got;
    };
    const loops = [loop(), loop()];
    for (let message = 1; message <= 10; message++) {
      send(message);
      if (message % 3 === 0) await turn();
    }
    await turn();
    mailbox.close();

    const shares = await Promise.all(loops);
    for (const share of shares) expect(share).toEqual([...share].sort((a, b) => a - b));
    expect(shares.flat().sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("can be driven by hand, with several calls of next at once", async () => {
    const { mailbox, send } = open();
    const messages = mailbox[Symbol.asyncIterator]();
    const asked = [messages.next(), messages.next(), messages.next()];
    const plain = mailbox.receive();
    for (const message of [1, 2, 3]) send(message);
    const early = await Promise.all([asked[0], plain, asked[1]]);
    mailbox.close();

    expect(early).toEqual([{ done: false, value: 1 }, 2, { done: false, value: 3 }]);
    expect(await asked[2]).toEqual({ done: true, value: undefined });
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });

  test("that is ended while it waits answers, and takes no message after that", async () => {
    const { mailbox, send } = open();
    const messages = mailbox[Symbol.asyncIterator]();
    const asked = [messages.next(), messages.next()];
    expect(await messages.return?.()).toEqual({ done: true, value: undefined });
    send(1);

    expect(await Promise.all(asked)).toEqual(Array(2).fill({ done: true, value: undefined }));
    expect(await messages.next()).toEqual({ done: true, value: undefined });
    expect(mailbox.messageCount).toBe(1);
  });
});
