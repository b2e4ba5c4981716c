import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type BackoffSettings, backoffMs } from "../../src/core/backoff.ts";

const usual: BackoffSettings = { firstMs: 100, maxMs: 10_000 };
/** The largest number that is drawn. */
const almostOne = 1 - Number.EPSILON / 2;

test.each([
  [1, 100],
  [2, 200],
  [3, 400],
  [7, 6_400],
  [8, 10_000],
  [9, 10_000],
  [100, 10_000],
  [1_100, 10_000],
  [Number.MAX_SAFE_INTEGER, 10_000],
])("after %d failures a wait is drawn from 0 up to %d ms", (failures, ceiling) => {
  expect(backoffMs(usual, failures, 0)).toBe(0);
  expect(backoffMs(usual, failures, 0.25)).toBe(ceiling / 4);
  expect(backoffMs(usual, failures, almostOne)).toBeCloseTo(ceiling, 6);
});

test("no wait is negative or longer than the longest, and none is certain", () => {
  const settings = fc.record(
    {
      firstMs: fc.integer({ min: 1, max: 60_000 }),
      maxMs: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    },
    { noNullPrototype: true },
  );
  const failures = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1 }));
  const fraction = fc.double({ min: 0, max: almostOne, noNaN: true });

  fc.assert(
    fc.property(settings, failures, fraction, (of, count, drawn) => {
      const wait = backoffMs(of, count, drawn);

      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(of.maxMs);
      expect(wait).toBeLessThanOrEqual(backoffMs(of, count + 1, drawn));
      expect(backoffMs(of, count, 0)).toBe(0);
      expect(backoffMs(of, count, 0.5)).toBeGreaterThan(0);
    }),
  );
});
