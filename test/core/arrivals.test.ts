import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TurnTime } from "../../src/core/arrivals.ts";
import { MessageQueue } from "../../src/core/message-queue.ts";

/** A queue whose time is set by hand; each setting is a turn. */
class TimedQueue extends MessageQueue<number> {
  looks = 0;
  #turn = 0;
  #ms = 0;

  protected override get time(): TurnTime {
    const read = () => {
      this.looks += 1;
      return this.#ms;
    };
    return Object.defineProperty({ turn: 0, read }, "turn", { get: () => this.#turn });
  }

  at(ms: number): this {
    this.#ms = ms;
    this.#turn += 1;
    return this;
  }
}

describe("since when the oldest message waits", () => {
  test("is nothing in an empty mailbox, and of the oldest that is left in any other", () => {
    const queue = new TimedQueue();
    expect(queue.oldestSince).toBeUndefined();
    queue.at(10).deliver(1);
    queue.at(20).deliver(2);
    queue.at(30).deliver(3);

    expect(queue.oldestSince).toBe(10);
    expect(queue.take({ matches: (message) => message === 2 })).toBe(2);
    expect(queue.oldestSince).toBe(10);
    expect(queue.take()).toBe(1);
    expect(queue.oldestSince).toBe(30);
    expect(queue.take()).toBe(3);
    expect(queue.oldestSince).toBeUndefined();
    queue.at(40).deliver(4);
    expect(queue.oldestSince).toBe(40);
  });

  test("is looked at once a turn, however many messages come in it", () => {
    const queue = new TimedQueue();
    for (const ms of [1, 2, 3]) {
      queue.at(ms);
      for (let i = 0; i < 1_000; i++) queue.deliver(i);
    }
    expect(queue.looks).toBe(3);
  });

  test("is never too late, and early by a sixteenth of how long messages waited at most", () => {
    const step = fc.record({
      wait: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1_000 })),
      send: fc.nat(3),
      take: fc.nat(2),
      from: fc.constantFrom("oldest", "newest", "between"),
      which: fc.nat(1_000),
    });
    const steps = fc.array(step, { minLength: 300, maxLength: 400 });
    // More comes than is taken, then more is taken than comes, and so on.
    const tides = fc.array(fc.constantFrom(0, 1, 2, 3), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(steps, tides, (all, extra) => {
        const queue = new TimedQueue();
        /** What waits, and when it came. */
        const waiting: { readonly id: number; readonly ms: number }[] = [];
        let now = 0;
        let id = 0;
        let longest = 0;
        for (const [i, { wait, send, take, from, which }] of all.entries()) {
          now += wait;
          queue.at(now);
          for (let k = 0; k < send; k++) {
            waiting.push({ id, ms: now });
            queue.deliver(id++);
          }
          const takes = take + (extra[Math.floor(i / 100)] ?? 0);
          for (let k = 0; k < takes && waiting.length > 0; k++) {
            const last = waiting.length - 1;
            const places = { oldest: 0, newest: last, between: which % (last + 1) };
            const [taken] = waiting.splice(places[from], 1);
            expect(queue.take({ matches: (message) => message === taken?.id })).toBe(taken?.id);
          }
          const [oldest] = waiting;
          const since = queue.oldestSince;
          expect(since === undefined).toBe(oldest === undefined);
          if (oldest === undefined || since === undefined) continue;
          longest = Math.max(longest, now - since);
          expect(since).toBeLessThanOrEqual(oldest.ms);
          expect(oldest.ms - since).toBeLessThanOrEqual(longest / 16);
        }
      }),
      { numRuns: 60 },
    );
  });
});
