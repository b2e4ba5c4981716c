/** What can be asked of a simulation, and how it is read. */

import { type NodeId, toNodeId } from "../../core/mailbox-id.ts";
import { checkOptionKeys } from "../../core/option-keys.ts";
import type { TelemetryEvent } from "../../ports/telemetry.ts";
import { resolveSettings, type ServiceSettings, settingKeys } from "../../runtime/settings.ts";
import { expectFunction } from "./checks.ts";
import { checkFault } from "./fault-check.ts";
import { type FaultKind, type FaultPlan, faultKinds } from "./fault-plan.ts";
import type { SimulatedNode } from "./simulated-node.ts";

/** Faults that chance draws. */
export interface DrawnFaults {
  /** All but `twin` and `clock_jump` unless said, which no program can be blamed for. */
  readonly kinds?: readonly FaultKind[];
  /** The mean of the time between two faults, in virtual ms. 10,000 unless said. */
  readonly meanGap?: number;
  /** For how long faults begin, in virtual ms from the start. 600,000 unless said. */
  readonly duration?: number;
  /** No fault lasts longer, nor does a clock jump farther, in virtual ms. No bound unless said. */
  readonly longest?: number;
}

/** What `simulate` simulates. `nodes` alone is needed. */
export interface SimulateOptions {
  /** How many, called "1", "2" and so on; or their ids. */
  readonly nodes: number | readonly (NodeId | number)[];
  /** Decides everything: a whole number from 0, below 2^31. Drawn, and told, unless said. */
  readonly seed?: number;
  /**
   * What goes wrong while the test runs: nothing unless said; `true` and `DrawnFaults` let the seed
   * decide; a plan, as an error gives it, is followed as it is.
   */
  readonly faults?: boolean | DrawnFaults | FaultPlan;
  /** Settings of the services, as in a cluster spec. */
  readonly settings?: Partial<ServiceSettings>;
  /**
   * The least and the most that bytes are under way each way, in virtual ms. Unless said the seed
   * draws the two, between 0 and 100.
   */
  readonly delay?: readonly [least: number, most: number];
  /** Whether bytes arrive in pieces with random borders. Unless said they do. */
  readonly chunk?: boolean;
  /** How long nodes may take to find each other in `settle`, in virtual ms. 90,000 unless said. */
  readonly settleWithin?: number;
  /** The test has to be done within so many virtual ms. 3,600,000, an hour, unless said. */
  readonly limit?: number;
  /**
   * How many runs may be spent on making the plan of a failure smaller. 100 unless said; 0 leaves
   * it as it is.
   */
  readonly shrinkRuns?: number;
  /**
   * Whether to throw where the real clock, real timers or real chance are used. Unless said it is
   * so.
   */
  readonly trapAmbient?: boolean;
  /** Hears what the nodes tell of themselves, at the moment. Must not throw, nor call them back. */
  readonly onEvent?: (node: SimulatedNode, event: TelemetryEvent) => void;
}

export interface ResolvedOptions {
  readonly nodeIds: readonly NodeId[];
  readonly seed: number;
  readonly faults: Required<DrawnFaults> | FaultPlan;
  readonly settings: ServiceSettings;
  readonly delay: readonly [number, number] | undefined;
  readonly chunk: boolean;
  readonly settleWithin: number;
  readonly limit: number;
  readonly shrinkRuns: number;
  readonly trapAmbient: boolean;
  readonly onEvent: SimulateOptions["onEvent"] | undefined;
}

export const optionKeys = [
  "nodes",
  "seed",
  "faults",
  "settings",
  "delay",
  "chunk",
  "settleWithin",
  "limit",
  "shrinkRuns",
  "trapAmbient",
  "onEvent",
] as const;

const faultKeys = ["kinds", "meanGap", "duration", "longest"] as const;
const unusual: ReadonlySet<FaultKind> = new Set<FaultKind>(["twin", "clock_jump"]);
export const mostSeed: number = 2 ** 31 - 1;

/** A `TypeError` or a `RangeError` names the option that cannot be. */
export function resolveOptions(options: SimulateOptions, drawSeed: () => number): ResolvedOptions {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Expected the options of simulate, got ${String(options)}.`);
  }
  checkOptionKeys("simulate", options, optionKeys);
  checkOptionKeys("settings", options.settings ?? {}, settingKeys);
  const { seed = drawSeed(), delay, onEvent } = options;
  const nodeIds = toNodeIds(options.nodes);
  if (delay !== undefined) checkDelay(delay);
  if (onEvent !== undefined) expectFunction("onEvent", onEvent);
  return {
    nodeIds,
    seed: wholeNumber("seed", seed, 0, mostSeed),
    faults: toFaults(options.faults, nodeIds),
    settings: resolveSettings(options.settings ?? {}),
    delay,
    chunk: yesOrNo("chunk", options.chunk ?? true),
    settleWithin: wholeNumber("settleWithin", options.settleWithin ?? 90_000, 1, 2 ** 40),
    limit: wholeNumber("limit", options.limit ?? 3_600_000, 1, 2 ** 40),
    shrinkRuns: wholeNumber("shrinkRuns", options.shrinkRuns ?? 100, 0, 1_000_000),
    trapAmbient: yesOrNo("trapAmbient", options.trapAmbient ?? true),
    onEvent,
  };
}

function toNodeIds(nodes: SimulateOptions["nodes"]): readonly NodeId[] {
  if (typeof nodes === "number") {
    const count = wholeNumber("nodes", nodes, 1, 1_000);
    return Array.from({ length: count }, (_, i) => String(i + 1));
  }
  if (!Array.isArray(nodes)) {
    throw new TypeError(`Expected nodes as a number or a list of ids, got ${String(nodes)}.`);
  }
  const ids = nodes.map(toNodeId);
  if (ids.length === 0) throw new RangeError("Expected nodes to have one node at least, got none.");
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice === undefined) return ids;
  throw new RangeError(`Expected each of nodes once, got ${twice} twice.`);
}

function toFaults(
  faults: SimulateOptions["faults"],
  nodeIds: readonly NodeId[],
): Required<DrawnFaults> | FaultPlan {
  if (faults === undefined || faults === false) return [];
  if (isPlan(faults)) {
    for (const [i, step] of faults.entries()) checkFault(`faults[${i}]`, step, nodeIds);
    return faults;
  }
  if (faults !== true && (typeof faults !== "object" || faults === null)) {
    const wanted = "true, false, a plan, or what to draw one from";
    throw new TypeError(`Expected faults to be ${wanted}, got ${String(faults)}.`);
  }
  const {
    kinds,
    meanGap = 10_000,
    duration = 600_000,
    longest = 2 ** 40,
  } = faults === true ? {} : faults;
  if (faults !== true) checkOptionKeys("faults", faults, faultKeys);
  if (kinds !== undefined && !Array.isArray(kinds)) {
    throw new TypeError(`Expected faults.kinds to be a list, got ${String(kinds)}.`);
  }
  const unknown = kinds?.find((kind) => !faultKinds.includes(kind));
  if (unknown !== undefined) {
    const known = faultKinds.join(", ");
    throw new RangeError(`Expected faults.kinds to be among ${known}, got ${String(unknown)}.`);
  }
  return {
    kinds: kinds ?? faultKinds.filter((kind) => !unusual.has(kind)),
    meanGap: wholeNumber("faults.meanGap", meanGap, 1, 2 ** 40),
    duration: wholeNumber("faults.duration", duration, 0, 2 ** 40),
    longest: wholeNumber("faults.longest", longest, 1, 2 ** 40),
  };
}

function isPlan(faults: SimulateOptions["faults"]): faults is FaultPlan {
  return Array.isArray(faults);
}

function checkDelay(delay: readonly [number, number]): void {
  const [least = Number.NaN, most = Number.NaN] = Array.isArray(delay) ? delay : [];
  if (least >= 0 && least <= most && Number.isFinite(most)) return;
  const got = Array.isArray(delay) ? `[${delay.join(", ")}]` : String(delay);
  throw new RangeError(`Expected delay as [least, most] from 0 up, got ${got}.`);
}

function yesOrNo(name: string, value: boolean): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`Expected ${name} to be true or false, got ${String(value)}.`);
}

export function wholeNumber(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const wanted = `a whole number from ${least} to ${most}`;
  const got = typeof value === "string" ? JSON.stringify(value) : String(value);
  throw new RangeError(`Expected ${name} to be ${wanted}, got ${got}.`);
}
