/** Selective takes from a long backlog, against an array that is looked through from its front. */

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { garbageCollector } from "../../measure/garbage-collector.ts";
import { type CompiledMatcher, compileMatcher, type Matcher } from "../../src/core/matcher.ts";
import { MessageQueue } from "../../src/core/message-queue.ts";
import type { Bound } from "../../src/core/overflow.ts";

class Plain {
  readonly n: number;

  constructor(n: number) {
    this.n = n;
  }
}
class Special extends Plain {}
class Own extends Plain {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Plain && value.n % 3 === 0;
  }
}

/** What a queue and its model have in common. */
interface Box {
  readonly sent: number;
  send(kind: Kind): void;
  take(matcher: CompiledMatcher<unknown> | undefined): unknown;
}

/** Messages by kind; `n` is its number. Some run code when they are looked at. */
const kinds = {
  a: (n: number) => ({ type: "a", ref: n % 40, n }),
  b: (n: number) => ({ type: "b", ref: n, n }),
  zero: (n: number) => ({ type: n % 2 ? 0 : -0, ref: Number.NaN, n }),
  bare: (n: number) => Object.assign(Object.create(null) as object, { type: undefined, n }),
  inherits: (n: number) => Object.assign(Object.create({ type: "a" }) as object, { n }),
  text: (n: number) => Object.assign(() => {}, { type: "a", n }),
  plain: (n: number) => new Plain(n),
  special: (n: number) => new Special(n),
  fickle: (n: number, box: Box) => ({
    get type() {
      return box.sent % 2 ? "b" : "a";
    },
    ref: n,
    n,
  }),
  thief: (n: number, box: Box) => ({
    get ref() {
      box.take(undefined);
      box.send("b");
      box.take(compileMatcher<unknown>({ type: "a" }));
      return n % 40;
    },
    type: "a",
    n,
  }),
  closed: (n: number) =>
    new Proxy(
      { type: "a", n },
      {
        getOwnPropertyDescriptor: () => {
          throw new Error("not to be read");
        },
      },
    ),
};
type Kind = keyof typeof kinds;

function make(kind: Kind, n: number, box: Box): object {
  const message = kinds[kind](n, box);
  numbers.set(message, n);
  return message;
}
const numbers = new WeakMap<object, number>();

function numberOf(message: unknown): number {
  return numbers.get(message as object) ?? Number.NaN;
}

class Real implements Box {
  readonly queue: MessageQueue<unknown>;
  sent = 0;

  constructor(bound: Pick<Bound, "maxMessages" | "overflow"> | undefined) {
    const dropped = () => {};
    this.queue = new MessageQueue<unknown>(bound && { ...bound, dropped, close: dropped });
  }

  send(kind: Kind): void {
    this.queue.deliver(make(kind, ++this.sent, this));
  }

  take(matcher: CompiledMatcher<unknown> | undefined): unknown {
    return this.queue.take(matcher);
  }
}

/** Nothing moves: what has been taken is marked. */
class Naive implements Box {
  readonly items: { readonly message: object; readonly notice: boolean; gone: boolean }[] = [];
  readonly maxMessages: number;
  sent = 0;

  constructor(bound: Pick<Bound, "maxMessages"> | undefined) {
    this.maxMessages = bound?.maxMessages ?? Number.POSITIVE_INFINITY;
  }

  get left(): typeof this.items {
    return this.items.filter(({ gone }) => !gone);
  }

  send(kind: Kind): void {
    this.items.push({ message: make(kind, ++this.sent, this), notice: false, gone: false });
    const messages = this.left.filter(({ notice }) => !notice);
    if (messages.length > this.maxMessages && messages[0] !== undefined) messages[0].gone = true;
  }

  take(matcher: CompiledMatcher<unknown> | undefined): unknown {
    for (const item of this.items) {
      if (item.gone || matcher?.matches(item.message) === false || item.gone) continue;
      item.gone = true;
      return item.message;
    }
    return undefined;
  }
}

const wishes: Readonly<Record<string, (box: Box) => Matcher<unknown> | undefined>> = {
  any: () => undefined,
  a: () => ({ type: "a" }),
  b: () => ({ type: "b" }),
  "a ref": ({ sent }) => ({ type: "a", ref: sent % 40 }),
  ref: ({ sent }) => ({ ref: sent - 20 }),
  zero: () => ({ type: 0 }),
  "minus zero": () => ({ type: -0 }),
  nan: () => ({ ref: Number.NaN }),
  undefined: () => ({ type: undefined }),
  absent: () => ({ nothing: 1 }),
  plain: () => Plain,
  special: () => Special,
  own: () => Own,
  object: () => Object,
  opaque: () => (message) => numberOf(message) % 5 === 0,
  nested: (box) => (message) => {
    const n = numberOf(message);
    if (n % 7 === 0) box.take(compileMatcher<unknown>({ type: "b" }));
    if (n % 11 === 0) box.send("a");
    return n % 13 === 0;
  },
};

function outcome(box: Box, wish: string): number | string | undefined {
  const matcher = wishes[wish]?.(box);
  try {
    const message = box.take(matcher && compileMatcher(matcher));
    return message === undefined ? undefined : numberOf(message);
  } catch (error) {
    return String(error);
  }
}

const kindsOften = fc.constantFrom<Kind>(
  ...(Object.keys(kinds) as Kind[]),
  ...(["a", "b", "plain", "special", "a", "b"] as const),
);
const step = fc.oneof(
  fc.record({ do: fc.constant("send" as const), kind: kindsOften, times: fc.nat(40) }),
  fc.record({ do: fc.constant("notify" as const), kind: kindsOften, times: fc.nat(2) }),
  fc.record({ do: fc.constant("takeBack" as const), times: fc.nat(2) }),
  fc.record({
    do: fc.constant("take" as const),
    wish: fc.constantFrom(...Object.keys(wishes)),
    times: fc.nat(30),
  }),
);

const anyNotice: CompiledMatcher<unknown> = { matches: () => true };

test("a take by tag finds what an array looked through from its front would give", () => {
  const bounds = fc.option(
    fc.record({
      maxMessages: fc.integer({ min: 1, max: 80 }),
      overflow: fc.constant("drop_oldest" as const),
    }),
    { nil: undefined },
  );
  fc.assert(
    fc.property(bounds, fc.array(step, { maxLength: 60, size: "max" }), (bound, steps) => {
      const real = new Real(bound);
      const naive = new Naive(bound);
      for (const next of steps) {
        for (let i = 0; i < next.times; i++) {
          if (next.do === "send") {
            for (const box of [real, naive]) box.send(next.kind);
          } else if (next.do === "notify") {
            real.queue.notify(make(next.kind, ++real.sent, real));
            const message = make(next.kind, ++naive.sent, naive);
            naive.items.push({ message, notice: true, gone: false });
          } else if (next.do === "takeBack") {
            const notice = naive.left.find((item) => item.notice);
            if (notice !== undefined) notice.gone = true;
            expect(real.queue.takeBack(anyNotice)).toBe(notice !== undefined);
          } else {
            expect(outcome(real, next.wish)).toBe(outcome(naive, next.wish));
          }
          expect(real.queue.count).toBe(naive.left.length);
        }
      }
      const left = naive.left.map(({ message }) => numberOf(message));
      expect(left.map(() => outcome(real, "any"))).toEqual(left);
    }),
    { numRuns: 200 },
  );
});

/** Takes by a matcher, and counts at how many messages that looks. */
class Looks {
  readonly queue = new MessageQueue<unknown>();
  count = 0;

  take(matcher: Matcher<unknown>): unknown {
    const compiled = compileMatcher(matcher);
    return this.queue.take({
      tags: compiled.tags,
      matches: (message) => {
        this.count += 1;
        return compiled.matches(message);
      },
    });
  }
}

class Answer {}

test.each([
  ["a literal", () => ({ type: "answer" }), { type: "answer" }],
  ["a reference", (n: number) => ({ type: "question", ref: n }), { ref: -1 }],
  ["a literal and a reference", (n: number) => ({ type: "question", ref: n }), { ref: -1 }],
  ["a class", () => new Answer(), Answer],
])("a take by %s looks at each message that waits once, however many takes follow", (...row) => {
  const [, answer, wish] = row;
  const mailbox = new Looks();
  for (let n = 0; n < 10_000; n++) mailbox.queue.deliver({ type: "question", ref: n });
  for (let n = 0; n < 1_000; n++) {
    const sent = answer(-1);
    mailbox.queue.deliver(sent);
    expect(mailbox.take(wish)).toBe(sent);
  }

  expect(mailbox.count).toBe(11_000);
  expect(mailbox.queue.count).toBe(10_000);
});

test.each([
  ["in order", (n: number) => n],
  ["from the end", (n: number) => 9_999 - n],
  ["in any order", (n: number) => (n * 7_919) % 10_000],
])("all messages of a long backlog are taken by their references %s, in few looks", (_, order) => {
  const mailbox = new Looks();
  for (let ref = 0; ref < 10_000; ref++) mailbox.queue.deliver({ type: "answer", ref });
  for (let n = 0; n < 10_000; n++) {
    expect(mailbox.take({ type: "answer", ref: order(n) })).toMatchObject({ ref: order(n) });
  }

  expect(mailbox.queue.count).toBe(0);
  expect(mailbox.count).toBeLessThan(40_000);
});

test("a tag that nobody sends is looked for in new messages alone", () => {
  const mailbox = new Looks();
  for (let n = 0; n < 1_000; n++) mailbox.queue.deliver({ n });
  for (let n = 0; n < 50_000; n++) {
    mailbox.queue.deliver({ n });
    mailbox.queue.take();
    expect(mailbox.take({ type: "absent" })).toBeUndefined();
  }

  expect(mailbox.queue.count).toBe(1_000);
  expect(mailbox.count).toBeLessThan(110_000);
});

test("the index is no larger than the backlog, whatever has gone through it", () => {
  const collectGarbage = garbageCollector();
  const heap = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const queue = new MessageQueue<unknown>();
  const absent = compileMatcher<unknown>({ ref: -1 });
  for (let ref = 0; ref < 100; ref++) queue.deliver({ ref });
  const before = heap();
  for (let ref = 0; ref < 200_000; ref++) {
    queue.deliver({ ref });
    queue.take();
    queue.take(absent);
  }

  expect(heap() - before).toBeLessThan(1e6);
  expect(queue.count).toBe(100);
});

test("what comes after many of the newest were taken is found, in any order", () => {
  const queue = new MessageQueue<number>();
  const is = (wanted: number) => ({ matches: (message: number) => message === wanted });
  for (let n = 0; n <= 60; n++) queue.deliver(n);
  for (let n = 10; n <= 60; n++) expect(queue.take(is(n))).toBe(n);
  for (let n = 100; n < 104; n++) queue.deliver(n);

  expect(queue.take(is(100))).toBe(100);
  expect(queue.take(is(101))).toBe(101);
  expect(queue.take(is(103))).toBe(103);
  expect(queue.take(is(102))).toBe(102);
});

test("the index keeps no object out of a message that has been taken", async () => {
  const collectGarbage = garbageCollector();
  const queue = new MessageQueue<unknown>();
  for (let i = 0; i < 20; i++) queue.deliver({ type: "waits" });
  const bodies = Array.from({ length: 10 }, () => {
    const body = {};
    queue.deliver({ type: "taken", body });
    return new WeakRef(body);
  });
  queue.take(compileMatcher<unknown>({ body: "none" }));
  for (let i = 0; i < 10; i++) queue.take(compileMatcher<unknown>({ type: "taken" }));
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();

  expect(queue.count).toBe(20);
  expect(bodies.filter((body) => body.deref() !== undefined)).toHaveLength(0);
});
