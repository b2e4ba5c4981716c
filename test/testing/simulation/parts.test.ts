import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMemoryNetwork } from "../../../src/carriers/memory/memory-network.ts";
import { Chance, formatTimeline } from "../../../src/testing/index.ts";
import { createSeededRandom } from "../../../src/testing/seeded-random.ts";
import { Overlay } from "../../../src/testing/simulation/overlay.ts";
import { type PathFault, PathFaults } from "../../../src/testing/simulation/path-faults.ts";
import { shrinkList } from "../../../src/testing/simulation/shrink.ts";
import { fingerprint, formatMoment, Trace } from "../../../src/testing/simulation/trace.ts";
import { createVirtualClock } from "../../../src/testing/virtual-clock.ts";

describe("a failing list that is made smaller", () => {
  const numbers = Array.from({ length: 40 }, (_, i) => i);

  test("comes down to what is needed, whatever that is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray(numbers), async (needed) => {
        let asked = 0;
        const { smallest, runs } = await shrinkList(
          numbers,
          async (candidate) => {
            asked += 1;
            return needed.every((n) => candidate.includes(n));
          },
          10_000,
        );
        expect(smallest).toEqual(needed);
        expect(asked).toBe(runs);
      }),
    );
  });

  test("still fails, has nothing in it that can be left out, and costs no more than is allowed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.func(fc.boolean()), fc.nat(60), async (whim, most) => {
        const list = numbers.slice(0, 12);
        const fails = async (candidate: readonly number[]) =>
          candidate.length === list.length || whim(candidate);
        const bounded = await shrinkList(list, fails, most);
        expect(bounded.runs).toBeLessThanOrEqual(most);
        expect(await fails(bounded.smallest)).toBe(true);
        const { smallest } = await shrinkList(list, fails, 10_000);
        for (let i = 0; i < smallest.length; i++) {
          const without = smallest.filter((_, k) => k !== i);
          if (without.length > 0) expect(await fails(without)).toBe(false);
        }
      }),
    );
  });

  test("that is empty is not made smaller", async () => {
    const never = () => Promise.reject(new Error("asked"));
    expect(await shrinkList([], never, 10)).toEqual({ smallest: [], runs: 0 });
    expect(await shrinkList([1], never, 0)).toEqual({ smallest: [1], runs: 0 });
  });
});

describe("chance", () => {
  const chance = fc.integer().map((seed) => new Chance(createSeededRandom(seed)));
  const list = fc.uniqueArray(fc.integer(), { minLength: 2, maxLength: 9 });

  test("draws from what it is given, and all of it is in a shuffle", () => {
    fc.assert(
      fc.property(chance, list, (draw, all) => {
        expect(all).toContain(draw.one(all));
        expect(draw.shuffle(all).sort()).toEqual(all.toSorted());
        const some = draw.some(all);
        expect(some.length).toBeGreaterThan(0);
        expect(new Set(some).size).toBe(some.length);
        const [a, b] = draw.pair(all);
        expect(a).not.toBe(b);
        const [left, right] = draw.split(all);
        expect(left.length * right.length).toBeGreaterThan(0);
        expect([...left, ...right].sort()).toEqual(all.toSorted());
        expect(draw.below(all.length)).toBeLessThan(all.length);
      }),
    );
  });

  test("draws whole milliseconds between the bounds, as often in each power of ten", () => {
    const draw = new Chance(createSeededRandom(1));
    const durations = Array.from({ length: 3_000 }, () => draw.duration(1, 1_000));
    for (const [from, to] of [
      [1, 10],
      [10, 100],
      [100, 1_001],
    ] as const) {
      const share = durations.filter((ms) => ms >= from && ms < to).length / 3_000;
      expect(share).toBeGreaterThan(0.28);
      expect(share).toBeLessThan(0.39);
    }
    expect(durations.every(Number.isInteger)).toBe(true);
    const gaps = Array.from({ length: 3_000 }, () => draw.gap(500));
    expect(gaps.every((ms) => Number.isInteger(ms) && ms >= 0)).toBe(true);
    const mean = gaps.reduce((sum, ms) => sum + ms, 0) / gaps.length;
    expect(mean).toBeGreaterThan(450);
    expect(mean).toBeLessThan(550);
  });

  test("draws nothing from nothing", () => {
    expect(() => new Chance(createSeededRandom(1)).one([])).toThrow(RangeError);
  });
});

describe("a trace", () => {
  test("has another digest for each event more, and for each that differs", () => {
    const digests = new Set<string>();
    const trace = new Trace();
    digests.add(trace.digest());
    for (let i = 0; i < 10_000; i++) trace.event(1, 2, 3);
    digests.add(trace.digest());
    trace.event(1, 2, 3);
    digests.add(trace.digest());
    expect(trace.digest()).toBe(trace.digest());
    trace.note(1, "x", "y");
    digests.add(trace.digest());
    for (const [at, who, what] of [
      [2, 2, 3],
      [1, 3, 3],
      [1, 2, 4],
    ] as const) {
      const other = new Trace();
      other.event(at, who, what);
      digests.add(other.digest());
    }
    expect(digests.size).toBe(7);
    expect(trace.events).toBe(10_001);
    expect(trace.timeline).toEqual([{ at: 1, who: "x", text: "y" }]);
  });

  test("tells bytes apart", () => {
    const bytes = Array.from({ length: 256 }, (_, i) => fingerprint(Uint8Array.of(i, 255 - i)));
    expect(new Set(bytes).size).toBe(256);
    expect(fingerprint(new Uint8Array())).not.toBe(fingerprint(new Uint8Array(1)));
  });

  test("reads as a table: moment, node, what happened; the last lines of a long one", () => {
    const entries = [
      { at: 0, who: "1", text: "starts" },
      { at: 61_005, who: "test", text: "notes" },
      { at: 6_000_000, who: "12#3", text: "link to 2 up" },
    ];
    expect(formatTimeline(entries)).toBe(
      [
        "   0:00.000  1        starts",
        "   1:01.005  test     notes",
        " 100:00.000  12#3     link to 2 up",
      ].join("\n"),
    );
    expect(formatTimeline(entries, 1)).toBe(
      ["   2 lines before", " 100:00.000  12#3     link to 2 up"].join("\n"),
    );
    expect(formatTimeline([])).toBe("");
    expect(formatMoment(59_999.9996)).toBe("1:00.000");
  });
});

describe("what lies over each other", () => {
  test("counts by its largest, until each is taken away", () => {
    const overlay = new Overlay();
    const [five, seven] = [overlay.add(5), overlay.add(7)];
    expect(overlay.largest).toBe(7);
    seven();
    seven();
    expect(overlay.largest).toBe(5);
    five();
    expect(overlay.largest).toBe(0);
    const late = overlay.add(9);
    overlay.clear();
    late();
    expect(overlay.largest).toBe(0);
  });

  test("faults of a path, in any order, leave it whole when the last is undone", () => {
    const faults = fc.constantFrom<PathFault>("told", "silent", "stalled");
    const path = { from: "1", to: "2" };
    fc.assert(
      fc.property(fc.array(faults), (list) => {
        const clock = createVirtualClock();
        const paths = new PathFaults(createMemoryNetwork({ clock }));
        for (const [i, fault] of list.entries()) {
          paths.add(fault, path);
          expect(paths.has(path)).toBe(true);
          expect(paths.has({ from: "2", to: "1" })).toBe(false);
          if (i % 2 === 0) continue;
          paths.remove(fault, path);
          paths.add(fault, path);
        }
        for (const [i, fault] of list.entries()) {
          expect(paths.has(path)).toBe(true);
          paths.remove(fault, path);
          expect(paths.has(path)).toBe(i + 1 < list.length);
        }
      }),
    );
  });
});
