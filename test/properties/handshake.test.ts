import * as fc from "fast-check";
import { expect, test } from "vitest";
import { present } from "../runtime/cluster.ts";
import { DialWorld, type Fault, faults, type Process } from "./dial-world.ts";
import { full, holds, note, patienceMs } from "./effort.ts";

/** Which of the things that could happen does, again and again; then all of it, in order. */
async function play(
  processes: readonly Process[],
  choices: readonly number[],
  fault?: { readonly at: number; readonly what: Fault },
): Promise<{ world: DialWorld; open: number[]; steps: string[] }> {
  const world = new DialWorld(processes);
  await world.begin();
  const open: number[] = [];
  const steps: string[] = [];
  for (const [i, choice] of choices.entries()) {
    if (fault?.at === i) await world.suffer(fault.what);
    const events = world.events();
    open.push(events.length);
    const event = events[choice % Math.max(1, events.length)];
    if (event === undefined) continue;
    steps.push(event.name);
    await world.happen(event);
  }
  return { world, open, steps };
}

const two: readonly Process[] = [{ nodeId: "1" }, { nodeId: "2" }];
const depth = full ? 12 : 8;

/** The next of all choices, as a counter counts; `undefined` after the last. */
function following(choices: readonly number[], open: readonly number[]): number[] | undefined {
  for (let i = choices.length - 1; i >= 0; i--) {
    const next = (choices[i] ?? 0) + 1;
    if (next < (open[i] ?? 0)) return choices.map((same, j) => (j < i ? same : j > i ? 0 : next));
  }
  return undefined;
}

/** Tries each order of events that there is, and returns how many there were. */
async function everyOrder(
  look: (choices: readonly number[]) => Promise<{ open: number[]; steps: string[] }>,
): Promise<number> {
  const seen = new Set<string>();
  let orders = 0;
  let choices: number[] | undefined = Array<number>(depth).fill(0);
  while (choices !== undefined) {
    const { open, steps } = await look(choices);
    seen.add(steps.join("; "));
    orders += 1;
    choices = following(choices, open);
  }
  // Else the same would have been looked at again and again.
  expect(seen.size).toBe(orders);
  return orders;
}

/** All is over and calm: who has to be linked is, over one link, and what is sent arrives. */
async function checkEnd(world: DialWorld, fault: Fault | undefined): Promise<void> {
  await world.settle();
  const [one, other, twin] = world.runs;
  if (one === undefined || other === undefined) throw new Error("Expected two nodes.");
  const linked = fault !== "stop";
  expect([world.links, one.linked]).toEqual([linked ? 1 : 0, linked]);
  const peers = [other, ...(twin === undefined ? [] : [twin])].filter((run) => run.linked);
  expect(peers.length).toBe(linked ? 1 : 0);
  for (const peer of peers) await world.talk(one, peer);
  // No link that came up goes down for another, and of two that are one node none ousts the other.
  const ups = one.telemetry.events.filter(({ type }) => type === "link_up");
  expect(ups.length).toBeLessThanOrEqual(fault === undefined ? 1 : 2);
  await world.end();
}

test(
  "two nodes that dial each other agree on one link, in each order of the first eight things that happen",
  async () => {
    const orders = await everyOrder(async (choices) => {
      const { world, ...rest } = await play(two, choices);
      await checkEnd(world, undefined);
      return rest;
    });
    note({ what: "handshake, every order", depth, runs: orders });
    expect(orders).toBeGreaterThan(100);
  },
  patienceMs,
);

test(
  "whatever befalls one of two nodes that dial each other, they end with one link if both are there, else with none",
  async () => {
    const choices = fc.array(fc.nat(6), { minLength: 1, maxLength: 24, size: "max" });
    const fault = fc.record({ at: fc.nat(12), what: fc.constantFrom(...faults) });
    await holds("handshake, with a fault", { runs: 200, full: 60_000 }, (tally) =>
      fc.asyncProperty(choices, fault, async (list, { at, what }) => {
        const { world } = await play(two, list, { at, what });
        tally.commands += list.length;
        tally.meet(what);
        await checkEnd(world, at < list.length ? what : undefined);
      }),
    );
  },
  patienceMs,
);

test.each<[string, Process, string]>([
  ["another cluster", { nodeId: "2", clusterName: "other" }, "wrong_cluster"],
  ["no common codec", { nodeId: "2", codecs: ["other-1"] }, "no_common_codec"],
])(
  "with a node of %s no order of things makes a link, and both say why",
  async (_, odd, reason) => {
    await everyOrder(async (choices) => {
      const { world, ...rest } = await play([present(two[0]), odd], choices);
      await world.settle();
      for (const run of world.runs) {
        expect(run.telemetry.events.filter(({ type }) => type === "link_up")).toEqual([]);
        expect(world.refusals(run)).toEqual([reason]);
      }
      await world.end();
      return rest;
    });
  },
  patienceMs,
);
