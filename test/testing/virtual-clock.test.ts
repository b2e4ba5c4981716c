import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createVirtualClock, type VirtualClock } from "../../src/testing/virtual-clock.ts";

/** Notes which callbacks ran, and when. */
function recorder(clock: VirtualClock): { seen: string[]; note: (label: string) => () => void } {
  const seen: string[] = [];
  return { seen, note: (label) => () => void seen.push(`${label}@${clock.now()}`) };
}

describe("timers", () => {
  test("run at their own moment, in order of that moment and then of asking", () => {
    const clock = createVirtualClock();
    const { seen, note } = recorder(clock);
    clock.after(30, note("third"));
    clock.after(10, note("first"));
    clock.after(30, note("fourth"));
    clock.after(20, note("second"));

    clock.advance(29);
    expect(seen).toEqual(["first@10", "second@20"]);
    expect(clock.now()).toBe(29);

    clock.advance(1);
    expect(seen).toEqual(["first@10", "second@20", "third@30", "fourth@30"]);
  });

  test("made inside a callback run within the same advance when they come due in it", () => {
    const clock = createVirtualClock();
    const { seen, note } = recorder(clock);
    clock.after(10, () => {
      clock.after(5, note("inside"));
      clock.after(50, note("beyond"));
    });

    clock.advance(20);

    expect(seen).toEqual(["inside@15"]);
    expect(clock.pendingTimers).toBe(1);
  });

  test("disposed of do not run, and disposing again or after the run does nothing", () => {
    const clock = createVirtualClock();
    const { seen, note } = recorder(clock);
    const kept = clock.after(10, note("kept"));
    const dropped = clock.after(10, note("dropped"));

    dropped[Symbol.dispose]();
    dropped[Symbol.dispose]();
    expect(clock.pendingTimers).toBe(1);
    clock.advance(10);
    kept[Symbol.dispose]();

    expect(seen).toEqual(["kept@10"]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("can be disposed of by a callback of the same moment", () => {
    const clock = createVirtualClock();
    const { seen, note } = recorder(clock);
    clock.after(10, () => later[Symbol.dispose]());
    const later = clock.after(10, note("later"));

    clock.advance(10);

    expect(seen).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("with a delay that has passed already run at this moment", () => {
    const clock = createVirtualClock();
    const { seen, note } = recorder(clock);
    clock.after(-5, note("late"));

    clock.advance(0);

    expect(seen).toEqual(["late@0"]);
  });

  test("behave as a sorted list of what was neither run nor disposed of", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("after" as const), value: fc.nat(1000) }),
      fc.record({ kind: fc.constant("dispose" as const), value: fc.nat() }),
      fc.record({ kind: fc.constant("advance" as const), value: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: "max" }), (steps) => {
        const clock = createVirtualClock();
        const ran: number[] = [];
        const timers: Disposable[] = [];
        const expected: number[] = [];
        let waiting: { dueAt: number; id: number }[] = [];
        for (const { kind, value } of steps) {
          if (kind === "after") {
            const id = timers.length;
            timers.push(clock.after(value, () => void ran.push(id)));
            waiting.push({ dueAt: clock.now() + value, id });
          } else if (kind === "dispose") {
            const disposed = value % Math.max(1, timers.length);
            timers[disposed]?.[Symbol.dispose]();
            waiting = waiting.filter(({ id }) => id !== disposed);
          } else {
            clock.advance(value);
            waiting.sort((a, b) => a.dueAt - b.dueAt || a.id - b.id);
            expected.push(
              ...waiting.filter(({ dueAt }) => dueAt <= clock.now()).map(({ id }) => id),
            );
            waiting = waiting.filter(({ dueAt }) => dueAt > clock.now());
          }
          expect(clock.pendingTimers).toBe(waiting.length);
        }
        expect(ran).toEqual(expected);
      }),
    );
  });
});

describe("soon", () => {
  test("never runs from inside the call that asks, and runs in order of asking", () => {
    const clock = createVirtualClock();
    const { seen, note } = recorder(clock);
    clock.soon(note("first"));
    clock.soon(() => clock.soon(note("asked by the second")));
    clock.soon(note("third"));
    expect(seen).toEqual([]);

    clock.runSoon();

    expect(seen).toEqual(["first@0", "third@0", "asked by the second@0"]);
  });

  test("runs among the timers of its moment in order of asking, before any later one", () => {
    const clock = createVirtualClock();
    const { seen, note } = recorder(clock);
    clock.after(10, () => clock.soon(note("soon")));
    clock.after(10, note("same moment"));
    clock.after(11, note("later"));

    clock.advance(20);

    expect(seen).toEqual(["same moment@10", "soon@10", "later@11"]);
  });

  test("is all that runSoon runs: a timer that is due waits for the clock to be advanced", () => {
    const clock = createVirtualClock();
    const { seen, note } = recorder(clock);
    clock.after(0, note("timer"));
    clock.soon(note("soon"));

    clock.runSoon();
    expect(seen).toEqual(["soon@0"]);

    clock.advance(0);
    expect(seen).toEqual(["soon@0", "timer@0"]);
  });

  test("callbacks that ask for each other for ever are found out", () => {
    const clock = createVirtualClock();
    const again = (): void => clock.soon(again);
    again();

    expect(() => clock.runSoon()).toThrow("1000000 callbacks ran at 0 ms");
  });

  test("takes a hundred thousand callbacks without slowing down", () => {
    const clock = createVirtualClock();
    let ran = 0;
    const count = (): void => {
      ran += 1;
    };
    for (let i = 0; i < 100_000; i++) clock.soon(count);

    clock.advance(0);

    expect(ran).toBe(100_000);
  });
});

describe("a callback that throws", () => {
  test("ends the advance there, and nothing of the rest is lost or run twice", () => {
    const clock = createVirtualClock();
    const { seen, note } = recorder(clock);
    clock.after(10, note("before"));
    clock.after(20, () => {
      throw new Error("thrown at 20");
    });
    clock.after(20, note("same moment"));
    clock.after(30, note("after"));

    expect(() => clock.advance(100)).toThrow("thrown at 20");
    expect(clock.now()).toBe(20);
    expect(clock.pendingTimers).toBe(2);

    clock.advance(10);
    expect(seen).toEqual(["before@10", "same moment@20", "after@30"]);
  });

  test("rejects what drives the clock with promises", async () => {
    const clock = createVirtualClock();
    clock.soon(() => {
      throw new Error("thrown soon");
    });

    await expect(clock.settle()).rejects.toThrow("thrown soon");
    await clock.settle();
  });
});

describe("with promises", () => {
  test("what a promise leads to is heard before the next callback runs", async () => {
    const clock = createVirtualClock();
    const seen: string[] = [];
    const waited = new Promise<void>((resolve) => clock.soon(resolve));
    void waited.then(() => seen.push("promise"));
    clock.soon(() => void seen.push("next callback"));

    await clock.settle();

    expect(seen).toEqual(["promise", "next callback"]);
  });

  test("settle goes on until neither callbacks nor promises lead to anything more", async () => {
    const clock = createVirtualClock();
    const soon = (): Promise<void> => new Promise((resolve) => clock.soon(resolve));
    let rounds = 0;
    const loop = async (): Promise<void> => {
      for (; rounds < 100; rounds++) await soon();
    };
    void loop();

    await clock.settle();

    expect(rounds).toBe(100);
    expect(clock.now()).toBe(0);
  });

  test("settle waits out a long chain of promises before taking silence for the end", async () => {
    const clock = createVirtualClock();
    let asked = false;
    const chain = async (): Promise<void> => {
      for (let i = 0; i < 500; i++) await Promise.resolve();
      clock.soon(() => {
        asked = true;
      });
    };
    void chain();

    await clock.settle();

    expect(asked).toBe(true);
  });

  test("a loop that waits between its timers sees each of them at its own moment", async () => {
    const clock = createVirtualClock();
    const after = (ms: number): Promise<void> => new Promise((done) => void clock.after(ms, done));
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for (;;) {
        await after(10);
        seen.push(clock.now());
      }
    };
    void loop();

    await clock.advanceBy(35);

    expect(seen).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(35);
  });
});

describe("a stall", () => {
  test("runs overdue timers late, in their order, before the input that waited", () => {
    const clock = createVirtualClock();
    const { seen, note } = recorder(clock);
    clock.soon(note("input"));
    clock.after(20, note("second"));
    clock.after(10, note("first"));
    clock.after(40, note("not due yet"));

    clock.stall(30);
    expect(seen).toEqual([]);
    expect(clock.now()).toBe(30);

    clock.advance(0);
    expect(seen).toEqual(["first@30", "second@30", "input@30"]);
  });
});

describe("the caller's mistakes", () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY])("a delay of %d is refused", (delay) => {
    const clock = createVirtualClock();

    expect(() => clock.after(delay, () => undefined)).toThrow(RangeError);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])(
    "advancing by %d is refused",
    async (ms) => {
      const clock = createVirtualClock();

      expect(() => clock.advance(ms)).toThrow(RangeError);
      expect(() => clock.stall(ms)).toThrow(RangeError);
      await expect(clock.advanceBy(ms)).rejects.toThrow(RangeError);
    },
  );

  test("a callback that drives the clock it runs on is refused", () => {
    const clock = createVirtualClock();
    clock.soon(() => clock.advance(1));

    expect(() => clock.advance(0)).toThrow("cannot drive the clock");
  });
});
