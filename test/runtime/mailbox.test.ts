import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { mailboxBrand } from "../../src/core/address.ts";
import type { ReceiveOptions } from "../../src/runtime/receive-options.ts";
import { createHost, openMailbox } from "./open-mailbox.ts";

class Stop {}

type Letter = { readonly type: "letter"; readonly text: string };
type Bill = { readonly type: "bill"; readonly amount: number };
type Mail = Letter | Bill | Stop;

const letter = (text: string): Letter => ({ type: "letter", text });
const bill = (amount: number): Bill => ({ type: "bill", amount });

function isBill(mail: Mail): mail is Bill {
  return "type" in mail && mail.type === "bill";
}

function open() {
  const host = createHost();
  const mailbox = openMailbox<Mail>(host);
  return { host, mailbox, send: (mail: Mail) => mailbox.address.send(mail) };
}

describe("receive", () => {
  test("takes messages in the order in which they were sent", async () => {
    const { mailbox, send } = open();
    for (const text of ["a", "b", "c"]) expect(send(letter(text))).toBe(true);

    expect(mailbox.messageCount).toBe(3);
    for (const text of ["a", "b", "c"]) expect(await mailbox.receive()).toEqual(letter(text));
    expect(mailbox.messageCount).toBe(0);
  });

  test("messages stack up while the receiver is busy, and the value itself arrives", async () => {
    const { mailbox, send } = open();
    const first = letter("first");
    const received = mailbox.receive();
    send(first);
    send(letter("second"));
    send(letter("third"));

    expect(mailbox.messageCount).toBe(2);
    expect(await received).toBe(first);
    expect(await mailbox.receive()).toEqual(letter("second"));
    expect(await mailbox.receive()).toEqual(letter("third"));
  });

  test("is always a promise", () => {
    const { mailbox, send } = open();
    send(letter("a"));

    expect(mailbox.receive()).toBeInstanceOf(Promise);
    expect(mailbox.receive()).toBeInstanceOf(Promise);
  });

  test("serves several receivers in order of asking, each message once", async () => {
    const { mailbox, send } = open();
    const all = Promise.all([mailbox.receive(), mailbox.receive(), mailbox.receive()]);
    for (const text of ["a", "b", "c"]) send(letter(text));

    expect(await all).toEqual([letter("a"), letter("b"), letter("c")]);
  });

  test("with a matcher leaves what it does not want in order, and waits past it", async () => {
    const { mailbox, send } = open();
    const isText = (wanted: string) => (mail: Mail) => "text" in mail && mail.text === wanted;
    for (const text of ["b", "c", "d"]) send(letter(text));

    expect(await mailbox.receive(isText("c"))).toEqual(letter("c"));
    expect(mailbox.messageCount).toBe(2);

    const later = mailbox.receive(isText("c"));
    send(letter("d"));
    expect(mailbox.messageCount).toBe(3);
    send(letter("c"));
    send(new Stop());

    expect(await later).toEqual(letter("c"));
    expect(await mailbox.receive(Stop)).toBeInstanceOf(Stop);
    expect([mailbox.tryReceive(), mailbox.tryReceive(), mailbox.tryReceive()]).toEqual([
      letter("b"),
      letter("d"),
      letter("d"),
    ]);
  });

  test("takes type guards, predicates, classes and patterns, at the same time", async () => {
    const { mailbox, send } = open();
    const waits = Promise.all([
      mailbox.receive(isBill),
      mailbox.receive(Stop),
      mailbox.receive({ type: "letter", text: "b" }),
      mailbox.receive((mail) => "text" in mail && mail.text > "x"),
    ]);
    for (const text of ["a", "b", "y"]) send(letter(text));
    send(new Stop());
    send(bill(5));

    expect(await waits).toEqual([bill(5), new Stop(), letter("b"), letter("y")]);
    expect(mailbox.tryReceive()).toEqual(letter("a"));
  });

  test("whose matcher throws rejects, and the message stays for others", async () => {
    const { mailbox, send } = open();
    const broken = () => {
      throw new Error("broken");
    };
    const waits = mailbox.receive(broken);
    send(letter("a"));

    await expect(waits).rejects.toThrow("broken");
    await expect(mailbox.receive(broken)).rejects.toThrow("broken");
    expect(await mailbox.receive()).toEqual(letter("a"));
  });

  test("whose matcher is async rejects, and the message stays", async () => {
    const { mailbox, send } = open();
    send(letter("a"));

    await expect(mailbox.receive((async () => true) as never)).rejects.toThrow(
      "Expected a boolean from the matcher, got a promise",
    );
    expect(mailbox.messageCount).toBe(1);
  });

  test("takes a sole object of signal and timeout for options, others for patterns", async () => {
    const mailbox = openMailbox<{ readonly timeout?: number; readonly n: number }>(createHost());
    for (const message of [{ n: 0 }, { timeout: 5, n: 1 }, { timeout: 5, n: 2 }, { n: 3 }]) {
      mailbox.deliver(message);
    }

    expect(await mailbox.receive({ timeout: 5 }, {})).toEqual({ timeout: 5, n: 1 });
    expect(await mailbox.receive({ timeout: 5, n: 2 })).toEqual({ timeout: 5, n: 2 });
    expect(await mailbox.receive({ timeout: 5 })).toEqual({ n: 0 });
    expect(await mailbox.receive({})).toEqual({ n: 3 });
  });

  test("unwraps a message that is a promise, which tryReceive and iteration do not", async () => {
    const mailbox = openMailbox<unknown>(createHost());
    const promise = Promise.resolve("inside");
    for (let i = 0; i < 3; i++) mailbox.deliver(promise);

    expect(await mailbox.receive()).toBe("inside");
    expect(mailbox.tryReceive()).toBe(promise);
    expect(await mailbox[Symbol.asyncIterator]().next()).toEqual({ done: false, value: promise });
  });
});

describe("receive with a timeout", () => {
  test("resolves to undefined after it, not before, and has taken nothing", async () => {
    const { host, mailbox, send } = open();
    const outcomes: unknown[] = [];
    const wait = mailbox.receive({ timeout: 100 }).then((mail) => outcomes.push(mail));

    await host.clock.advanceBy(99);
    expect(outcomes).toEqual([]);
    await host.clock.advanceBy(1);
    await wait;
    expect(outcomes).toEqual([undefined]);

    send(letter("a"));
    expect(mailbox.messageCount).toBe(1);
  });

  test("takes what is there or comes in time, in order", async () => {
    const { host, mailbox, send } = open();
    for (const text of ["a", "b", "c"]) send(letter(text));

    for (const text of ["a", "b", "c"]) {
      expect(await mailbox.receive({ timeout: 10 })).toEqual(letter(text));
    }
    const wait = mailbox.receive(isBill, { timeout: 10 });
    host.clock.advance(9);
    send(bill(1));
    host.clock.advance(9);
    expect(await wait).toEqual(bill(1));
  });

  test("of 0 looks at what is there", async () => {
    const { host, mailbox, send } = open();
    send(letter("a"));

    expect(await mailbox.receive(isBill, { timeout: 0 })).toBeUndefined();
    expect(await mailbox.receive({ timeout: 0 })).toEqual(letter("a"));
    expect(await mailbox.receive({ timeout: 0 })).toBeUndefined();
    expect(host.clock.pendingTimers).toBe(0);
  });

  test("of Infinity waits for ever", async () => {
    const { host, mailbox, send } = open();
    const wait = mailbox.receive({ timeout: Number.POSITIVE_INFINITY });
    expect(host.clock.pendingTimers).toBe(0);
    host.clock.advance(1e12);
    send(letter("a"));

    expect(await wait).toEqual(letter("a"));
  });
});

describe("receive with a signal", () => {
  test("rejects with its reason, and has taken nothing", async () => {
    const { mailbox, send } = open();
    const controller = new AbortController();
    const wait = mailbox.receive({ signal: controller.signal });
    const next = mailbox.receive();
    controller.abort("enough");
    send(letter("a"));

    await expect(wait).rejects.toBe("enough");
    expect(await next).toEqual(letter("a"));
  });

  test("that is aborted already takes nothing", async () => {
    const { mailbox, send } = open();
    send(letter("a"));

    await expect(mailbox.receive({ signal: AbortSignal.abort("no") })).rejects.toBe("no");
    await expect(mailbox.receive(isBill, { signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ name: "AbortError" }),
    );
    expect(mailbox.messageCount).toBe(1);
  });

  test("that is aborted after the message was handed over has no effect", async () => {
    const { mailbox, send } = open();
    const controller = new AbortController();
    const wait = mailbox.receive({ signal: controller.signal });
    send(letter("a"));
    controller.abort();

    expect(await wait).toEqual(letter("a"));
  });

  test("that its own matcher aborts has not taken the message, waiting or not", async () => {
    const { mailbox, send } = open();
    const abortAndWant = (controller: AbortController) => () => {
      controller.abort("own");
      return true;
    };
    const [first, second] = [new AbortController(), new AbortController()];
    const waiting = mailbox.receive(abortAndWant(first), { signal: first.signal });
    send(letter("a"));

    await expect(waiting).rejects.toBe("own");
    await expect(mailbox.receive(abortAndWant(second), { signal: second.signal })).rejects.toBe(
      "own",
    );
    expect(mailbox.tryReceive()).toEqual(letter("a"));
  });
});

describe("timers and listeners", () => {
  test.each<[string, (world: ReturnType<typeof open>, abort: () => void) => void]>([
    ["a message", ({ send }) => send(bill(1))],
    ["the timeout", ({ host }) => host.clock.advance(50)],
    ["an abort", (_, abort) => abort()],
    ["closing", ({ mailbox }) => mailbox.close()],
    ["an error of the matcher", ({ send }) => send(letter("throw"))],
  ])("are gone when a receive ends by %s", async (_, end) => {
    const world = open();
    const controller = new AbortController();
    const options = { signal: controller.signal, timeout: 50 };
    const matcher = (mail: Mail): boolean => {
      if ("text" in mail) throw new Error("broken");
      return true;
    };
    const wait = world.mailbox.receive(matcher, options);
    const settled = Promise.allSettled([wait]);
    expect(world.host.clock.pendingTimers).toBe(1);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);

    end(world, () => controller.abort());

    expect(world.host.clock.pendingTimers).toBe(0);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    await settled;
  });

  test("are not made for a receive that need not wait", async () => {
    const { host, mailbox, send } = open();
    const { signal } = new AbortController();
    send(letter("a"));
    await mailbox.receive({ signal, timeout: 50 });

    expect(host.clock.pendingTimers).toBe(0);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});

describe("mistakes of the caller", () => {
  test.each<[unknown, string]>([
    [{ timeout: Number.NaN }, "RangeError: Expected a timeout of 0 ms or more, got NaN."],
    [{ timeout: -1 }, "RangeError: Expected a timeout of 0 ms or more, got -1."],
    [{ timeout: "5" }, "TypeError: Expected milliseconds as timeout, got string."],
    [{ timeout: null }, "TypeError: Expected milliseconds as timeout, got object."],
    [
      { signal: new AbortController() },
      "TypeError: Expected an AbortSignal as signal, got object.",
    ],
    [{ signal: 5 }, "TypeError: Expected an AbortSignal as signal, got number."],
  ])("in options are thrown at once: %o", (options, message) => {
    const { host, mailbox, send } = open();
    send(letter("a"));
    const [sole, second] = [
      () => mailbox.receive(options as ReceiveOptions),
      () => mailbox.receive(isBill, options as ReceiveOptions),
    ];

    for (const call of [sole, second]) expect(thrown(call)).toBe(message);
    expect([mailbox.messageCount, host.clock.pendingTimers]).toEqual([1, 0]);
  });

  test("in the matcher are thrown at once, by receive and by tryReceive", () => {
    const { mailbox } = open();
    const problem =
      "TypeError: Expected a matcher: a type guard, a predicate, a class or a plain object, " +
      "got a string.";

    expect(thrown(() => mailbox.receive("bill" as never))).toBe(problem);
    expect(thrown(() => mailbox.tryReceive("bill" as never))).toBe(problem);
    expect(thrown(() => mailbox.receive(undefined as never, { timeout: 1 }))).toContain(
      "got undefined",
    );
    expect(thrown(() => mailbox.receive(isBill, 5 as never))).toBe(
      "TypeError: Expected options such as { signal, timeout }, got 5.",
    );
    // Alone it would be a pattern.
    expect(thrown(() => mailbox.receive(isBill, { timeuot: 5 } as never))).toBe(
      'TypeError: Expected as an option of a wait timeout, got "timeuot".',
    );
  });

  function thrown(call: () => unknown): string {
    try {
      call();
    } catch (error) {
      return String(error);
    }
    return "nothing";
  }
});

describe("tryReceive", () => {
  test("takes three in order, then nothing", () => {
    const { mailbox, send } = open();
    for (const text of ["a", "b", "c"]) send(letter(text));

    const taken = [1, 2, 3, 4].map(() => mailbox.tryReceive());
    expect(taken).toEqual([letter("a"), letter("b"), letter("c"), undefined]);
  });

  test("with a matcher takes the first that it wants", () => {
    const { mailbox, send } = open();
    for (const mail of [letter("a"), bill(1), bill(2)]) send(mail);

    expect(mailbox.tryReceive({ type: "bill" })).toEqual(bill(1));
    expect(mailbox.tryReceive(Stop)).toBeUndefined();
    expect(mailbox.messageCount).toBe(2);
  });
});

test("a mailbox is printed by its id and what is in it, never with contents", () => {
  const { mailbox, send } = open();
  const empty = inspect(mailbox);
  send(letter("secret"));
  const one = inspect({ mailbox });
  send(letter("secret"));
  const two = `${inspect(mailbox, { depth: 9, showHidden: true })}`;
  mailbox.close();

  expect([empty, one, two, inspect(mailbox)]).toEqual([
    "Mailbox<1:0123456789abcdef:1 0 messages>",
    "{ mailbox: Mailbox<1:0123456789abcdef:1 1 message> }",
    "Mailbox<1:0123456789abcdef:1 2 messages>",
    "Mailbox<1:0123456789abcdef:1 closed>",
  ]);
  expect(JSON.stringify(mailbox)).not.toContain("secret");
});

test("a mailbox is marked, so that a codec can say to send the address instead", () => {
  expect(Reflect.get(open().mailbox, mailboxBrand)).toBe(true);
});

test("takeBack takes the first waiting notice that is wanted out again, and no message", () => {
  const { host, mailbox, send } = open();
  send(letter("a"));
  mailbox.notify(bill(1));
  send(bill(2));

  expect(mailbox.takeBack({ matches: isBill })).toBe(true);
  expect(mailbox.takeBack({ matches: (mail) => mail instanceof Stop })).toBe(false);
  expect([mailbox.tryReceive(), mailbox.tryReceive()]).toEqual([letter("a"), bill(2)]);
  mailbox.close();
  expect(mailbox.takeBack({ matches: isBill })).toBe(false);
  expect(host.losses).toEqual([]);
});
