/**
 * What goes wrong in a simulation, and when: a list that chance draws before the simulation begins,
 * so that a failing one can be made smaller and run again.
 *
 * Each step is whole in itself: it begins at its moment and is undone after its time, whatever
 * other steps do. Any part of a plan is a plan.
 */
import type { Random } from "../../ports/random.ts";
import { Chance } from "./chance.ts";
import { type Death, deaths } from "./process.ts";

interface At {
  /** Virtual milliseconds since the faults began. */
  readonly at: number;
}

interface Lasting extends At {
  readonly ms: number;
}

/** One fault. Nodes are given by their ids. */
export type FaultStep =
  /** Links between the two end, both are told, and dials fail. */
  | (Lasting & { readonly fault: "cut"; readonly between: readonly [string, string] })
  /** Nothing passes between the groups, and nobody is told. */
  | (Lasting & { readonly fault: "partition"; readonly groups: readonly (readonly string[])[] })
  /** Nothing passes from the first to the others, though everything passes back. */
  | (Lasting & {
      readonly fault: "one_way";
      readonly from: readonly string[];
      readonly to: readonly string[];
    })
  /** The path from one to the other takes nothing more, and gives it all on later. */
  | (Lasting & { readonly fault: "clog"; readonly from: string; readonly to: string })
  /** The links between the two end for the first alone; what would tell the second is swallowed. */
  | (Lasting & { readonly fault: "half_open"; readonly from: string; readonly to: string })
  /** Paths are clogged one after the other, and cleared in another order. */
  | (Lasting & {
      readonly fault: "swizzle";
      readonly paths: readonly (readonly [string, string])[];
      readonly order: readonly number[];
    })
  /** The process stands still, as after SIGSTOP, or in a computation that takes too long. */
  | (Lasting & { readonly fault: "pause"; readonly node: string })
  /** Each callback of the process takes `costMs`. */
  | (Lasting & { readonly fault: "slow"; readonly node: string; readonly costMs: number })
  /** The process ends; after `ms` it runs again, as a new incarnation. */
  | (Lasting & { readonly fault: "crash"; readonly node: string; readonly death: Death })
  /** The service is stopped; after `ms` it runs again, as a new incarnation. */
  | (Lasting & { readonly fault: "stop"; readonly node: string })
  /** A second process with the identity of the node, which dials, for a while. */
  | (Lasting & { readonly fault: "twin"; readonly node: string })
  /** The monotonic clock of the process jumps ahead by `ms`. */
  | (Lasting & { readonly fault: "clock_jump"; readonly node: string });

/** The kinds of faults. */
export type FaultKind = FaultStep["fault"];
/** The faults of a simulation, in any order. Any part of a plan is a plan. */
export type FaultPlan = readonly FaultStep[];

type Draw = (draw: Chance, nodes: readonly string[], at: number) => FaultStep;

const kinds: { readonly [K in FaultKind]: Draw } = {
  cut: (draw, nodes, at) => ({
    at,
    fault: "cut",
    between: draw.pair(nodes),
    ms: draw.duration(1, 60_000),
  }),
  partition: (draw, nodes, at) => ({
    at,
    fault: "partition",
    groups: draw.split(nodes),
    ms: draw.duration(100, 120_000),
  }),
  one_way: (draw, nodes, at) => {
    const [from, to] = draw.split(nodes);
    return { at, fault: "one_way", from, to, ms: draw.duration(100, 120_000) };
  },
  clog: (draw, nodes, at) => {
    const [from, to] = draw.pair(nodes);
    return { at, fault: "clog", from, to, ms: draw.duration(10, 60_000) };
  },
  half_open: (draw, nodes, at) => {
    const [from, to] = draw.pair(nodes);
    return { at, fault: "half_open", from, to, ms: draw.duration(200, 20_000) };
  },
  swizzle: (draw, nodes, at) => {
    const all = nodes.flatMap((from) => nodes.map((to): [string, string] => [from, to]));
    const paths = draw.some(all.filter(([from, to]) => from !== to));
    const order = draw.shuffle(paths.map((_, i) => i));
    return { at, fault: "swizzle", paths, order, ms: draw.duration(100, 60_000) };
  },
  pause: (draw, nodes, at) => ({
    at,
    fault: "pause",
    node: draw.one(nodes),
    ms: draw.duration(10, 60_000),
  }),
  slow: (draw, nodes, at) => ({
    at,
    fault: "slow",
    node: draw.one(nodes),
    costMs: draw.duration(1, 50),
    ms: draw.duration(100, 30_000),
  }),
  crash: (draw, nodes, at) => ({
    at,
    fault: "crash",
    node: draw.one(nodes),
    death: draw.one(deaths),
    ms: draw.fraction() < 0.3 ? 0 : draw.duration(1, 60_000),
  }),
  stop: (draw, nodes, at) => ({
    at,
    fault: "stop",
    node: draw.one(nodes),
    ms: draw.duration(1, 30_000),
  }),
  twin: (draw, nodes, at) => ({
    at,
    fault: "twin",
    node: draw.one(nodes),
    ms: draw.duration(1_000, 60_000),
  }),
  clock_jump: (draw, nodes, at) => ({
    at,
    fault: "clock_jump",
    node: draw.one(nodes),
    ms: draw.duration(1_000, 3_600_000),
  }),
};

/** Every kind of fault that there is. */
export const faultKinds: readonly FaultKind[] = Object.freeze(Object.keys(kinds) as FaultKind[]);

export interface PlanOptions {
  readonly nodes: readonly string[];
  readonly kinds: readonly FaultKind[];
  /** How long faults begin; what has begun may last longer. */
  readonly durationMs: number;
  /** The mean of the time between two faults. */
  readonly meanGapMs: number;
  /** No fault lasts longer. */
  readonly longestMs: number;
}

/** The faults that chance makes of these options. A plan for a single node has no paths in it. */
export function drawFaultPlan(random: Random, options: PlanOptions): FaultPlan {
  const draw = new Chance(random);
  const { nodes, durationMs, meanGapMs, longestMs } = options;
  const possible = options.kinds.filter((kind) => nodes.length > 1 || alone.has(kind));
  const steps: FaultStep[] = [];
  if (possible.length === 0) return steps;
  let at = draw.gap(meanGapMs);
  while (at < durationMs) {
    const step = kinds[draw.one(possible)](draw, nodes, at);
    steps.push({ ...step, ms: Math.min(step.ms, longestMs) });
    at += draw.gap(meanGapMs);
  }
  return steps;
}

const alone: ReadonlySet<FaultKind> = new Set<FaultKind>([
  "pause",
  "slow",
  "crash",
  "stop",
  "twin",
  "clock_jump",
]);

/** One step as a line of the timeline, without its moment. */
export function formatFault(step: FaultStep): string {
  const lasts = step.ms > 0 && Number.isFinite(step.ms) ? ` for ${step.ms} ms` : "";
  switch (step.fault) {
    case "cut":
      return `cut between ${step.between.join(" and ")}${lasts}`;
    case "partition":
      return `partition ${step.groups.map((group) => group.join(",")).join(" | ")}${lasts}`;
    case "one_way":
      return `nothing passes from ${step.from.join(",")} to ${step.to.join(",")}${lasts}`;
    case "clog":
      return `clog from ${step.from} to ${step.to}${lasts}`;
    case "half_open":
      return (
        `links of ${step.from} with ${step.to} end on the side of ${step.from} alone, ` +
        `the other is not told${lasts}`
      );
    case "swizzle":
      return `swizzle ${step.paths.map((path) => path.join(">")).join(" ")}${lasts}`;
    case "slow":
      return `slow node ${step.node} (${step.costMs} ms a callback)${lasts}`;
    case "crash":
      return `crash of node ${step.node} (${step.death})${lasts}`;
    case "clock_jump":
      return `the clock of node ${step.node} jumps ${step.ms} ms ahead`;
    default:
      return `${step.fault} of node ${step.node}${lasts}`;
  }
}
