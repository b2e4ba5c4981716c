/** From the series of a scenario to its figures, and whether they are what they should be. Pure. */
import { percentile } from "../measure/percentiles.ts";
import type { FigureDefinition, Findings, Goal, Size, Statistic } from "./scenario.ts";

export interface Figure {
  readonly title: string;
  readonly done: string;
  readonly unit: string;
  /** How many values it is made of. */
  readonly count: number;
  readonly goal: string;
  /** Absent when there are no values. */
  readonly statistics?: Readonly<Record<Statistic, number>>;
  /** `measured` is what has no goal. */
  readonly verdict: "met" | "missed" | "measured" | "incomplete";
  /** Why it is not met. */
  readonly reason: string;
}

export function judge(definition: FigureDefinition, found: Findings, size: Size): Figure {
  const { title, done, unit, goals, wanted } = definition;
  const values = definition.values(found);
  const statistics = statisticsOf(values);
  const base = { title, done, unit, count: values.length, goal: goalText(goals, unit) };
  if (statistics === undefined || values.length < wanted[size]) {
    const reason = `${shown(values.length)} of ${shown(wanted[size])} were made`;
    const partial = statistics === undefined ? base : { ...base, statistics };
    // Where there need not be any, there is nothing to be short of.
    if (wanted[size] === 0) return { ...partial, verdict: "measured", reason: "" };
    return { ...partial, verdict: "incomplete", reason };
  }
  const missed = goals.filter((goal) => !holds(goal, statistics[goal.of]));
  const reason = missed.map((goal) => whyMissed(goal, statistics)).join(", ");
  const verdict = goals.length === 0 ? "measured" : missed.length === 0 ? "met" : "missed";
  return { ...base, statistics, verdict, reason };
}

function statisticsOf(values: readonly number[]): Record<Statistic, number> | undefined {
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  return {
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    max: sorted[sorted.length - 1] ?? Number.NaN,
    min: sorted[0] ?? Number.NaN,
    total: sorted.reduce((sum, value) => sum + value, 0),
  };
}

function whyMissed({ of, reason }: Goal, statistics: Readonly<Record<Statistic, number>>): string {
  const number = `${of} is ${shown(statistics[of])}`;
  return reason === undefined ? number : `${number} (${reason})`;
}

/** What is no number is within no bounds. */
function holds({ atMost, atLeast }: Goal, value: number): boolean {
  return (
    value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY)
  );
}

function goalText(goals: readonly Goal[], unit: string): string {
  const withUnit = (value: number): string => `${shown(value)}${unit === "" ? "" : ` ${unit}`}`;
  const texts = goals.flatMap(({ of, atMost, atLeast }) => {
    if (atMost !== undefined && atMost === atLeast) return [`${of} = ${withUnit(atMost)}`];
    return [
      ...(atLeast === undefined ? [] : [`${of} ≥ ${withUnit(atLeast)}`]),
      ...(atMost === undefined ? [] : [`${of} ≤ ${withUnit(atMost)}`]),
    ];
  });
  return texts.join(", ");
}

/** As many digits as mean something. */
export function shown(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) {
    return Math.round(value).toLocaleString("en-US");
  }
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}
