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

  test("is never too late, and early by a sixteenth at most, whatever came and was taken", () => {
    const step = fc.record({
      wait: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1_000 })),
      send: fc.nat(3),
      take: fc.nat(2),
      which: fc.nat(1_000),
    });
    const mixed = fc.array(step, { minLength: 100, maxLength: 600 });
    fc.assert(
      fc.property(mixed, (steps) => {
        const queue = new TimedQueue();
        /** What waits: each message is when it came. */
        const waiting: { id: number; ms: number }[] = [];
        let now = 0;
        let id = 0;
        for (const { wait, send, take, which } of steps) {
          now += wait;
          queue.at(now);
          for (let i = 0; i < send; i++) {
            waiting.push({ id, ms: now });
            queue.deliver(id++);
          }
          for (let i = 0; i < take && waiting.length > 0; i++) {
            const at = which % 3 === 0 ? which % waiting.length : 0;
            const [taken] = waiting.splice(at, 1);
            queue.take({ matches: (message) => message === taken?.id });
          }
          const oldest = waiting[0];
          expect(queue.oldestSince === undefined).toBe(oldest === undefined);
          if (oldest === undefined || queue.oldestSince === undefined) continue;
          expect(queue.oldestSince).toBeLessThanOrEqual(oldest.ms);
          expect(oldest.ms - queue.oldestSince).toBeLessThanOrEqual(now / 16);
        }
      }),
    );
  });
});
