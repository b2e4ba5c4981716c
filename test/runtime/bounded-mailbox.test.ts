import { describe, expect, test } from "vitest";
import { noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import { ReignError } from "../../src/core/errors.ts";
import { MultipleClaim } from "../../src/core/multiple-claim.ts";
import type { Mailbox } from "../../src/runtime/mailbox.ts";
import type { MailboxOptions } from "../../src/runtime/mailbox-options.ts";
import { createTestCluster, present } from "./cluster.ts";

const newService = () => noClustering({ logger: nullLogger });

function drain<M>(mailbox: Mailbox<M>): M[] {
  const all: M[] = [];
  for (let m = mailbox.tryReceive(); m !== undefined; m = mailbox.tryReceive()) all.push(m);
  return all;
}

describe("a bounded mailbox that is full", () => {
  test("refuses a message, and sendOrThrow says which mailbox and how many it takes", () => {
    const service = newService();
    const { address, mailbox } = service.newMailbox<number>({ maxMessages: 2 });
    expect([1, 2, 3].map((message) => address.send(message))).toEqual([true, true, false]);

    try {
      address.sendOrThrow(4);
      expect.unreachable();
    } catch (error) {
      expect(ReignError.is(error, "REIGN_MAILBOX_FULL") && error.details).toEqual({
        id: address.id,
        limitMessages: 2,
      });
      expect(String(error)).toContain("2 messages");
    }
    expect(drain(mailbox)).toEqual([1, 2]);
    expect(service.stats()).toMatchObject({ sent: 4, delivered: 2, lost: { mailbox_full: 2 } });
  });

  test("drops the oldest or the newest message, if made so, and send is true", () => {
    const service = newService();
    const oldest = service.newMailbox<number>({ maxMessages: 2, overflow: "drop_oldest" });
    const newest = service.newMailbox<number>({ maxMessages: 2, overflow: "drop_newest" });
    for (const message of [1, 2, 3]) {
      expect([oldest.address.send(message), newest.address.send(message)]).toEqual([true, true]);
    }

    expect([drain(oldest.mailbox), drain(newest.mailbox)]).toEqual([
      [2, 3],
      [1, 2],
    ]);
    expect(service.stats()).toMatchObject({ sent: 6, delivered: 4, lost: { mailbox_full: 2 } });
  });

  test("closes, if made so: watchers are told, waits end, and every message is counted", async () => {
    const service = newService();
    const watcher = service.newMailbox<MailboxClosed>();
    const full = service.newMailbox<number>({ maxMessages: 2, overflow: "close" });
    full.address.onCloseNotify(watcher.address);
    const waiting = full.mailbox.receive((message) => message > 5);
    expect([1, 2, 3, 4].map((message) => full.address.send(message))).toEqual([
      true,
      true,
      false,
      false,
    ]);

    await expect(waiting).rejects.toMatchObject({ code: "REIGN_MAILBOX_CLOSED" });
    expect(drain(watcher.mailbox)).toEqual([new MailboxClosed(full.address.id, "closed")]);
    expect(service.stats()).toMatchObject({
      sent: 4,
      delivered: 0,
      lost: { closed: 3, mailbox_full: 1 },
    });
  });

  test("that closes throws REIGN_MAILBOX_FULL for the message too many, and then that it is closed", () => {
    const { address } = newService().newMailbox<number>({ maxMessages: 1, overflow: "close" });
    address.send(1);

    expect(() => address.sendOrThrow(2)).toThrow(
      expect.objectContaining({
        code: "REIGN_MAILBOX_FULL",
        details: { id: address.id, limitMessages: 1 },
      }),
    );
    expect(() => address.sendOrThrow(3)).toThrow(
      expect.objectContaining({ code: "REIGN_MAILBOX_CLOSED" }),
    );
  });

  test("still gives a selective receive what it waits for", async () => {
    const { address, mailbox } = newService().newMailbox<string>({ maxMessages: 1 });
    address.send("noise");
    const wanted = mailbox.receive((message) => message === "wanted");
    expect([address.send("more noise"), address.send("wanted")]).toEqual([false, true]);

    expect(await wanted).toBe("wanted");
    expect(drain(mailbox)).toEqual(["noise"]);
  });

  test.each(["reject", "drop_oldest", "drop_newest", "close"] as const)(
    "takes every notice beside its messages, under %s",
    (overflow) => {
      const service = newService();
      const { address, mailbox } = service.newMailbox<unknown>({ maxMessages: 1, overflow });
      const targets = [1, 2, 3].map(() => service.newMailbox());
      for (const target of targets) target.address.onCloseNotify(address);
      address.send("a message");
      for (const target of targets) target.mailbox.close();
      if (overflow !== "close") address.send("another");

      const notices = drain(mailbox).filter((message) => message instanceof MailboxClosed);
      expect(notices.map(({ id }) => id)).toEqual(targets.map((target) => target.address.id));
    },
  );

  test("has no more room for a notice that a program sends than for another message", () => {
    const service = newService();
    const { address, mailbox } = service.newMailbox<unknown>({ maxMessages: 1 });
    const forged = new MailboxClosed(address.id, "closed");
    expect([address.send(forged), address.send(forged)]).toEqual([true, false]);
    expect(address.send(new MultipleClaim("name", []))).toBe(false);

    expect(address.removeNotify(address)).toBe(false);
    expect(drain(mailbox)).toEqual([forged]);
  });

  test("counts what other nodes send on its own node; they are told true", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = (await cluster.startAll()).map(present);
    const { address, mailbox } = present(two).newMailbox<number>({ maxMessages: 3 });
    const remote = present(one).address<number>(address.id);
    const answers = [1, 2, 3, 4, 5].map((message) => remote.send(message));
    await cluster.clock.settle();

    expect(answers).toEqual(Array(5).fill(true));
    expect(drain(mailbox)).toEqual([1, 2, 3]);
    expect(present(one).stats()).toMatchObject({ sent: 5, lost: { mailbox_full: 0 } });
    expect(present(two).stats()).toMatchObject({ delivered: 3, lost: { mailbox_full: 2 } });
  });

  test("that another node fills is closed if made so, and that node's watchers know", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = (await cluster.startAll()).map(present);
    const target = present(two).newMailbox<number>({ maxMessages: 1, overflow: "close" });
    const watcher = present(one).newMailbox<MailboxClosed>();
    const remote = present(one).address<number>(target.address.id);
    remote.onCloseNotify(watcher.address);
    for (const message of [1, 2, 3]) remote.send(message);
    await cluster.clock.settle();

    expect(drain(watcher.mailbox)).toEqual([new MailboxClosed(remote.id, "closed")]);
    expect(present(two).stats()).toMatchObject({
      delivered: 0,
      lost: { closed: 2, mailbox_full: 1 },
    });
  });
});

describe("options of a mailbox", () => {
  test.each<[unknown, ErrorConstructor, string]>([
    [5, TypeError, "Expected options such as { maxMessages, overflow }, got 5."],
    [null, TypeError, "Expected options such as { maxMessages, overflow }, got null."],
    [{ maxMessages: "9" }, TypeError, 'Expected maxMessages to be a number, got "9".'],
    [
      { maxMessages: 0 },
      RangeError,
      "Expected maxMessages to be a whole number from 1 to 2147483647, got 0.",
    ],
    [
      { maxMessages: Number.NaN },
      RangeError,
      "Expected maxMessages to be a whole number from 1 to 2147483647, got NaN.",
    ],
    [
      { overflow: "reject" },
      TypeError,
      "Expected maxMessages beside overflow, got overflow without a bound.",
    ],
    [
      { maxMessages: 1, overflow: "block" },
      RangeError,
      'Expected overflow to be one of "reject", "drop_oldest", "drop_newest", "close", got "block".',
    ],
    [
      { maxMessages: 1, overflow: 1 },
      TypeError,
      'Expected overflow to be one of "reject", "drop_oldest", "drop_newest", "close", got number.',
    ],
  ])("that cannot be are refused: %j", (options, kind, message) => {
    const make = () => newService().newMailbox(options as MailboxOptions);

    expect(make).toThrow(kind);
    expect(make).toThrow(message);
  });

  test("may be left out, one by one and all together", () => {
    const service = newService();
    const all = [undefined, {}, { maxMessages: undefined, overflow: undefined }];
    for (const { address } of all.map((options) => service.newMailbox(options))) {
      for (let i = 0; i < 1_000; i++) expect(address.send(i)).toBe(true);
    }
  });
});
