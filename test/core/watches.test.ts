import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Watches } from "../../src/core/watches.ts";

/** The plainest thing that does the same: the pairs, in order of asking. */
interface Model {
  pairs: (readonly [target: number, watcher: number])[];
}

type WatchesCommand = fc.Command<Model, Watches>;

const numbers = fc.nat(4);

function command(name: string, run: (model: Model, watches: Watches) => void): WatchesCommand {
  return {
    check: () => true,
    run(model, watches) {
      run(model, watches);
      expect(watches.size).toBe(model.pairs.length);
    },
    toString: () => name,
  };
}

function watchersOf(model: Model, target: number): number[] {
  return model.pairs.filter((pair) => pair[0] === target).map(([, watcher]) => watcher);
}

const add = fc.tuple(numbers, numbers).map(([target, watcher]) =>
  command(`add(${target}, ${watcher})`, (model, watches) => {
    const before = watchersOf(model, target);

    expect(watches.add(target, watcher)).toBe(before.length === 0);
    if (!before.includes(watcher)) model.pairs.push([target, watcher]);
  }),
);

const remove = fc.tuple(numbers, numbers).map(([target, watcher]) =>
  command(`remove(${target}, ${watcher})`, (model, watches) => {
    const before = watchersOf(model, target);
    model.pairs = model.pairs.filter((pair) => pair[0] !== target || pair[1] !== watcher);

    const last = before.length === 1 ? "last" : "removed";
    expect(watches.remove(target, watcher)).toBe(before.includes(watcher) ? last : "absent");
  }),
);

const takeTarget = numbers.map((target) =>
  command(`takeTarget(${target})`, (model, watches) => {
    const expected = watchersOf(model, target);
    model.pairs = model.pairs.filter((pair) => pair[0] !== target);

    expect(watches.takeTarget(target)).toEqual(expected);
  }),
);

const takeWatcher = numbers.map((watcher) =>
  command(`takeWatcher(${watcher})`, (model, watches) => {
    const targets = model.pairs.filter((pair) => pair[1] === watcher).map(([target]) => target);
    model.pairs = model.pairs.filter((pair) => pair[1] !== watcher);

    expect(watches.takeWatcher(watcher).toSorted()).toEqual(
      targets.filter((target) => watchersOf(model, target).length === 0).toSorted(),
    );
  }),
);

const takeAll = fc.constant(
  command("takeAll()", (model, watches) => {
    const targets = [...new Set(model.pairs.map(([target]) => target))];
    const expected = new Map(targets.map((target) => [target, watchersOf(model, target)]));
    model.pairs = [];

    expect(new Map(watches.takeAll())).toEqual(expected);
  }),
);

test("each pair is there once from its first asking until it is taken out, and comes out once", () => {
  const commands = fc.commands([add, add, add, remove, takeTarget, takeWatcher, takeAll], {
    maxCommands: 80,
    size: "+1",
  });

  fc.assert(
    fc.property(commands, (list) => {
      fc.modelRun(() => ({ model: { pairs: [] }, real: new Watches() }), list);
    }),
    { numRuns: 300 },
  );
});

test("a mailbox may watch itself", () => {
  const watches = new Watches();
  watches.add(1, 1);

  expect(watches.takeWatcher(1)).toEqual([1]);
  expect(watches.size).toBe(0);

  watches.add(1, 1);
  expect(watches.takeTarget(1)).toEqual([1]);
  expect(watches.takeWatcher(1)).toEqual([]);
});

test("the end of one of a hundred thousand mailboxes costs what it had, not the whole table", () => {
  const watches = new Watches();
  const count = 100_000;
  for (let i = 0; i < count; i++) watches.add(i, i + 1);

  // Were each of these to look at the whole table, this would take minutes.
  let taken = 0;
  for (let i = 0; i < count; i++) {
    taken += (i % 2 === 0 ? watches.takeTarget(i) : watches.takeWatcher(i + 1)).length;
  }

  expect(taken).toBe(count);
  expect(watches.size).toBe(0);
});
