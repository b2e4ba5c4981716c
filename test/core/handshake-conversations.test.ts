/** Conversations of two machines, as they should be and with every mishap on the way. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Handshake } from "../../src/core/handshake.ts";
import { a, actionTypes, b, converse, End, type Frame, framesOf } from "./handshake-ends.ts";

describe("any conversation", () => {
  const introductions = fc.record(
    {
      versions: fc
        .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
        .map(([x, y]): [number, number] => [Math.min(x, y), Math.max(x, y)]),
      cluster: fc.constantFrom("reign", "reign", "reign", "other"),
      codecs: fc.uniqueArray(fc.constantFrom("term-3", "term-3", "v8-1"), { maxLength: 3 }),
      capabilities: fc.uniqueArray(fc.constantFrom("x", "y", "z")),
      maxMessageBytes: fc.integer({ min: 1, max: 2 ** 31 }),
    },
    { noNullPrototype: true },
  );

  test("of honest nodes ends up on both sides with one agreement, or on neither with one reason", () => {
    fc.assert(
      fc.property(introductions, introductions, (ofA, ofB) => {
        const { dialler, acceptor } = converse({ ...a, ...ofA }, { ...b, ...ofB });

        if (dialler.agreement === undefined) {
          expect(acceptor.agreement).toBeUndefined();
          expect(dialler.failure?.reason).toBe(acceptor.failure?.reason);
          expect(dialler.failure?.reason).toMatch(/^(wrong_c|incompatible_v|no_common_c)/);
          return;
        }
        const { peer: _b, epoch: _ofB, capabilities, ...agreed } = dialler.agreement;
        expect(acceptor.agreement).toMatchObject(agreed);
        expect(acceptor.agreement?.capabilities.toSorted()).toEqual(capabilities.toSorted());
        expect(dialler.failure ?? acceptor.failure).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  /** What can befall the next frame of a direction. An object with a type is a frame put in. */
  type Mishap =
    | "deliver"
    | "repeat"
    | "lose"
    | "swap"
    | { readonly at: number; readonly value: number }
    | Frame;

  const mishaps = fc.array(
    fc.record(
      {
        to: fc.constantFrom("dialler" as const, "acceptor" as const),
        what: fc.oneof<fc.MaybeWeightedArbitrary<Mishap>[]>(
          { weight: 4, arbitrary: fc.constant("deliver" as const) },
          fc.constantFrom("repeat" as const, "lose" as const, "swap" as const),
          fc.record({ at: fc.nat(), value: fc.nat(255) }),
          fc.record({ type: fc.nat(255), body: fc.uint8Array({ maxLength: 40 }) }),
          fc.constantFrom(...recordedElsewhere()),
        ),
      },
      { noNullPrototype: true },
    ),
    { maxLength: 16 },
  );

  /** The frames of a conversation between other runs of the two nodes, sent once more. */
  function recordedElsewhere(): Frame[] {
    const { dialler, acceptor } = converse(
      { ...a, epoch: "0000000000000001" },
      { ...b, epoch: "0000000000000002" },
    );
    return [...framesOf(dialler.actions), ...framesOf(acceptor.actions)];
  }

  function befall(queue: Frame[], what: Mishap): Frame[] {
    if (typeof what === "object" && "type" in what) return [what];
    const [frame, other] = queue.splice(0, what === "swap" ? 2 : 1);
    if (frame === undefined || what === "lose") return [];
    if (what === "deliver") return [frame];
    if (what === "repeat") return [frame, frame];
    if (what === "swap") return other === undefined ? [frame] : [other, frame];
    const { at, value } = what;
    return [{ type: frame.type, body: frame.body.with(at % frame.body.length, value) }];
  }

  test("however its frames are spoilt throws nothing, ends once, and is up only where the other said so", () => {
    const seen = { up: 0, failed: 0 };
    fc.assert(
      fc.property(mishaps, (list) => {
        const ends = {
          dialler: new End(new Handshake(a, "b", "dialler")),
          acceptor: new End(new Handshake(b, "a", "acceptor")),
        };
        const queues = {
          acceptor: ends.dialler.carryOut(ends.dialler.machine.begin()),
          dialler: [] as Frame[],
        };
        const calm = [1, 2, 3, 4].flatMap(() => [
          { to: "acceptor" as const, what: "deliver" as const },
          { to: "dialler" as const, what: "deliver" as const },
        ]);

        for (const { to, what } of [...list, ...calm]) {
          const back = to === "dialler" ? "acceptor" : "dialler";
          for (const { type, body } of befall(queues[to], what)) {
            queues[back].push(...ends[to].carryOut(ends[to].machine.onFrame(type, body)));
          }
          if (ends.dialler.agreement !== undefined) {
            expect(ends.acceptor.sent("send_welcome")).toBe(true);
            expect(ends.dialler.agreement.peer).toBe("b");
          }
          if (ends.acceptor.agreement !== undefined) {
            expect(ends.dialler.sent("send_confirm")).toBe(true);
          }
        }

        for (const end of [ends.dialler, ends.acceptor]) {
          const ending = actionTypes(end.actions).filter((t) => t === "up" || t === "failed");
          expect(ending.length).toBeLessThanOrEqual(1);
          if (ending[0] === "up") seen.up += 1;
          if (ending[0] === "failed") seen.failed += 1;
        }
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(seen.up, seen.failed)).toBeGreaterThan(100);
  });
});
