import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createTestCluster, present } from "../runtime/cluster.ts";
import { holds, patienceMs, upTo } from "./effort.ts";
import { type Box, type NamesStep, NamesWorld, namesStep, nodeIds } from "./names-world.ts";

const nodes = [...nodeIds.keys()];
const names = ["x", "y", "__proto__"] as const;
const seeds = fc.integer({ min: 1, max: 1_000_000 });
const paths = { chunk: true, delayMs: [0, 20] } as const;

test(
  "names are the union of all live claims on every node once it is quiet, and each claimant knows it",
  async () => {
    const rare = [
      "2 claimants",
      "3 claimants",
      "4 claimants",
      "3 in the end",
      "claimed in place of another",
      "a foreign address",
      "sent to several",
    ];
    const steps = fc.array(namesStep, upTo(100));
    await holds("names, in a storm", { runs: 30, full: 2_500, rare }, (tally) =>
      fc.asyncProperty(steps, seeds, async (list, seed) => {
        await using cluster = createTestCluster(nodeIds, seed, paths);
        const world = new NamesWorld(cluster, tally);
        await world.begin();
        for (const next of list) await world.play(next);
        await world.settle();
      }),
    );
  },
  patienceMs,
);

/** Which nodes each node has a link to, and itself. */
class Links {
  readonly #cut = new Set<string>();

  of(at: number): number[] {
    return nodes.filter((other) => other === at || !this.#cut.has(pair(at, other)));
  }

  apply(step: NamesStep): void {
    if (step.do === "cut") this.#cut.add(pair(step.from, step.to));
    if (step.do === "heal") this.#cut.clear();
  }
}

function pair(a: number, b: number): string {
  return [a, b].toSorted().join();
}

/** How many notices a claimant is owed when what it sees of a name becomes something else. */
function owed(before: ReadonlyMap<number, Box>, after: ReadonlyMap<number, Box>): number {
  const gone = [...before.keys()].filter((node) => !after.has(node)).length;
  const changed = [...after].filter(([node, box]) => before.get(node) !== box).length;
  // Only cuts take several away, and only healing brings several, one after the other.
  if (gone === 0) return after.size >= 2 ? changed : 0;
  return Math.max(0, gone - Math.max(0, 2 - after.size));
}

test(
  "a claimant is told once of each change of the claimants that leaves two or more, and of nothing else",
  async () => {
    const steps = fc.array(
      namesStep.filter((step) => {
        if (step.do === "cut") return step.how === "told";
        return step.do !== "wait" && step.do !== "restart";
      }),
      upTo(60),
    );
    await holds("names, step by step", { runs: 30, full: 4_000 }, (tally) =>
      fc.asyncProperty(steps, seeds, async (list, seed) => {
        await using cluster = createTestCluster(nodeIds, seed, paths);
        const world = new NamesWorld(cluster, tally);
        await world.begin();
        const links = new Links();
        for (const next of list) {
          const before = views(world, links);
          links.apply(next);
          await world.play(next);
          await cluster.clock.advanceBy(next.do === "heal" ? 2_000 : 45);
          const after = views(world, links);
          for (const [key, view] of after) expectTold(world, key, present(before.get(key)), view);
          for (const box of world.boxes.flat()) expect([...box.told]).toEqual([]);
        }
        await world.settle();
      }),
    );
  },
  patienceMs,
);

type View = ReadonlyMap<number, Box>;

function views(world: NamesWorld, links: Links): Map<string, View> {
  const all = nodes.flatMap((at) =>
    names.map((name): [string, View] => [`${at} ${name}`, world.union(name, links.of(at))]),
  );
  return new Map(all);
}

/** Looks at what the claimant of a node was told of a name, and takes it away. */
function expectTold(world: NamesWorld, key: string, before: View, after: View): void {
  const [node = "", name = ""] = key.split(" ");
  const ids = [...after.values()].map(({ id }) => id).toSorted();
  expect(world.known(Number(node), name)).toEqual(ids);
  const claimant = world.claimantAt(Number(node), name);
  if (claimant === undefined) return;
  const told = claimant.told.get(name) ?? [];
  claimant.told.delete(name);
  expect(told.length).toBe(owed(before, after));
  if (ids.length >= 2 && told.length > 0) expect(told.at(-1)).toEqual(ids);
}
