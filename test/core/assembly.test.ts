import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { garbageCollector } from "../../measure/garbage-collector.ts";
import { type Assembled, Assembly } from "../../src/core/assembly.ts";
import { DecodeError } from "../../src/core/errors.ts";
import { pieceBytes } from "../../src/core/frame.ts";

const limitBytes = 10 * pieceBytes;

const piece = new Uint8Array(pieceBytes);

function fail(): never {
  throw new Error("Expected a whole message.");
}

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
    expect(add(assembly, 1, piece)).toMatchObject({ bytes: undefined, size: 2 * pieceBytes });
  });
});

describe("the stretches that a message ends in", () => {
  /** A message begins with how many 64 KiB each of them has, behind how many there are. */
  const layout = {
    attachments(bytes: Uint8Array, start: number, end: number): readonly number[] {
      const count = bytes[start] ?? 0;
      return end - start > count
        ? [...bytes.subarray(start + 1, start + 1 + count)].map((units) => units * pieceBytes)
        : [];
    },
  };

  test("are gathered in buffers of just their size, wherever the pieces were cut", () => {
    const plan = fc.record({
      units: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
      own: fc.integer({ min: 4, max: 2 * pieceBytes }),
      steps: fc.array(fc.integer({ min: 1, max: pieceBytes }), { minLength: 1, maxLength: 9 }),
    });
    fc.assert(
      fc.property(plan, fc.boolean(), ({ units, own, steps }, before) => {
        const assembly = new Assembly(20 * pieceBytes, layout);
        if (before) {
          assembly.begin(1, 15 * pieceBytes, true);
          for (let i = 0; i < 15; i++) add(assembly, 1, new Uint8Array(pieceBytes));
        }
        const total = own + units.reduce((sum, each) => sum + each * pieceBytes, 0);
        const message = Uint8Array.from({ length: total }, (_, at) => (at * 7) & 255);
        message.set([units.length, ...units]);
        assembly.begin(1, total, true);
        let whole: Assembled | undefined;
        // Enough in the first to tell, and what is left in the last.
        for (let at = 0, i = 0; at < total; i++) {
          const end = Math.min(total, at + Math.max(4, steps[i % steps.length] ?? 1));
          whole = assembly.add(1, message, at, end);
          at = end;
        }

        const { bytes, end, size, attachments } = whole ?? fail();
        expect([end, size]).toEqual([own, total]);
        expect(attachments?.map(({ byteLength }) => byteLength / pieceBytes)).toEqual(units);
        const front = bytes?.subarray(0, end) ?? fail();
        const parts = [front, ...(attachments ?? []).map((buffer) => new Uint8Array(buffer))];
        expect(Buffer.compare(Buffer.concat(parts), message)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test("cost memory as they come, but of a peer that has sent as much before all at once", () => {
    const assembly = new Assembly(2 ** 30, layout);
    const made: number[] = [];
    const collectGarbage = garbageCollector();
    for (const units of [100, 50, 255]) {
      const total = units * pieceBytes + 2;
      assembly.begin(1, total, true);
      // What other tests have left must not go between the two looks.
      collectGarbage();
      collectGarbage();
      const before = process.memoryUsage().arrayBuffers;
      assembly.add(1, Uint8Array.of(1, units, 7, 7), 0, 4);
      made.push(Math.round((process.memoryUsage().arrayBuffers - before) / pieceBytes));
      for (let at = 4; at < total; at += pieceBytes) {
        assembly.add(1, piece, 0, Math.min(pieceBytes, total - at));
      }
    }

    expect(made).toEqual([1, 50, 100]);
  });
});
