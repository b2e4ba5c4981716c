import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Assembly } from "../../src/core/assembly.ts";
import { DecodeError } from "../../src/core/errors.ts";
import { pieceBytes } from "../../src/core/frame.ts";

const limitBytes = 10 * pieceBytes;

function add(assembly: Assembly, mailbox: number, bytes: Uint8Array) {
  return assembly.add(mailbox, bytes, 0, bytes.length);
}

describe("a message in pieces", () => {
  test("is whole when its last piece has come, however the pieces of several mix", () => {
    const plan = fc.record({
      totals: fc.array(fc.integer({ min: pieceBytes + 1, max: 3 * pieceBytes }), {
        minLength: 1,
        maxLength: 3,
      }),
      order: fc.array(fc.nat(2), { maxLength: 200 }),
      step: fc.integer({ min: 1_000, max: pieceBytes }),
    });
    fc.assert(
      fc.property(plan, ({ totals, order, step }) => {
        const assembly = new Assembly(limitBytes);
        const messages = totals.map((total, index) =>
          Uint8Array.from({ length: total }, (_, at) => (at * 7 + index) & 255),
        );
        const sent = messages.map(() => 0);
        const came: number[] = [];
        const next = (index: number) => {
          const message = messages[index];
          const at = sent[index] ?? 0;
          if (message === undefined || at === message.length) return;
          if (at === 0) assembly.begin(index + 1, message.length, true);
          const end = Math.min(at + step, message.length);
          // A piece may come in two parts, of which the first may be nothing.
          const middle = Math.max(at, end - (at % 1_500));
          if (middle < end) {
            expect(assembly.add(index + 1, message, at, middle, end - middle)).toBeUndefined();
          }
          const whole = assembly.add(index + 1, message, middle < end ? middle : at, end);
          sent[index] = end;
          expect(whole !== undefined).toBe(end === message.length);
          if (whole === undefined) return;
          expect(whole.size).toBe(message.length);
          expect(
            Buffer.compare(whole.bytes?.subarray(0, whole.size) ?? new Uint8Array(), message),
          ).toBe(0);
          came.push(index);
        };
        for (const index of order) next(index);
        for (const index of messages.keys())
          while ((sent[index] ?? 0) < (totals[index] ?? 0)) next(index);

        expect(came.toSorted()).toEqual([...messages.keys()]);
        // Nothing is left that would count against the next one.
        assembly.begin(9, limitBytes, true);
      }),
      { numRuns: 40 },
    );
  });

  const piece = new Uint8Array(pieceBytes);
  test.each<[string, (assembly: Assembly) => unknown]>([
    ["a piece of no message", (assembly) => add(assembly, 1, piece)],
    ["one short enough for a frame", (assembly) => assembly.begin(1, pieceBytes, true)],
    ["one that announces nothing", (assembly) => assembly.begin(1, 0, true)],
    ["one larger than the limit", (assembly) => assembly.begin(1, limitBytes + 1, true)],
    ["an absurd length", (assembly) => assembly.begin(1, Number.MAX_SAFE_INTEGER, true)],
    [
      "a second one for the same mailbox",
      (assembly) => {
        assembly.begin(1, 2 * pieceBytes, true);
        assembly.begin(1, 2 * pieceBytes, true);
      },
    ],
    [
      "several that are too much together, wanted or not",
      (assembly) => {
        for (let mailbox = 1; mailbox <= 6; mailbox++) {
          assembly.begin(mailbox, 2 * pieceBytes, mailbox % 2 === 0);
        }
      },
    ],
    [
      "an empty piece",
      (assembly) => {
        assembly.begin(1, 2 * pieceBytes, true);
        add(assembly, 1, piece.subarray(0, 0));
      },
    ],
    [
      "a piece beyond its end",
      (assembly) => {
        assembly.begin(1, pieceBytes + 1, true);
        add(assembly, 1, piece);
        add(assembly, 1, piece.subarray(0, 2));
      },
    ],
    [
      "a piece that will go beyond its end, before the rest of it has come",
      (assembly) => {
        assembly.begin(1, pieceBytes + 1, true);
        add(assembly, 1, piece);
        assembly.add(1, piece, 0, 0, 2);
      },
    ],
    [
      "a piece after its last one",
      (assembly) => {
        assembly.begin(1, pieceBytes + 1, true);
        add(assembly, 1, piece);
        add(assembly, 1, piece.subarray(0, 1));
        add(assembly, 1, piece.subarray(0, 1));
      },
    ],
  ])("is a violation when it is %s", (_what, play) => {
    expect(() => play(new Assembly(limitBytes))).toThrow(DecodeError);
  });

  test("costs memory as its pieces come, not as it is announced", () => {
    const before = process.memoryUsage().arrayBuffers;
    const open = Array.from({ length: 20 }, () => {
      const assembly = new Assembly(2 ** 30);
      assembly.begin(1, 2 ** 30, true);
      add(assembly, 1, piece);
      return assembly;
    });

    expect(open).toHaveLength(20);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 4 * pieceBytes);
  });

  test("that nobody wants is counted through and not kept", () => {
    const assembly = new Assembly(limitBytes);
    assembly.begin(1, 2 * pieceBytes, false);

    expect(add(assembly, 1, piece)).toBeUndefined();
    expect(add(assembly, 1, piece)).toEqual({ bytes: undefined, size: 2 * pieceBytes });
  });
});
