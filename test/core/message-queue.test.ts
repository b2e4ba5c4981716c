import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { garbageCollector } from "../../measure/garbage-collector.ts";
import { MessageQueue } from "../../src/core/message-queue.ts";
import { drain, even, Recorder, waiting } from "./recorder.ts";

describe("backlog", () => {
  test("messages that nobody waits for are taken in order of arrival", () => {
    const queue = new MessageQueue<number>();
    for (const message of [1, 2, 3]) expect(queue.deliver(message)).toBeUndefined();

    expect(queue.count).toBe(3);
    expect(drain(queue)).toEqual([1, 2, 3]);
    expect(queue.count).toBe(0);
    expect(queue.take()).toBeUndefined();
  });

  test("messages taken out of the middle leave the others in order", () => {
    const queue = new MessageQueue<number>();
    for (let message = 1; message <= 7; message++) queue.deliver(message);

    expect([queue.take(even), queue.take(even), queue.take(even)]).toEqual([2, 4, 6]);
    expect(queue.take(even)).toBeUndefined();
    expect(drain(queue)).toEqual([1, 3, 5, 7]);
  });

  test("a hundred thousand messages behind one that nobody wants cost one step each", () => {
    const queue = new MessageQueue<number>();
    let looks = 0;
    const large = {
      matches(message: number): boolean {
        looks += 1;
        return message > 0;
      },
    };
    queue.deliver(-1);
    let inOrder = 0;
    for (let message = 1; message <= 100_000; message++) {
      queue.deliver(message);
      if (queue.take(large) === message) inOrder += 1;
    }

    expect(inOrder).toBe(100_000);
    expect(looks).toBe(200_000);
    expect(queue.count).toBe(1);
    expect(drain(queue)).toEqual([-1]);
  });

  test("the memory of a flood is given back, even if some of it is never taken", () => {
    const collectGarbage = garbageCollector();
    const queue = new MessageQueue<number>();
    const heap = (): number => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = heap();
    for (let message = 1; message <= 1_000_000; message++) queue.deliver(message);
    const flooded = heap();
    while (queue.count > 5) queue.take({ matches: (message) => message > 5 });
    const after = heap();

    expect(flooded - before).toBeGreaterThan(6e6);
    expect(after - before).toBeLessThan(1e6);
    expect(drain(queue)).toEqual([1, 2, 3, 4, 5]);
  });

  test("the queue does what an array does, through floods and removals from the middle", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("send" as const), count: fc.integer({ min: 1, max: 200 }) }),
      fc.record({ do: fc.constant("take" as const), count: fc.integer({ min: 1, max: 200 }) }),
      fc.record({ do: fc.constant("pick" as const), count: fc.integer({ min: 1, max: 200 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const queue = new MessageQueue<number>();
        const model: number[] = [];
        let sent = 0;
        for (const { do: action, count } of steps) {
          for (let i = 0; i < count; i++) {
            if (action === "send") {
              sent += 1;
              queue.deliver(sent);
              model.push(sent);
            } else if (action === "take") {
              expect(queue.take()).toBe(model.shift());
            } else {
              const wanted = (message: number) => message % 7 === count % 7;
              const at = model.findIndex(wanted);
              const expected = at < 0 ? undefined : model.splice(at, 1)[0];
              expect(queue.take({ matches: wanted })).toBe(expected);
            }
            expect(queue.count).toBe(model.length);
          }
        }
        expect(drain(queue)).toEqual(model);
      }),
    );
  });
});

describe("waiting receivers", () => {
  test("are served in the order in which they asked", () => {
    const queue = new MessageQueue<number>();
    const first = waiting(queue);
    const second = waiting(queue);

    queue.deliver(1);
    queue.deliver(2);
    queue.deliver(3);

    expect([first.got, second.got, drain(queue)]).toEqual([[1], [2], [3]]);
  });

  test("get the first message that they want, and leave the others to those behind", () => {
    const queue = new MessageQueue<number>();
    const big = waiting(queue, (message) => message > 10);
    const odd = waiting(queue, (message) => message % 2 === 1);
    const any = waiting(queue);

    for (const message of [2, 4, 13, 5]) queue.deliver(message);

    expect([any.got, big.got, odd.got, drain(queue)]).toEqual([[2], [13], [5], [4]]);
  });

  test("look at each message once", () => {
    const queue = new MessageQueue<number>();
    const looked: number[] = [];
    const matcher = {
      matches(message: number): boolean {
        looked.push(message);
        return message === 4;
      },
    };
    queue.deliver(1);
    queue.deliver(2);
    expect(queue.take(matcher)).toBeUndefined();
    const receiver = waiting(queue, matcher.matches);
    for (const message of [3, 4, 5]) queue.deliver(message);

    expect(looked).toEqual([1, 2, 3, 4]);
    expect(receiver.got).toEqual([4]);
  });

  test("that are cancelled take nothing, wherever they stand", () => {
    const queue = new MessageQueue<number>();
    const receivers = [waiting(queue), waiting(queue), waiting(queue), waiting(queue)];
    for (const at of [3, 1]) {
      const receiver = receivers[at];
      if (receiver !== undefined) queue.cancel(receiver);
    }
    const last = waiting(queue);

    for (const message of [1, 2, 3, 4]) queue.deliver(message);

    expect(receivers.map(({ got }) => got)).toEqual([[1], [], [2], []]);
    expect(last.got).toEqual([3]);
    expect(drain(queue)).toEqual([4]);
  });

  test("whose matcher throws hear of it, and the message goes on to the next", () => {
    const queue = new MessageQueue<number>();
    const broken = waiting(queue, () => {
      throw new Error("broken");
    });
    const sound = waiting(queue, () => true);

    queue.deliver(1);
    queue.deliver(2);

    expect(broken.got).toEqual(["failed: Error: broken"]);
    expect(sound.got).toEqual([1]);
    expect(drain(queue)).toEqual([2]);
  });
});

describe("takeBack", () => {
  test("takes out the first notice that is wanted, and tells whether there was one", () => {
    const queue = new MessageQueue<number>();
    for (const notice of [1, 2, 4]) queue.notify(notice);

    expect(queue.takeBack(even)).toBe(true);
    expect(queue.takeBack({ matches: (notice) => notice > 4 })).toBe(false);
    expect(drain(queue)).toEqual([1, 4]);
  });

  test("takes no message, even if it is the very same as a notice", () => {
    const queue = new MessageQueue<number>();
    queue.deliver(2);
    queue.notify(2);
    queue.deliver(2);

    expect([queue.takeBack(even), queue.takeBack(even)]).toEqual([true, false]);
    expect(drain(queue)).toEqual([2, 2]);
  });
});

describe("close", () => {
  test("tells every receiver, discards the backlog and says how much it was", () => {
    const queue = new MessageQueue<number>();
    queue.deliver(1);
    queue.deliver(2);
    const receivers = [waiting(queue, () => false), waiting(queue, () => false)];

    expect(queue.close()).toBe(2);

    expect(receivers.map(({ got }) => got)).toEqual([["closed"], ["closed"]]);
    expect([queue.count, queue.take(), queue.takeBack(even), queue.closed]).toEqual([
      0,
      undefined,
      false,
      true,
    ]);
    expect(queue.deliver(3)).toBe("closed");
    expect(queue.close()).toBe(0);
  });

  test("says how many messages it discards, and leaves out the notices", () => {
    const queue = new MessageQueue<number>();
    queue.notify(1);
    queue.deliver(2);
    queue.notify(3);
    queue.deliver(4);
    queue.take();

    expect(queue.count).toBe(3);
    expect(queue.close()).toBe(2);
    expect(queue.notify(5)).toBeUndefined();
    expect([queue.count, queue.close()]).toEqual([0, 0]);
  });

  test("tells nobody who was cancelled by another who was told", () => {
    const queue = new MessageQueue<number>();
    const second = new Recorder();
    class Canceller extends Recorder {
      override closed(): void {
        super.closed();
        queue.cancel(second);
      }
    }
    const first = new Canceller();
    queue.wait(first);
    queue.wait(second);

    queue.close();

    expect([first.got, second.got]).toEqual([["closed"], []]);
  });
});
