import { describe, expect, test } from "vitest";
import { noClustering, type ServiceOptions } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";
import { createTestCluster, present } from "./cluster.ts";

function openService(options: ServiceOptions = {}) {
  const clock = createVirtualClock();
  return { clock, service: noClustering({ logger: nullLogger, clock, ...options }) };
}

describe("peek", () => {
  test("shows what waits, notices too, in order, and takes nothing", async () => {
    const { service } = openService();
    const { address, mailbox } = service.newMailbox();
    const other = service.newMailbox();
    for (const message of ["a", "b", "c", "d"]) address.send(message);
    await mailbox.receive((message: unknown): message is string => message === "b");
    other.address.onCloseNotify(address);
    other.mailbox.close();

    const seen = mailbox.peek();

    expect(seen).toMatchObject(["a", "c", "d", { id: other.address.id, reason: "closed" }]);
    expect(mailbox.messageCount).toBe(4);
    expect(await mailbox.receive()).toBe("a");
  });

  test("shows a hundred messages at most, unless another limit is asked for", () => {
    const { address, mailbox } = openService().service.newMailbox<number>();
    for (let i = 0; i < 150; i++) address.send(i);
    expect(mailbox.peek()).toHaveLength(100);
    expect(mailbox.peek(2)).toEqual([0, 1]);
    expect(mailbox.peek(0)).toEqual([]);
    expect(mailbox.peek(Number.POSITIVE_INFINITY)).toHaveLength(150);
  });

  test("shows nothing of a mailbox that is empty or closed", () => {
    const { address, mailbox } = openService().service.newMailbox<number>();
    expect(mailbox.peek()).toEqual([]);
    address.send(1);
    mailbox.close();
    expect(mailbox.peek()).toEqual([]);
  });

  test("refuses a limit that is no number of messages", () => {
    const { mailbox } = openService().service.newMailbox();
    for (const limit of [-1, 1.5, Number.NaN]) {
      expect(() => mailbox.peek(limit)).toThrow(RangeError);
    }
    expect(() => mailbox.peek("3" as never)).toThrow(
      "Expected a number of messages as the limit, got string.",
    );
  });
});

describe("the mailboxes of a service", () => {
  test("are told in order of number, with how much waits and since when", async () => {
    const { service, clock } = openService();
    const first = service.newMailbox({ label: "orders", maxMessages: 5 });
    const second = service.newMailbox();
    const gone = service.newMailbox();
    gone.mailbox.close();
    first.address.send(1);
    await clock.advanceBy(1_000);
    first.address.send(2);
    await clock.advanceBy(500);

    const found = service.mailboxes();

    expect(found).toEqual([
      {
        id: first.address.id,
        address: first.address,
        messageCount: 2,
        oldestMessageAge: 1_500,
        maxMessages: 5,
        label: "orders",
        madeAt: undefined,
        peek: undefined,
      },
      {
        id: second.address.id,
        address: second.address,
        messageCount: 0,
        oldestMessageAge: undefined,
        maxMessages: Number.POSITIVE_INFINITY,
        label: undefined,
        madeAt: undefined,
        peek: undefined,
      },
    ]);
    expect(found.every((info) => Object.isFrozen(info))).toBe(true);
    await first.mailbox.receive();
    expect(found[0]?.messageCount).toBe(2);
    expect(service.mailboxes()[0]?.oldestMessageAge).toBe(500);
  });

  test("are sealed: what waits in one is shown only if it was made so", () => {
    const { service } = openService();
    const sealed = service.newMailbox({ sealed: true });
    const open = service.newMailbox({ sealed: false });
    sealed.address.send("secret");
    const [one, other] = service.mailboxes();
    open.address.send("a");
    open.address.send("b");
    expect(one?.peek).toBeUndefined();
    expect(present(other?.peek)()).toEqual(["a", "b"]);
    expect(present(other?.peek)(1)).toEqual(["a"]);
  });

  test("tell where they were made, if the service records that", () => {
    function makeOne(options: ServiceOptions) {
      const { service } = openService(options);
      service.newMailbox();
      return service.mailboxes()[0]?.madeAt;
    }
    const madeAt = present(makeOne({ recordOrigins: true }));
    expect(madeAt.split("\n")[0]).toMatch(/^at makeOne .*inspection\.test\.ts:\d+:\d+/);
    expect(makeOne({})).toBeUndefined();
    expect(() => openService({ recordOrigins: "yes" as never })).toThrow(
      'Expected recordOrigins to be true or false, got "yes".',
    );
  });

  test("are made also where a program has made something else of stacks than text", () => {
    const { service } = openService({ recordOrigins: true });
    const before: unknown = Reflect.get(Error, "prepareStackTrace");
    Reflect.set(Error, "prepareStackTrace", (_: Error, calls: unknown) => calls);
    try {
      service.newMailbox();
    } finally {
      Reflect.set(Error, "prepareStackTrace", before);
    }

    expect(service.mailboxes().map(({ madeAt }) => madeAt)).toEqual([""]);
  });

  test("are printed with their label, closed ones too", () => {
    const { service } = openService();
    const { mailbox, address } = service.newMailbox({ label: "orders" });
    const show = Reflect.get(mailbox, Symbol.for("nodejs.util.inspect.custom"));
    expect(Reflect.apply(show, mailbox, [])).toBe(`Mailbox<${address.id} "orders" 0 messages>`);
    mailbox.close();
    expect(Reflect.apply(show, mailbox, [])).toBe(`Mailbox<${address.id} "orders" closed>`);
  });

  test("have labels of a hundred characters at most", () => {
    const { service } = openService();
    expect(() => service.newMailbox({ label: "x".repeat(101) })).toThrow(
      "Expected a label of 1 to 100 characters, got 101 of them.",
    );
    expect(() => service.newMailbox({ label: "" })).toThrow(RangeError);
    expect(() => service.newMailbox({ label: 7 as never })).toThrow(TypeError);
    expect(() => service.newMailbox({ sealed: "no" as never })).toThrow(
      'Expected sealed to be true or false, got "no".',
    );
    expect(service.mailboxes()).toEqual([]);
  });
});

describe("the debugger of names", () => {
  test("shows every name and its claimants, wherever they are", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await cluster.startAll();
    const here = present(one).newMailbox();
    const there = present(two).newMailbox();
    for (const name of ["b", "10", "a"]) present(one).names.register(name, here.address);
    present(two).names.register("b", there.address);
    await cluster.clock.advanceBy(1_000);

    const seen = present(one).names.debugger();

    const claims = [here.address.id, there.address.id];
    expect(seen.allNames()).toEqual(["10", "a", "b"]);
    expect([...seen.dumpClaims()]).toEqual([
      ["10", [here.address.id]],
      ["a", [here.address.id]],
      ["b", claims],
    ]);
    expect(seen.dumpJSON()).toBe(
      `{"10":["${here.address.id}"],"a":["${here.address.id}"],"b":${JSON.stringify(claims)}}`,
    );
    expect(seen.seenNames("a", "c")).toEqual([true, false]);
    expect([seen.addressCount, seen.messageCount, seen.multipleClaimCount]).toEqual([2, 0, 1]);
  });

  test("shows a copy, in which nothing changes any more", () => {
    const { service } = openService();
    const { address, mailbox } = service.newMailbox();
    service.names.register("a", address);
    const seen = service.names.debugger();
    service.names.register("b", address);
    mailbox.close();
    expect(seen.allNames()).toEqual(["a"]);
    expect(seen.dumpClaims().get("a")).toEqual([address.id]);
    expect(seen.addressCount).toBe(1);
    expect(service.names.debugger().addressCount).toBe(0);
  });
});
