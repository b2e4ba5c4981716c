/**
 * One mailbox of which everybody wants something at once, and the books: what was sent, who has got
 * it, and who waits. What is done in one burst is done without a turn of promises in between.
 */
import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { expect } from "vitest";
import { ReignError } from "../../src/core/errors.ts";
import type { LocalMailbox } from "../../src/runtime/mailbox.ts";
import type { ReceiveOptions } from "../../src/runtime/receive-options.ts";
import { present } from "../runtime/cluster.ts";
import { createHost, openMailbox } from "../runtime/open-mailbox.ts";
import type { Tally } from "./effort.ts";

const kinds = ["a", "b"] as const;
type Kind = (typeof kinds)[number];

interface Message {
  readonly kind: Kind;
  readonly n: number;
}

export type RaceOp =
  | { readonly do: "send"; readonly kind: Kind }
  | {
      readonly do: "receive";
      readonly kind?: Kind | undefined;
      readonly signal?: number | undefined;
      readonly timeout?: number | undefined;
    }
  | { readonly do: "next" | "return"; readonly loop: number }
  | { readonly do: "tryReceive"; readonly kind?: Kind | undefined }
  | { readonly do: "consume"; readonly signal: number; readonly reaction: Reaction }
  | { readonly do: "abort"; readonly signal: number }
  | { readonly do: "advance"; readonly ms: number }
  | { readonly do: "close" };

/** What a handler does in its second message. */
type Reaction = "send" | "throw" | "abort" | "close" | "nothing";

const kind = fc.constantFrom(...kinds);
const signal = fc.nat(1);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

function op<F extends Record<string, fc.Arbitrary<unknown>>>(
  weight: number,
  what: RaceOp["do"],
  fields: F,
) {
  const arbitrary = fc.record({ do: fc.constant(what), ...fields }, { noNullPrototype: true });
  return { weight, arbitrary };
}

const anyOp = fc.oneof(
  op(12, "send", { kind }),
  op(8, "receive", {
    kind: maybe(kind),
    signal: maybe(signal),
    timeout: maybe(fc.constantFrom(0, 5, 10)),
  }),
  op(4, "next", { loop: fc.nat(1) }),
  op(1, "return", { loop: fc.nat(1) }),
  op(2, "tryReceive", { kind: maybe(kind) }),
  op(3, "consume", {
    signal,
    reaction: fc.constantFrom("send", "throw", "abort", "close", "nothing", "nothing"),
  }),
  op(3, "abort", { signal }),
  op(3, "advance", { ms: fc.constantFrom(0, 5, 10) }),
  op(1, "close", {}),
) as fc.Arbitrary<RaceOp>;

export const burst: fc.Arbitrary<RaceOp[]> = fc.array(anyOp, { minLength: 1, maxLength: 4 });

/** Somebody who waits: what for, and what may end it. */
interface Waiting {
  readonly kind: Kind | undefined;
  readonly signal: AbortSignal | undefined;
  readonly timeout: number | undefined;
}

export class RaceWorld {
  readonly #tally: Tally;
  readonly #host = createHost();
  readonly #mailbox: LocalMailbox<Message> = openMailbox<Message>(this.#host);
  readonly #loops = [0, 1].map(() => this.#mailbox[Symbol.asyncIterator]());
  readonly #signals = [new AbortController(), new AbortController()];
  readonly #waiting = new Set<Waiting>();
  readonly #consumers = new Set<AbortSignal>();
  readonly #failures: unknown[] = [];
  readonly #got = new Set<number>();
  /** The last of each kind that was taken by a promise, and in a call. */
  readonly #last = { later: { a: 0, b: 0 }, now: { a: 0, b: 0 } };
  #sent = 0;
  #refused = 0;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  play(next: RaceOp): void {
    this.#tally.commands += 1;
    switch (next.do) {
      case "send":
        this.#send(next.kind);
        break;
      case "receive":
        this.#receive(next.kind, next.signal, next.timeout);
        break;
      case "next":
        this.#next(next.loop);
        break;
      case "return":
        void this.#loops[next.loop]?.return?.();
        break;
      case "tryReceive":
        this.#tryReceive(next.kind);
        break;
      case "consume":
        this.#consume(next.signal, next.reaction);
        break;
      case "abort":
        this.#abort(next.signal);
        break;
      case "advance":
        this.#host.clock.advance(next.ms);
        break;
      case "close":
        this.#mailbox.close();
    }
  }

  /** Promises have been heard: nobody waits for what lies there, and nothing is held for nobody. */
  async check(): Promise<void> {
    await this.#quiet();
    expect(this.#failures).toEqual([]);
    const lies = new Set<Kind>();
    if (!this.#mailbox.closed) {
      this.#mailbox.tryReceive(({ kind: lying }) => lies.add(lying).size < 0);
    }
    for (const { kind: wanted } of this.#waiting) {
      if (wanted === undefined) expect([...lies]).toEqual([]);
      else expect(lies).not.toContain(wanted);
    }
    if (this.#consumers.size > 0) expect([...lies]).toEqual([]);
    if (this.#mailbox.closed) expect(this.#waiting.size + this.#consumers.size).toBe(0);
    const timed = [...this.#waiting].filter(({ timeout }) => timeout !== undefined);
    expect(this.#host.clock.pendingTimers).toBe(timed.length);
    for (const { signal: each } of this.#signals) {
      const limited = [...this.#waiting].filter((waiting) => waiting.signal === each);
      const consuming = [...this.#consumers].filter((consumer) => consumer === each);
      expect(getEventListeners(each, "abort")).toHaveLength(limited.length + consuming.length);
    }
  }

  /** The mailbox is closed: every message is with somebody or counted, and nobody waits. */
  async end(): Promise<void> {
    this.#mailbox.close();
    await this.check();
    const lost = this.#host.losses.reduce((sum, [, count]) => sum + count, 0);
    expect(this.#got.size + lost + this.#refused).toBe(this.#sent);
  }

  async #quiet(): Promise<void> {
    for (let i = 0; i < 20; i++) await Promise.resolve();
    this.#host.clock.runSoon();
    for (let i = 0; i < 20; i++) await Promise.resolve();
  }

  #send(of: Kind): void {
    this.#sent += 1;
    if (this.#mailbox.deliver({ kind: of, n: this.#sent }) !== undefined) this.#refused += 1;
  }

  #receive(of: Kind | undefined, index: number | undefined, timeout: number | undefined): void {
    const limit = index === undefined ? undefined : this.#controller(index).signal;
    const options: ReceiveOptions = { signal: limit, timeout };
    const waiting: Waiting = { kind: of, signal: limit, timeout };
    this.#waiting.add(waiting);
    const received: Promise<Message | undefined> =
      of === undefined
        ? this.#mailbox.receive(options)
        : this.#mailbox.receive({ kind: of }, options);
    this.#follow(received, (message) => {
      this.#waiting.delete(waiting);
      if (message !== undefined) {
        if (of !== undefined) expect(message.kind).toBe(of);
        this.#take("receive", message);
        return;
      }
      expect(timeout).toBeDefined();
      this.#tally.meet("timeout");
    }).catch((error: unknown) => {
      this.#waiting.delete(waiting);
      this.#checkEnd(error, limit);
    });
  }

  #next(index: number): void {
    const loop = present(this.#loops[index]);
    const waiting: Waiting = { kind: undefined, signal: undefined, timeout: undefined };
    this.#waiting.add(waiting);
    void this.#follow(loop.next(), ({ done, value }) => {
      this.#waiting.delete(waiting);
      if (done !== true && value !== undefined) this.#take("next", value);
    });
  }

  #tryReceive(of: Kind | undefined): void {
    try {
      const message =
        of === undefined ? this.#mailbox.tryReceive() : this.#mailbox.tryReceive({ kind: of });
      if (message !== undefined) this.#take("tryReceive", message);
    } catch (error) {
      this.#checkEnd(error, undefined);
    }
  }

  #consume(index: number, reaction: Reaction): void {
    const { signal: limit } = this.#controller(index);
    let handled = 0;
    let over = false;
    const consumed = this.#mailbox.consume(
      (message) => {
        if (over) this.#failures.push(new Error("called again after its end"));
        this.#take("consume", message);
        handled += 1;
        if (handled === 2) this.#handle(reaction, index);
        if (reaction === "abort" || reaction === "throw") over = handled >= 2;
      },
      { signal: limit },
    );
    this.#consumers.add(limit);
    consumed
      .then(
        () => expect(this.#mailbox.closed).toBe(true),
        (error: unknown) => {
          if (error instanceof HandlerError) this.#tally.meet("the handler threw");
          else this.#checkEnd(error, limit);
        },
      )
      .catch((error: unknown) => this.#failures.push(error))
      .finally(() => this.#consumers.delete(limit));
  }

  #handle(reaction: Reaction, index: number): void {
    if (reaction === "send") this.#send("a");
    if (reaction === "throw") throw new HandlerError();
    if (reaction === "abort") this.#abort(index);
    if (reaction !== "close") return;
    this.#tally.meet("closed by the handler");
    this.#mailbox.close();
  }

  #abort(index: number): void {
    this.#controller(index).abort("aborted");
    this.#signals[index] = new AbortController();
  }

  #controller(index: number): AbortController {
    return present(this.#signals[index]);
  }

  async #follow<T>(outcome: Promise<T>, look: (value: T) => void): Promise<void> {
    const value = await outcome;
    try {
      look(value);
    } catch (error) {
      this.#failures.push(error);
    }
  }

  #take(how: "receive" | "next" | "consume" | "tryReceive", { kind: of, n }: Message): void {
    expect(this.#got).not.toContain(n);
    this.#got.add(n);
    this.#tally.meet(`a message for ${how}`);
    // Whoever wants one of a kind wants all of it, so that each kind goes in order.
    const last = how === "receive" || how === "next" ? this.#last.later : this.#last.now;
    expect(n).toBeGreaterThan(last[of]);
    last[of] = n;
  }

  #checkEnd(error: unknown, limit: AbortSignal | undefined): void {
    try {
      if (error === "aborted") {
        expect(limit?.aborted).toBe(true);
        this.#tally.meet("aborted");
        return;
      }
      expect(ReignError.is(error, "REIGN_MAILBOX_CLOSED")).toBe(true);
      expect(this.#mailbox.closed).toBe(true);
      this.#tally.meet("closed");
    } catch (failure) {
      this.#failures.push(failure);
    }
  }
}

class HandlerError extends Error {}
