/**
 * What a case is to come to, as data, and whether it did.
 *
 * A goal that is missed is shown and fails nothing: what a machine comes to in an hour is no defect
 * of the code.
 */
import { median } from "../measure/percentiles.ts";
import type { Goal } from "./case.ts";
import { cpuSecondsOf, type Row, ratios } from "./figures.ts";
import type { CaseResult } from "./run-case.ts";

export interface GoalResult {
  /** As "L1: reign ≥ 1.2 × Erlang/OTP". */
  readonly goal: string;
  /** `undefined`: who would have to be there was not. */
  readonly measured: number | undefined;
  readonly met: boolean | undefined;
}

/** The goals of all cases that were run. */
export function checkGoals(results: readonly CaseResult[]): readonly GoalResult[] {
  return results.flatMap((result) =>
    result.chosen.goals.map((goal) => {
      const measured = figureOf(goal, result, results);
      const { atLeast = -Infinity, atMost = Infinity } = goal;
      const met = measured === undefined ? undefined : measured >= atLeast && measured <= atMost;
      return { goal: goalText(goal, result), measured, met };
    }),
  );
}

function figureOf(
  goal: Goal,
  result: CaseResult,
  results: readonly CaseResult[],
): number | undefined {
  const row = rowOf(result, goal.contestant);
  if (row === undefined) return undefined;
  const figure = (each: Row) => (goal.of === undefined ? each.median : cpuSecondsOf(each));
  if (goal.beside === undefined) return figure(row);
  const elsewhere = results.find(({ chosen }) => chosen.id === goal.inCase);
  const beside = rowOf(goal.inCase === undefined ? result : elsewhere, goal.beside);
  if (beside === undefined) return undefined;
  // Within rounds where there are any that both had.
  if (goal.inCase !== undefined || goal.of !== undefined) return figure(row) / figure(beside);
  return median(ratios(result.chosen.measure, row.samples, beside.samples));
}

function rowOf(result: CaseResult | undefined, contestant: string): Row | undefined {
  return result?.rows.find((row) => row.contestant === contestant);
}

function goalText(goal: Goal, { chosen }: CaseResult): string {
  const { contestant, of, beside, inCase, atLeast, atMost } = goal;
  const bounds = [
    ...(atLeast === undefined ? [] : [`≥ ${atLeast.toLocaleString("en-US")}`]),
    ...(atMost === undefined ? [] : [`≤ ${atMost.toLocaleString("en-US")}`]),
  ].join(" and ");
  const what = of === undefined ? "" : `, ${of},`;
  const where = inCase === undefined ? "" : ` in ${inCase}`;
  const unit = { rate: `${chosen.unit}/s`, p50: "µs", duration: "ms", memory: "B" }[chosen.measure];
  const to = beside === undefined ? (of === undefined ? ` ${unit}` : "") : ` × ${beside}${where}`;
  return `${chosen.id}: ${contestant}${what} ${bounds}${to}`;
}
