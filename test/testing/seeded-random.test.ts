import fc from "fast-check";
import { expect, test } from "vitest";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";

function draws(seed: number): (number | string)[] {
  const random = createSeededRandom(seed);
  return Array.from({ length: 40 }, (_, i) => (i % 4 === 3 ? random.epoch() : random.fraction()));
}

test("the same seed gives the same sequence, and no two seeds of 32 bits share one", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (one, other) => {
      fc.pre(one !== other);
      expect(draws(one)).toEqual(draws(one));
      expect(draws(one)).not.toEqual(draws(other));
    }),
  );
});

test("the sequence of a seed stays what it is from one version to the next", () => {
  const random = createSeededRandom(8417);

  expect([random.epoch(), random.epoch(), random.fraction()]).toMatchInlineSnapshot(`
    [
      "216ae0386fe211a5",
      "abd5c2e7b54ba3bd",
      0.6221238526050001,
    ]
  `);
});

test("seeds that differ above 32 bits, or in their sign, give sequences of their own", () => {
  const sequences = [7, -7, 7 + 2 ** 32, 7 + 2 ** 40].map((seed) => draws(seed).join());

  expect(new Set(sequences).size).toBe(4);
});

test("neighbouring seeds begin unlike each other", () => {
  const firsts = Array.from({ length: 1000 }, (_, seed) => createSeededRandom(seed).fraction());

  expect(new Set(firsts).size).toBe(1000);
  const mean = firsts.reduce((sum, fraction) => sum + fraction, 0) / firsts.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
});

test("fractions fill the range from 0 to 1 evenly", () => {
  const random = createSeededRandom(1);
  const tenths = new Array<number>(10).fill(0);

  for (let i = 0; i < 10_000; i++) {
    const tenth = Math.floor(random.fraction() * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }

  // Ten standard deviations either way.
  for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(300);
});

test("an epoch is 16 hexadecimal digits, leading zeros kept", () => {
  const random = createSeededRandom(2);

  for (let i = 0; i < 1000; i++) expect(random.epoch()).toMatch(/^[0-9a-f]{16}$/);
});

test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])(
  "a seed of %d is refused",
  (seed) => {
    expect(() => createSeededRandom(seed)).toThrow(RangeError);
  },
);
