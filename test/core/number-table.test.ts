import fc from "fast-check";
import { expect, test } from "vitest";
import { NumberTable } from "../../src/core/number-table.ts";

test("a table by number has what a Map has, whatever comes and goes", () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ skip: fc.nat(200) }),
      fc.record({ remove: fc.nat(1_000) }),
      fc.record({ ask: fc.oneof(fc.nat(1_000), fc.maxSafeNat()) }),
    ),
    { maxLength: 300 },
  );

  fc.assert(
    fc.property(steps, (taken) => {
      const table = new NumberTable<{ readonly number: number }>();
      const model = new Map<number, { readonly number: number }>();
      let next = 0;
      for (const step of taken) {
        if ("skip" in step) {
          next += 1 + Math.max(0, step.skip - 150);
          const value = { number: next };
          table.add(next, value);
          model.set(next, value);
        } else if ("remove" in step) {
          table.delete(step.remove);
          model.delete(step.remove);
        } else expect(table.get(step.ask)).toBe(model.get(step.ask));
      }

      expect(new Set(table.values())).toEqual(new Set(model.values()));
      for (let number = 0; number <= next; number++) {
        expect(table.get(number)).toBe(model.get(number));
      }
    }),
  );
});

test("a number far out of the table's range finds nothing, and nothing of a number like it", () => {
  const table = new NumberTable<string>();
  table.add(5, "five");

  for (const number of [2 ** 32 + 5, 2 ** 48 + 5, Number.MAX_SAFE_INTEGER, 69]) {
    expect(table.get(number)).toBeUndefined();
    table.delete(number);
  }
  expect(table.get(5)).toBe("five");
});
