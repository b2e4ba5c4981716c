import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SampleLimit } from "../../src/core/sample-limit.ts";

test("no stretch of a second has more than the limit, and nothing that fits is held back", () => {
  const waits = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 100 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), waits, (most, steps) => {
      const limit = new SampleLimit(most, 1_000);
      const through: number[] = [];
      let now = 0;
      for (const step of steps) {
        now += step;
        const fits = through.filter((at) => at > now - 1_000).length < most;
        expect(limit.nextAt <= now).toBe(fits);
        expect(limit.allows(now)).toBe(fits);
        if (fits) through.push(now);
      }
    }),
  );
});

test("what is held back may go through a second after the first of those that filled it", () => {
  const limit = new SampleLimit(2, 1_000);

  expect([0, 300, 300, 999].map((now) => limit.allows(now))).toEqual([true, true, false, false]);
  expect(limit.nextAt).toBe(1_000);
  expect([1_000, 1_299, 1_300].map((now) => limit.allows(now))).toEqual([true, false, true]);
});
