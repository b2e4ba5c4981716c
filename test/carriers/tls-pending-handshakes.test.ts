import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PendingHandshakes } from "../../src/carriers/tls/pending-handshakes.ts";

const limits = { maxPending: 5, maxPendingPerAddress: 3 };

describe("a newcomer is let in, and there goes", () => {
  test("nobody while there is room", () => {
    const pending = new PendingHandshakes<number>(limits);

    expect([1, 2, 3].map((key) => pending.knock(key, "a"))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(pending.waiting).toEqual([1, 2, 3]);
  });

  test("the oldest of its own address when that has as many as it may", () => {
    const pending = new PendingHandshakes<number>(limits);
    pending.knock(0, "b");
    for (const key of [1, 2, 3]) pending.knock(key, "a");

    expect(pending.knock(4, "a")).toBe(1);
    expect(pending.waiting).toEqual([0, 2, 3, 4]);
  });

  test("the oldest of the address that holds most when all are as many as may be", () => {
    const pending = new PendingHandshakes<number>(limits);
    pending.knock(0, "b");
    for (const key of [1, 2, 3]) pending.knock(key, "a");
    pending.knock(4, "c");

    expect(pending.knock(5, "d")).toBe(1);
    expect(pending.waiting).toEqual([0, 2, 3, 4, 5]);
  });

  test("the oldest of all when each address holds one", () => {
    const pending = new PendingHandshakes<number>(limits);
    for (const key of [1, 2, 3, 4, 5]) pending.knock(key, `address ${key}`);

    expect(pending.knock(6, "address 6")).toBe(1);
  });

  test("nobody in place of one that has left", () => {
    const pending = new PendingHandshakes<number>(limits);
    for (const key of [1, 2, 3]) pending.knock(key, "a");

    expect(pending.leave(2)).toBe(true);
    expect(pending.leave(2)).toBe(false);
    expect(pending.knock(4, "a")).toBeUndefined();
  });
});

describe("one that has proven which node it is", () => {
  test("is pushed out by no stranger", () => {
    const pending = new PendingHandshakes<number>(limits);
    pending.knock(1, "a");
    pending.prove(1, "node");

    for (let key = 2; key < 50; key++) expect(pending.knock(key, "a")).not.toBe(1);
  });

  test("is pushed out by the same node's third", () => {
    const pending = new PendingHandshakes<number>(limits);
    for (const key of [1, 2, 3]) pending.knock(key, "a");
    pending.knock(4, "b");
    pending.prove(4, "other");

    expect([1, 2, 3].map((key) => pending.prove(key, "node"))).toEqual([undefined, undefined, 1]);
    expect(pending.waiting).toEqual([2, 3, 4]);
  });
});

test("the bounds hold whatever knocks, and the newcomer is always in", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 6 }), { maxLength: 200 }), (addresses) => {
      const pending = new PendingHandshakes<number>(limits);
      for (const [key, address] of addresses.entries()) {
        pending.knock(key, String(address));
        const waiting = pending.waiting;
        expect(waiting).toContain(key);
        expect(waiting.length).toBeLessThanOrEqual(limits.maxPending);
        const same = waiting.filter((other) => addresses[other] === address);
        expect(same.length).toBeLessThanOrEqual(limits.maxPendingPerAddress);
      }
    }),
  );
});
