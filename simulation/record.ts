/** What was found, as sections of the record of reliability. */
import { describeMachine } from "../measure/machine.ts";
import { judge } from "../reliability/judge.ts";
import { writeRecord } from "../reliability/record.ts";
import type { FigureDefinition, Findings, Goal } from "../reliability/scenario.ts";
import { recorded } from "../reliability/scenarios.ts";
import type { Totals } from "./lives.ts";
import { reachedInThousand, reachedOfThousand } from "./rare-states.ts";
import type { ScaleResult } from "./scale.ts";

export interface Run {
  readonly root: string;
  /** The first seed. */
  readonly seed: number;
  readonly seconds: number;
}

/** Writes the section, and gives the paths of the files. */
export function record(
  out: string,
  section: { readonly id: string; readonly title: string },
  figures: readonly Measured[],
  { root, seed, seconds }: Run,
): readonly string[] {
  const judged = figures.map(({ definition, values }) => {
    return judge(definition, new Map([[definition.title, values]]), "full");
  });
  const machine = describeMachine(root);
  const entry = { ...section, figures: judged, seconds, machine, seed, size: "full" as const };
  return writeRecord(out, [entry], recorded);
}

export interface Measured {
  readonly definition: FigureDefinition;
  readonly values: readonly number[];
}

export function figuresOfLives(totals: Totals, nodes: number): Measured[] {
  const { lives, twice, failures, sometimes } = totals;
  const different = failures.filter((text) => text.includes("two different lives")).length;
  const broken = failures.length - different;
  const hours = (totals.virtualMs / 3_600_000) * nodes;
  return [
    measured(
      "lives in which a promise was broken",
      "each life its own seed, faults and work; all that docs/guarantees.md says is checked",
      onesAmong(lives, broken),
      [{ of: "total", atMost: 0 }],
    ),
    measured(
      "lives that were not the same when led again",
      "SHA-256 over every event, compared",
      onesAmong(twice, different),
      [{ of: "total", atMost: 0 }],
    ),
    measured(
      "rare states, how often each in 1,000 lives",
      "states that the promises are for, as a name with four claimants; listed by the command",
      [...reachedInThousand(sometimes, lives).values()],
      [{ of: "min", atLeast: reachedOfThousand }],
    ),
    measured("virtual hours, of all nodes together", "", [hours], []),
    measured(
      "faults",
      "cuts, partitions, pauses, crashes and so on, all kinds",
      [totals.faults],
      [],
    ),
    measured("callbacks run", "one event after the other", [totals.events], []),
    measured("processor time of a life", "the mean", [totals.cpuMs / Math.max(1, lives)], [], "ms"),
  ];
}

/** `lives` are those until each canary was found; `Infinity` for one that was not. */
export function figuresOfCanaries(lives: readonly number[]): Measured[] {
  const done = "known defects, each built into a copy of the package; the lives until one breaks";
  return [measured("lives until a canary is found", done, lives, [{ of: "max", atMost: 200 }])];
}

export function figuresOfScale(results: readonly ScaleResult[]): Measured[] {
  return results.map(({ what, tookMs, allowedMs, done }) =>
    measured(what, done, [tookMs], [{ of: "max", atMost: allowedMs }], "ms"),
  );
}

function measured(
  title: string,
  done: string,
  values: readonly number[],
  goals: readonly Goal[],
  unit: FigureDefinition["unit"] = "",
): Measured {
  const found = (all: Findings) => all.get(title) ?? [];
  return {
    definition: { title, done, unit, goals, wanted: { full: 1, quick: 1 }, values: found },
    values,
  };
}

function onesAmong(count: number, ones: number): number[] {
  return Array.from({ length: count }, (_, i) => (i < ones ? 1 : 0));
}
