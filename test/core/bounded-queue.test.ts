import { describe, expect, test } from "vitest";
import { MessageQueue } from "../../src/core/message-queue.ts";
import type { Overflow } from "../../src/core/overflow.ts";
import { drain, even, waiting } from "./recorder.ts";

/** A queue of two messages at most, and what its bound did. */
function bounded(overflow: Overflow, maxMessages = 2) {
  const did: string[] = [];
  const queue: MessageQueue<number> = new MessageQueue<number>({
    maxMessages,
    overflow,
    dropped: () => did.push("dropped"),
    close: () => did.push(`closed with ${queue.close()}`),
  });
  return { queue, did };
}

const refused = "mailbox_full";

describe("a message too many", () => {
  test.each<[Overflow, string | undefined, number[], string[]]>([
    ["reject", refused, [1, 2], []],
    ["drop_oldest", undefined, [2, 3], ["dropped"]],
    ["drop_newest", undefined, [1, 2], ["dropped"]],
    ["close", refused, [], ["closed with 2"]],
  ])("under %s: the answer is %s, and %j stay", (overflow, answer, stay, does) => {
    const { queue, did } = bounded(overflow);
    expect([queue.deliver(1), queue.deliver(2)]).toEqual([undefined, undefined]);

    expect(queue.deliver(3)).toBe(answer);

    expect(drain(queue)).toEqual(stay);
    expect(did).toEqual(does);
  });

  test.each<Overflow>(["reject", "drop_oldest", "drop_newest", "close"])(
    "is none that a waiting receiver wants, under %s, however full the mailbox",
    (overflow) => {
      const { queue, did } = bounded(overflow);
      queue.deliver(1);
      queue.deliver(3);
      const selective = waiting(queue, (message) => message === 4);

      expect(queue.deliver(4)).toBeUndefined();

      expect([selective.got, did, queue.count]).toEqual([[4], [], 2]);
    },
  );

  test("is none when one has been taken since", () => {
    const { queue } = bounded("reject");
    for (let message = 1; message <= 1_000; message++) {
      expect(queue.deliver(message)).toBeUndefined();
      if (queue.count === 2) expect(queue.take()).toBe(message - 1);
    }
  });

  test("is one behind a receiver that has declined it", () => {
    const { queue } = bounded("reject");
    const selective = waiting(queue, (message) => message > 3);

    expect([1, 2, 3, 4].map((message) => queue.deliver(message))).toEqual([
      undefined,
      undefined,
      refused,
      undefined,
    ]);
    expect(selective.got).toEqual([4]);
  });

  test("is refused again and again without the queue growing", () => {
    const { queue } = bounded("reject", 1_000);
    for (let message = 0; message < 1_000; message++) queue.deliver(message);
    for (let message = 0; message < 100_000; message++) expect(queue.deliver(-1)).toBe(refused);

    expect(drain(queue)).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
  });
});

describe("a notice", () => {
  test.each<[Overflow, number[]]>([
    ["reject", [10, 1, 20, 2, 30]],
    ["drop_oldest", [10, 20, 2, 30, 3]],
    ["drop_newest", [10, 1, 20, 2, 30]],
  ])("is outside the bound, and never dropped for it, under %s", (overflow, stay) => {
    const { queue } = bounded(overflow);
    queue.notify(10);
    queue.deliver(1);
    queue.notify(20);
    queue.deliver(2);
    queue.notify(30);
    queue.deliver(3);

    expect(drain(queue)).toEqual(stay);
  });

  test("keeps its place outside the bound when messages move together", () => {
    const { queue } = bounded("drop_oldest");
    queue.notify(-1);
    for (let message = 1; message <= 1_000; message++) {
      queue.deliver(message);
      if (message % 100 === 0) queue.notify(-message);
    }

    expect(drain(queue)).toEqual([
      -1,
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => -100 * n),
      999,
      1000,
      -1000,
    ]);
  });

  test("stays before messages of which some are taken and some dropped", () => {
    const { queue } = bounded("drop_oldest");
    queue.notify(10);
    for (const message of [1, 2, 3]) queue.deliver(message);
    expect(queue.take({ matches: (message) => message === 2 })).toBe(2);
    queue.deliver(4);
    queue.deliver(5);

    expect(queue.count).toBe(3);
    expect(drain(queue)).toEqual([10, 4, 5]);
  });

  test("is told from the same value sent as a message", () => {
    const { queue } = bounded("drop_oldest");
    queue.notify(7);
    for (const message of [7, 8, 9]) queue.deliver(message);

    expect(drain(queue)).toEqual([7, 8, 9]);
  });

  test("that a matcher takes back while it is offered leaves the room as it was", () => {
    const { queue } = bounded("reject", 1);
    waiting(queue, () => {
      queue.takeBack(even);
      return false;
    });
    queue.notify(2);

    expect([queue.deliver(1), queue.deliver(3)]).toEqual([undefined, refused]);
    expect(drain(queue)).toEqual([1]);
  });

  test("before a great many others costs no more for each message that is dropped", () => {
    const { queue, did } = bounded("drop_oldest", 1);
    for (let notice = 0; notice < 20_000; notice++) queue.notify(notice);
    for (let message = 0; message < 20_000; message++) queue.deliver(message);

    expect(did).toHaveLength(19_999);
    expect(queue.count).toBe(20_001);
  });
});

describe("a matcher that sends to its own bounded mailbox", () => {
  test.each<[Overflow, number[], string[]]>([
    ["reject", [1, 3], ["dropped"]],
    ["drop_oldest", [3, 5], ["dropped"]],
    ["drop_newest", [1, 3], ["dropped"]],
    ["close", [], ["dropped", "closed with 2"]],
  ])("has it judged after all receivers, under %s", (overflow, stay, does) => {
    const { queue, did } = bounded(overflow);
    const answers: unknown[] = [];
    waiting(queue, (message) => {
      if (message === 1) answers.push(queue.deliver(2), queue.deliver(3), queue.deliver(5));
      return false;
    });
    const evens = waiting(queue, even.matches);

    expect(queue.deliver(1)).toBeUndefined();

    expect(answers).toEqual([undefined, undefined, undefined]);
    expect(evens.got).toEqual([2]);
    expect(drain(queue)).toEqual(stay);
    expect(did).toEqual(does);
  });

  test.each<[Overflow, string | undefined]>([
    ["reject", refused],
    ["drop_newest", undefined],
  ])(
    "is told of the message that it looks at, not of what it sent, under %s",
    (overflow, answer) => {
      const { queue, did } = bounded(overflow, 1);
      queue.deliver(9);
      waiting(queue, (message) => {
        if (message === 1) queue.deliver(2);
        return false;
      });

      expect(queue.deliver(1)).toBe(answer);
      expect(did).toEqual(overflow === "reject" ? ["dropped"] : ["dropped", "dropped"]);
      expect(drain(queue)).toEqual([9]);
    },
  );

  test("may empty it, and then the message that it looks at has a place", () => {
    const { queue } = bounded("reject");
    queue.deliver(1);
    queue.deliver(2);
    waiting(queue, () => {
      queue.take();
      return false;
    });

    expect(queue.deliver(3)).toBeUndefined();
    expect(drain(queue)).toEqual([2, 3]);
  });

  test("may close it, and the message is discarded with it", () => {
    const { queue, did } = bounded("reject", 1);
    let discarded = 0;
    queue.deliver(1);
    waiting(queue, () => {
      discarded = queue.close();
      return false;
    });

    expect(queue.deliver(2)).toBeUndefined();
    expect([discarded, did]).toEqual([2, []]);
  });
});
