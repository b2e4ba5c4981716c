import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PendingHandshakes, type Stage } from "../../src/carriers/tls/pending-handshakes.ts";

const limits = { maxPending: 5, maxPendingPerAddress: 3 };

/** Strangers by number, who say nothing until told otherwise. */
function strangers(bounds = limits) {
  const stages = new Map<number, Stage>();
  const pending = new PendingHandshakes<number>(bounds, (key) => stages.get(key) ?? "silent");
  return {
    pending,
    say: (stage: Stage, ...keys: number[]) => {
      for (const key of keys) stages.set(key, stage);
    },
    /** They come in one turn, and all that they may have said is read. Who goes then. */
    come: (address: string, ...keys: number[]) => {
      const atOnce = keys.map((key) => pending.knock(key, address));
      return [...atOnce, ...pending.nextRound(), ...pending.nextRound()].filter(
        (key) => key !== undefined,
      );
    },
  };
}

describe("a newcomer is let in, and there goes", () => {
  test("nobody while there is room", () => {
    const { pending, come } = strangers();

    expect(come("a", 1, 2, 3)).toEqual([]);
    expect(pending.waiting).toEqual([1, 2, 3]);
  });

  test("the oldest of its own address when that has as many as it may", () => {
    const { pending, come } = strangers();
    come("b", 0);
    come("a", 1, 2, 3);

    expect(come("a", 4)).toEqual([1]);
    expect(pending.waiting).toEqual([0, 2, 3, 4]);
  });

  test("the oldest of the address that holds most when all are as many as may be", () => {
    const { pending, come } = strangers();
    come("b", 0);
    come("a", 1, 2, 3);
    come("c", 4);

    expect(come("d", 5)).toEqual([1]);
    expect(pending.waiting).toEqual([0, 2, 3, 4, 5]);
  });

  test("the oldest of all when each address holds one", () => {
    const { come } = strangers();
    for (const key of [1, 2, 3, 4, 5]) come(`address ${key}`, key);

    expect(come("address 6", 6)).toEqual([1]);
  });

  test("nobody in place of one that has left", () => {
    const { pending, come } = strangers();
    come("a", 1, 2, 3);

    expect(pending.leave(2)).toBe(true);
    expect(pending.leave(2)).toBe(false);
    expect(come("a", 4)).toEqual([]);
  });
});

describe("behind one address", () => {
  test("those who say nothing push out none whose hello was answered", () => {
    const { pending, come, say } = strangers();
    come("a", 1);
    say("answered", 1);

    for (let key = 2; key < 50; key++) come("a", key);

    expect(pending.waiting).toEqual([1, 47, 48, 49]);
  });

  test("those who send a hello and wait push out themselves, and no newcomer", () => {
    const { pending, come, say } = strangers();
    for (let key = 1; key < 50; key++) {
      come("a", key);
      say("answered", key);
    }

    expect(come("a", 50)).toEqual([45]);
    expect(pending.waiting).toEqual([46, 47, 48, 49, 50]);
  });

  test("those who send a hello byte by byte push out themselves", () => {
    const { pending, come, say } = strangers();
    come("a", 1);
    for (let key = 2; key < 50; key++) {
      say("speaking", key);
      come("a", key);
    }

    expect(pending.waiting).toEqual([1, 48, 49]);
  });
});

describe("before what it said was read", () => {
  test("nobody is judged, however many come in that turn", () => {
    const { pending, say } = strangers();
    for (const key of [1, 2, 3, 4]) expect(pending.knock(key, "a")).toBeUndefined();
    expect(pending.nextRound()).toEqual([]);
    say("answered", 1);

    expect(pending.hasUnheard).toBe(true);
    expect(pending.nextRound()).toEqual([]);
    expect(pending.hasUnheard).toBe(false);
    expect(pending.waiting).toEqual([1, 2, 3, 4]);
  });

  test("nobody goes for one that came a turn later", () => {
    const { pending } = strangers();
    for (const key of [1, 2, 3, 4]) pending.knock(key, "a");
    pending.nextRound();
    pending.knock(5, "a");

    expect(pending.nextRound()).toEqual([1]);
    expect(pending.nextRound()).toEqual([2]);
  });

  test("the oldest of the address that holds most goes when there is no room for all", () => {
    const { pending } = strangers();
    pending.knock(0, "b");
    for (const key of [1, 2, 3, 4]) pending.knock(key, "a");

    expect(pending.knock(5, "c")).toBe(1);
  });
});

describe("one that has proven which node it is", () => {
  test("is pushed out by no stranger", () => {
    const { pending, come } = strangers();
    come("a", 1);
    pending.prove(1, "node");

    for (let key = 2; key < 50; key++) expect(come("a", key)).not.toContain(1);
    for (let i = 0; i < 5; i++) expect(pending.shedHalf()).not.toContain(1);
  });

  test("is pushed out by the same node's third", () => {
    const { pending, come } = strangers();
    come("a", 1, 2, 3);
    come("b", 4);
    pending.prove(4, "other");

    expect([1, 2, 3].map((key) => pending.prove(key, "node"))).toEqual([undefined, undefined, 1]);
    expect(pending.waiting).toEqual([2, 3, 4]);
  });
});

test("when the process is out of descriptors the same ones go, half of all, and never the last", () => {
  const { pending, come } = strangers();
  come("b", 0);
  come("a", 1, 2, 3);
  come("c", 4);

  expect([1, 2, 3, 4].map(() => pending.shedHalf())).toEqual([[1, 2], [0], [3], []]);
  expect(pending.waiting).toEqual([4]);
});

const step = fc.record({
  address: fc.nat({ max: 6 }),
  stage: fc.constantFrom<Stage>("silent", "speaking", "answered"),
  turn: fc.boolean(),
});

test("the bounds hold whatever knocks, and a newcomer is in until it was heard", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { pending, say } = strangers();
      for (const [key, { address, stage, turn }] of steps.entries()) {
        pending.knock(key, String(address));
        expect(pending.waiting).toContain(key);
        expect(pending.waiting.length).toBeLessThanOrEqual(2 * limits.maxPending);
        if (turn) pending.nextRound();
        say(stage, key);
      }
      pending.nextRound();
      pending.nextRound();
      const left = pending.waiting;
      expect(left.length).toBeLessThanOrEqual(limits.maxPending);
      for (let address = 0; address <= 6; address++) {
        const mute = left.filter(
          (key) => steps[key]?.address === address && steps[key].stage !== "answered",
        );
        expect(mute.length).toBeLessThanOrEqual(limits.maxPendingPerAddress);
      }
    }),
  );
});

test("one whose hello was answered lasts through as many newcomers as there is room for", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 4 }), fc.nat({ max: 6 }), (steps, address) => {
      const { pending, come, say } = strangers();
      come(String(address), 1_000);
      say("answered", 1_000);
      for (const [key, other] of steps.entries()) {
        come(String(other.address), key);
        say(other.stage, key);
      }
      expect(pending.waiting).toContain(1_000);
    }),
  );
});
