/** A link is reset again and again, each time as soon as it is back: nothing piles up. */
import { createProxy } from "reign/testing/proxy";
import {
  type Footprint,
  footprint,
  heldKinds,
  lookMs,
  type Patience,
  patienceAfter,
} from "./footprint.ts";
import { lineCounter } from "./line-counter.ts";
import { LinkChanges } from "./link-changes.ts";
import { type NodeSetting, nowhere, placeNodes, portOf, startNode } from "./node.ts";
import { type Scenario, type Stage, series } from "./scenario.ts";

const flapCounts = { full: 10_000, quick: 40 } as const;
/** Flaps before the first look: what is made once and kept is no growth. */
const warmUps = { full: 1_000, quick: 10 } as const;
const ends = { full: 2, quick: 2 } as const;

export const flaps: Scenario = {
  id: "flaps",
  title: "10,000 resets of a link",
  limitSeconds: 1_800,
  parts: [startEnd],
  figures: [
    {
      title: "a reset to the link up again, at both ends",
      done:
        "The proxy resets the connection as soon as both ends say that the link is up; " +
        "maxReconnectDelay is 5 ms.",
      unit: "ms",
      wanted: flapCounts,
      goals: [],
      values: series("flap"),
    },
    {
      title: "memory that grew",
      done:
        "RSS after garbage collection, at the end less what it was after 1,000 flaps more than " +
        "are counted; a value for each end.",
      unit: "MiB",
      wanted: ends,
      goals: [{ of: "max", atMost: 5 }],
      values: series("rss"),
    },
    {
      title: "heap that grew",
      done: "The same of the JavaScript heap.",
      unit: "MiB",
      wanted: ends,
      goals: [],
      values: series("heap"),
    },
    ...heldKinds.map((name) => ({
      title: `${name} more than before`,
      done: "The same moments, a value for each end.",
      unit: "" as const,
      wanted: ends,
      goals: [{ of: "max" as const, atMost: 0 }],
      values: series(name),
    })),
    {
      title: "log lines a second",
      done: "Lines that the node writes, debug aside, over the whole run; a value for each end.",
      unit: "",
      wanted: ends,
      goals: [{ of: "max", atMost: 4 }],
      values: series("lines"),
    },
  ],
  run: runFlaps,
};

async function runFlaps(stage: Stage): Promise<void> {
  const { size, folder } = stage;
  const [, two] = await placeNodes(2);
  if (two === undefined) return;
  await using proxy = await createProxy({ target: { port: portOf(two) } });
  const options = { maxReconnectDelay: 5 };
  const undialled = { id: 1, address: nowhere, listen_address: "127.0.0.1:0" };
  const proxied = { id: 2, address: `127.0.0.1:${proxy.port}` };
  const both = await Promise.all([
    stage.start(startEnd, { folder, id: 1, nodes: [undialled, proxied], options }),
    stage.start(startEnd, { folder, id: 2, nodes: [undialled, two], options }),
  ]);
  await Promise.all(both.map(({ ask }) => ask.up()));

  async function flap(): Promise<number> {
    const before = await Promise.all(both.map(({ ask }) => ask.downs()));
    const began = performance.now();
    proxy.cut({ with: "rst" });
    await Promise.all(both.map(({ ask }, i) => ask.flapped(before[i] ?? 0)));
    return performance.now() - began;
  }

  stage.progress(`${warmUps[size]} flaps that are not counted`);
  for (let i = 0; i < warmUps[size]; i++) await flap();
  const before = await Promise.all(
    both.map(({ ask }) => ask.look({ limitMs: lookMs.before[size] })),
  );
  const began = performance.now();
  for (let i = 1; i <= flapCounts[size]; i++) {
    stage.record("flap", await flap());
    if (i % 500 === 0) stage.progress(`flap ${i} of ${flapCounts[size]}`);
  }
  const seconds = (performance.now() - began) / 1_000;
  const after = await Promise.all(
    both.map(({ ask }, i) => ask.look(patienceAfter(before[i]?.held, size))),
  );
  after.forEach(({ held, lines }, i) => {
    const start = before[i];
    if (start === undefined) return;
    recordGrowth(stage, start.held, held);
    stage.record("lines", (lines - start.lines) / seconds);
  });
}

function recordGrowth(stage: Stage, before: Footprint, after: Footprint): void {
  stage.record("rss", after.rssMiB - before.rssMiB);
  stage.record("heap", after.heapMiB - before.heapMiB);
  for (const kind of heldKinds) stage.record(kind, after[kind] - before[kind]);
}

async function startEnd(node: NodeSetting) {
  const { logger, count } = lineCounter();
  const service = await startNode(node, { logger });
  const changes = new LinkChanges(service);
  const other = node.id === 1 ? "2" : "1";
  return {
    up: () => changes.up(other),
    downs: () => changes.downs(other),
    flapped: (before: number) => changes.flapped(other, before),
    look: async (patience: Patience) => {
      const lines = count();
      return { held: await footprint(patience), lines };
    },
  };
}
