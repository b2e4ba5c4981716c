import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageQueue } from "../../src/core/message-queue.ts";
import { overflows } from "../../src/core/overflow.ts";
import { drain, even, Recorder, waiting } from "./recorder.ts";
import { World } from "./scripted-receivers.ts";

describe("a matcher that uses its own mailbox while it looks at a message", () => {
  test("may send: what it sends comes behind the message that it looks at", () => {
    const queue = new MessageQueue<number>();
    const chatty = waiting(queue, (message) => {
      if (message < 3) queue.deliver(message + 1);
      return false;
    });

    queue.deliver(1);

    expect(chatty.got).toEqual([]);
    expect(drain(queue)).toEqual([1, 2, 3]);
  });

  test("may send, and what it sends may be for itself", () => {
    const queue = new MessageQueue<number>();
    const receiver = waiting(queue, (message) => {
      if (message === 1) queue.deliver(2);
      return message === 2;
    });
    const next = waiting(queue);

    queue.deliver(1);

    expect([next.got, receiver.got, drain(queue)]).toEqual([[1], [2], []]);
  });

  test("may send, and so may the one who gets the message: all of it stays in order", () => {
    const queue = new MessageQueue<number>();
    const first = waiting(
      queue,
      () => {
        queue.deliver(2);
        return true;
      },
      () => queue.deliver(3),
    );
    const [second, third] = [waiting(queue), waiting(queue)];

    queue.deliver(1);

    expect([first.got, second.got, third.got]).toEqual([[1], [2], [3]]);
  });

  test("may look for messages, but not take the one that is being offered", () => {
    const queue = new MessageQueue<number>();
    queue.deliver(1);
    const seen: (number | undefined)[] = [];
    waiting(queue, (message) => {
      if (message === 2) queue.deliver(20);
      seen.push(queue.take(), queue.take(), queue.take(even));
      return false;
    });
    const next = waiting(queue, (message) => message >= 2);

    queue.deliver(2);

    expect(seen.slice(0, 3)).toEqual([1, undefined, undefined]);
    expect(next.got).toEqual([2]);
  });

  test("may start to receive: the new receiver gets the message after all who asked before", () => {
    const queue = new MessageQueue<number>();
    const inner = new Recorder();
    let begun = false;
    const outer = waiting(queue, () => {
      if (!begun) queue.wait(inner);
      begun = true;
      return false;
    });
    const early = waiting(queue, (message) => message === 2);

    queue.deliver(1);
    queue.deliver(2);

    expect([outer.got, early.got, inner.got]).toEqual([[], [2], [1]]);
    expect(queue.count).toBe(0);
  });

  test("may cancel its own receive, and the message goes to the next", () => {
    const queue = new MessageQueue<number>();
    const own: Recorder = waiting(queue, () => {
      queue.cancel(own);
      return true;
    });
    const next = waiting(queue);

    queue.deliver(1);
    queue.deliver(2);

    expect([own.got, next.got, drain(queue)]).toEqual([[], [1], [2]]);
  });

  test("may cancel its own receive and start another, which sees the message", () => {
    const queue = new MessageQueue<number>();
    const another = new Recorder();
    const own: Recorder = waiting(queue, () => {
      queue.cancel(own);
      queue.wait(another);
      return true;
    });

    queue.deliver(1);

    expect([own.got, another.got, queue.count]).toEqual([[], [1], 0]);
  });

  test("may cancel the receiver behind it", () => {
    const queue = new MessageQueue<number>();
    const victim = new Recorder();
    waiting(queue, () => {
      queue.cancel(victim);
      return false;
    });
    queue.wait(victim);
    const last = waiting(queue);

    queue.deliver(1);

    expect([victim.got, last.got]).toEqual([[], [1]]);
  });

  test("may close the mailbox: the message is discarded with it, and it gets nothing", () => {
    const queue = new MessageQueue<number>();
    let lost = 0;
    const closing = waiting(queue, () => {
      lost += queue.close();
      return true;
    });
    const next = waiting(queue);

    expect(queue.deliver(1)).toBeUndefined();

    expect(lost).toBe(1);
    expect([closing.got, next.got]).toEqual([["closed"], ["closed"]]);
    expect(queue.deliver(2)).toBe("closed");
  });

  test("may cancel its own receive and close the mailbox: nobody is told twice, or at all", () => {
    const queue = new MessageQueue<number>();
    const own: Recorder = waiting(queue, () => {
      queue.cancel(own);
      queue.close();
      return true;
    });
    const next = waiting(queue);

    queue.deliver(1);

    expect([own.got, next.got]).toEqual([[], ["closed"]]);
  });

  test("may close the mailbox and throw: the receiver hears of one of the two", () => {
    const queue = new MessageQueue<number>();
    const closing = waiting(queue, () => {
      queue.close();
      throw new Error("broken");
    });

    queue.deliver(1);

    expect(closing.got).toEqual(["closed"]);
  });

  test.each([true, false])("may take back a notice, and nobody gets it (%s)", (answer) => {
    const queue = new MessageQueue<number>();
    const asked: number[] = [];
    const receiver = waiting(queue, (message) => {
      queue.takeBack({ matches: (other) => other === 1 });
      return message === 2 || answer;
    });
    waiting(queue, (message) => asked.push(message) < 0);

    queue.notify(1);
    expect([receiver.got, asked, queue.count]).toEqual([[], [], 0]);
    queue.notify(2);
    expect([receiver.got, asked, queue.count]).toEqual([[2], [], 0]);
  });

  test("may take messages while it looks through the backlog, without upsetting the search", () => {
    const queue = new MessageQueue<number>();
    for (let message = 1; message <= 100; message++) queue.deliver(message);
    const taken: (number | undefined)[] = [];
    const found = queue.take({
      matches(message) {
        if (message % 2 === 1)
          taken.push(queue.take({ matches: (other) => other === message + 1 }));
        if (message < 50) queue.deliver(1000 + message);
        return message === 61;
      },
    });

    expect(found).toBe(61);
    expect(taken).toEqual(Array.from({ length: 31 }, (_, i) => 2 * i + 2));
    const rest = drain(queue);
    expect(rest.slice(0, 31)).toEqual(
      Array.from({ length: 31 }, (_, i) => 2 * i + 1)
        .filter((n) => n !== 61)
        .concat(63),
    );
    expect(rest).toEqual([...new Set(rest)]);
  });

  test("may close the mailbox while it looks through the backlog", () => {
    const queue = new MessageQueue<number>();
    for (const message of [1, 2, 3]) queue.deliver(message);
    let lost = 0;
    const looked: number[] = [];

    const found = queue.take({
      matches(message) {
        looked.push(message);
        if (message === 2) lost = queue.close();
        return message === 2;
      },
    });

    expect([found, lost, looked]).toEqual([undefined, 3, [1, 2]]);
  });

  test("may take most of the backlog and refill it, and goes on where it was", () => {
    const queue = new MessageQueue<number>();
    for (let message = 1; message <= 16; message++) queue.deliver(message);
    const looked: number[] = [];
    queue.take({
      matches(message) {
        looked.push(message);
        if (message !== 10) return false;
        for (let i = 0; i < 8; i++) queue.take({ matches: (other) => other > 1 });
        for (let i = 0; i < 20; i++) queue.deliver(100 + i);
        return false;
      },
    });

    const sent = Array.from({ length: 20 }, (_, i) => 100 + i);
    expect(looked).toEqual([...Array.from({ length: 16 }, (_, i) => i + 1), ...sent]);
    expect(drain(queue)).toEqual([1, 10, 11, 12, 13, 14, 15, 16, ...sent]);
  });

  test("may throw while it looks through the backlog, and the message stays", () => {
    const queue = new MessageQueue<number>();
    queue.deliver(1);
    queue.deliver(2);

    const look = () =>
      queue.take({
        matches(message) {
          if (message === 2) throw new Error("broken");
          return false;
        },
      });

    expect(look).toThrow("broken");
    expect(drain(queue)).toEqual([1, 2]);
  });

  test("loses and doubles nothing, whatever it does", () => {
    const overflow = fc.constantFrom(...overflows);
    const action = fc.constantFrom(
      "send",
      "take",
      "takeEven",
      "wait",
      "waitEven",
      "cancelOwn",
      "cancelOther",
      "takeBack",
      "throw",
      "want",
      "decline",
    );
    fc.assert(
      fc.property(
        fc.array(fc.array(action, { maxLength: 4 }), { minLength: 1, maxLength: 30 }),
        fc.array(fc.constantFrom("send", "wait", "look", "take"), { maxLength: 40 }),
        fc.option(fc.record({ maxMessages: fc.integer({ min: 1, max: 3 }), overflow }), {
          nil: undefined,
        }),
        (scripts, steps, limit) => {
          const world = new World(scripts, limit);
          for (const step of steps) world.step(step);
          world.check();
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
