/**
 * A mailbox against a model that is too simple to be wrong: an array of messages, an array of those
 * who wait, and a list of what became of each of them, in order.
 */
import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Matcher } from "../../src/core/matcher.ts";
import type { DeliveryRefusal } from "../../src/core/message-queue.ts";
import { type Overflow, overflows } from "../../src/core/overflow.ts";
import type { LocalMailbox } from "../../src/runtime/mailbox.ts";
import type { MessageLimit } from "../../src/runtime/mailbox-options.ts";
import type { ReceiveOptions } from "../../src/runtime/receive-options.ts";
import { holds, patienceMs, upTo } from "../properties/effort.ts";
import { createHost, openMailbox, type TestHost } from "./open-mailbox.ts";

const kinds = ["a", "b", "c"] as const;
type Kind = (typeof kinds)[number];

class Message {
  readonly kind: Kind;
  readonly n: number;

  constructor(kind: Kind, n: number) {
    this.kind = kind;
    this.n = n;
  }
}

class Special extends Message {}

/** What a receiver asks for: what the mailbox is given, and what that means, in plain words. */
interface Wish {
  readonly name: string;
  readonly matcher: Matcher<Message> | undefined;
  /** What the model makes of a message: wanted or not, or an error. */
  readonly judge: (message: Message) => boolean | "throws";
}

const wishes: readonly Wish[] = [
  { name: "any", matcher: undefined, judge: () => true },
  { name: "kind a", matcher: { kind: "a" }, judge: ({ kind }) => kind === "a" },
  { name: "b3", matcher: { kind: "b", n: 3 }, judge: ({ kind, n }) => kind === "b" && n === 3 },
  { name: "odd", matcher: ({ n }) => n % 2 === 1, judge: ({ n }) => n % 2 === 1 },
  { name: "special", matcher: Special, judge: (message) => message instanceof Special },
  {
    name: "c, throws at b",
    matcher: ({ kind }) => {
      if (kind === "b") throw new Error("b");
      return kind === "c";
    },
    judge: ({ kind }) => (kind === "b" ? "throws" : kind === "c"),
  },
];

interface Waiting {
  readonly id: number;
  readonly wish: Wish;
  readonly signal: number | undefined;
  readonly until: number;
}

/** The naive mailbox. */
class Model {
  readonly messages: Message[] = [];
  readonly waiting: Waiting[] = [];
  readonly notices = new Set<Message>();
  readonly outcomes: string[] = [];
  readonly maxMessages: number;
  readonly overflow: Overflow;
  /** What the mailbox itself says was lost; of a refusal, the sender knows. */
  readonly lost = { closed: 0, mailbox_full: 0 };
  closed = false;
  now = 0;
  /** How many receives there were, of which each has its number. */
  asked = 0;
  sent = 0;
  /** How many commands were carried out. */
  steps = 0;

  constructor(limit: MessageLimit | undefined) {
    this.maxMessages = limit?.maxMessages ?? Number.POSITIVE_INFINITY;
    this.overflow = limit?.overflow ?? "reject";
  }

  /** The messages that are not notices. */
  get ordinary(): Message[] {
    return this.messages.filter((message) => !this.notices.has(message));
  }

  send(message: Message): DeliveryRefusal | undefined {
    if (this.closed) return "closed";
    this.#put(message);
    return this.ordinary.length > this.maxMessages ? this.#overflow(message) : undefined;
  }

  notify(notice: Message): void {
    if (this.closed) return;
    this.notices.add(notice);
    this.#put(notice);
  }

  #overflow(message: Message): DeliveryRefusal | undefined {
    const goes = this.overflow === "drop_oldest" ? this.ordinary[0] : message;
    this.messages.splice(this.messages.indexOf(goes as Message), 1);
    if (this.overflow === "close") this.close();
    if (this.overflow === "close" || this.overflow === "reject") return "mailbox_full";
    this.lost.mailbox_full += 1;
    return undefined;
  }

  #put(message: Message): void {
    for (const waiting of [...this.waiting]) {
      const judged = waiting.wish.judge(message);
      if (judged === false) continue;
      this.#settle(waiting, judged === true ? text(message) : "Error: b");
      if (judged === true) return;
    }
    this.messages.push(message);
  }

  /** What a search finds: a message, which is taken, an error, or nothing. */
  look(wish: Wish): Message | "Error: b" | undefined {
    const at = this.messages.findIndex((message) => wish.judge(message) !== false);
    const message = this.messages[at];
    if (message === undefined) return undefined;
    if (wish.judge(message) === "throws") return "Error: b";
    this.messages.splice(at, 1);
    return message;
  }

  receive(waiting: Waiting, timeout: number | undefined): void {
    const found = this.look(waiting.wish);
    if (found !== undefined) this.#tell(waiting, typeof found === "string" ? found : text(found));
    else if (this.closed) this.#tell(waiting, "closed");
    else if (timeout === 0) this.#tell(waiting, "undefined");
    else this.waiting.push(waiting);
  }

  takeBack(kind: Kind): boolean {
    const at = this.messages.findIndex(
      (message) => message.kind === kind && this.notices.has(message),
    );
    if (at >= 0) this.messages.splice(at, 1);
    return at >= 0;
  }

  abort(signal: number): void {
    for (const waiting of this.waiting.filter((other) => other.signal === signal)) {
      this.#settle(waiting, "aborted");
    }
  }

  advance(ms: number): void {
    this.now += ms;
    const due = this.waiting.filter(({ until }) => until <= this.now);
    for (const waiting of due.sort((a, b) => a.until - b.until || a.id - b.id)) {
      this.#settle(waiting, "undefined");
    }
  }

  close(): void {
    this.lost.closed += this.ordinary.length;
    this.closed = true;
    this.messages.length = 0;
    for (const waiting of [...this.waiting]) this.#settle(waiting, "closed");
  }

  #settle(waiting: Waiting, outcome: string): void {
    this.waiting.splice(this.waiting.indexOf(waiting), 1);
    this.#tell(waiting, outcome);
  }

  #tell({ id }: Waiting, outcome: string): void {
    this.outcomes.push(`${id}: ${outcome}`);
  }
}

function text(message: Message): string {
  return `${message.kind}${message.n}`;
}

/** The real one, and the same list of what became of each receive. */
class Real {
  readonly host: TestHost = createHost();
  readonly mailbox: LocalMailbox<Message>;
  readonly outcomes: string[] = [];
  readonly controllers: AbortController[] = [new AbortController(), new AbortController()];

  constructor(limit: MessageLimit | undefined) {
    this.mailbox = openMailbox<Message>(this.host, 1, limit);
  }

  lost(cause: DeliveryRefusal): number {
    const losses = this.host.losses.filter(([lossCause]) => lossCause === cause);
    return losses.reduce((sum, [, count]) => sum + count, 0);
  }

  controller(index: number): AbortController {
    return this.controllers[index] as AbortController;
  }

  note(id: number, wait: Promise<Message | undefined>): void {
    wait.then(
      (message) => this.outcomes.push(`${id}: ${message ? text(message) : "undefined"}`),
      (error: unknown) => this.outcomes.push(`${id}: ${failure(error)}`),
    );
  }
}

function failure(error: unknown): string {
  if (error instanceof Error && "code" in error) return "closed";
  return String(error);
}

type Command = fc.AsyncCommand<Model, Real>;

/** Does something to both, lets promises be heard, and compares all that can be seen. */
function command(name: string, run: (model: Model, real: Real) => void): Command {
  return {
    check: () => true,
    async run(model, real) {
      model.steps += 1;
      run(model, real);
      for (let i = 0; i < 4; i++) await Promise.resolve();
      expect(real.outcomes).toEqual(model.outcomes);
      expect(real.mailbox.messageCount).toBe(model.messages.length);
      expect(real.mailbox.closed).toBe(model.closed);
      expect(real.lost("closed")).toBe(model.lost.closed);
      expect(real.lost("mailbox_full")).toBe(model.lost.mailbox_full);
      const timed = model.waiting.filter(({ until }) => until < Number.POSITIVE_INFINITY);
      expect(real.host.clock.pendingTimers).toBe(timed.length);
      for (const [index, { signal }] of real.controllers.entries()) {
        const listening = model.waiting.filter((waiting) => waiting.signal === index);
        expect(getEventListeners(signal, "abort")).toHaveLength(listening.length);
      }
    },
    toString: () => name,
  };
}

const wish = fc.constantFrom(...wishes);
const kind = fc.constantFrom(...kinds);

const commands = [
  fc.tuple(kind, fc.boolean()).map(([ofKind, special]) =>
    command(`send ${special ? "special " : ""}${ofKind}`, (model, real) => {
      const n = model.sent % 5;
      model.sent += 1;
      const message = special ? new Special(ofKind, n) : new Message(ofKind, n);
      expect(real.mailbox.deliver(message)).toBe(model.send(message));
    }),
  ),
  kind.map((ofKind) =>
    command(`notify ${ofKind}`, (model, real) => {
      const notice = new Message(ofKind, model.sent % 5);
      model.sent += 1;
      real.mailbox.notify(notice);
      model.notify(notice);
    }),
  ),
  fc
    .tuple(
      wish,
      fc.option(fc.nat(1), { nil: undefined }),
      fc.option(fc.constantFrom(0, 10, 25, Number.POSITIVE_INFINITY), { nil: undefined }),
    )
    .map(([wanted, signal, timeout]) =>
      command(`receive ${wanted.name}, signal ${signal}, timeout ${timeout}`, (model, real) => {
        const id = model.asked;
        model.asked += 1;
        const until = model.now + (timeout ?? Number.POSITIVE_INFINITY);
        real.note(id, receive(real, wanted, signal, timeout));
        model.receive({ id, wish: wanted, signal, until }, timeout);
      }),
    ),
  wish.map((wanted) =>
    command(`tryReceive ${wanted.name}`, (model, real) => {
      const found = model.look(wanted);
      const expected = found ?? (model.closed ? "closed" : undefined);
      expect(tryReceive(real, wanted)).toEqual(expected);
    }),
  ),
  fc.nat(1).map((signal) =>
    command(`abort ${signal}`, (model, real) => {
      real.controller(signal).abort("aborted");
      real.controllers[signal] = new AbortController();
      model.abort(signal);
    }),
  ),
  fc.constantFrom(5, 10, 25).map((ms) =>
    command(`advance ${ms}`, (model, real) => {
      real.host.clock.advance(ms);
      model.advance(ms);
    }),
  ),
  kind.map((ofKind) =>
    command(`takeBack ${ofKind}`, (model, real) => {
      const taken = real.mailbox.takeBack({ matches: (message) => message.kind === ofKind });
      expect(taken).toBe(model.takeBack(ofKind));
    }),
  ),
];

const close = fc.constant(
  command("close", (model, real) => {
    real.mailbox.close();
    model.close();
  }),
);

function receive(
  real: Real,
  { matcher }: Wish,
  signal: number | undefined,
  timeout: number | undefined,
): Promise<Message | undefined> {
  const options: ReceiveOptions = {
    signal: signal === undefined ? undefined : real.controller(signal).signal,
    timeout,
  };
  const limited = signal !== undefined || timeout !== undefined;
  if (matcher === undefined)
    return limited ? real.mailbox.receive(options) : real.mailbox.receive();
  return limited ? real.mailbox.receive(matcher, options) : real.mailbox.receive(matcher);
}

function tryReceive(real: Real, { matcher }: Wish): Message | string | undefined {
  try {
    return matcher === undefined ? real.mailbox.tryReceive() : real.mailbox.tryReceive(matcher);
  } catch (error) {
    return failure(error);
  }
}

test(
  "a mailbox does what an array of messages and an array of receivers would do",
  async () => {
    const { maxLength, size } = upTo(80);
    // Closing ends all that is interesting, so it is rare.
    const steps = fc.commands([...commands, ...commands, ...commands, close], {
      maxCommands: maxLength,
      size,
    });
    const limits = fc.option(
      fc.record({
        maxMessages: fc.integer({ min: 1, max: 4 }),
        overflow: fc.constantFrom(...overflows),
      }),
      { nil: undefined },
    );
    await holds("mailbox", { runs: 300, full: 5_000 }, (tally) =>
      fc.asyncProperty(limits, steps, async (limit, program) => {
        const model = new Model(limit);
        await fc.asyncModelRun(() => ({ model, real: new Real(limit) }), program);
        tally.commands += model.steps;
      }),
    );
  },
  patienceMs,
);
