/** A run as tables for the terminal, as a Markdown page and as JSON. */
import type { Machine } from "../measure/machine.ts";
import type { Measure } from "./case.ts";
import type { Point } from "./chart.ts";
import { checkGoals, type GoalResult } from "./goals.ts";
import { threeDigits } from "./quantities.ts";
import { quoted, quotedFrom } from "./quoted.ts";
import type { CaseResult } from "./run-case.ts";
import { chartsOf, type GrowthResult } from "./run-growth.ts";
import { markdownTable, type Table, textTable } from "./table.ts";

export interface Report {
  readonly machine: Machine;
  readonly rounds: number;
  readonly results: readonly CaseResult[];
  readonly grown: readonly GrowthResult[];
}

/** What the files of a page are called after. */
export function monthOf({ machine }: Pick<Report, "machine">): string {
  return machine.date.slice(0, 7);
}

export function terminalReport(results: readonly CaseResult[]): string {
  const goals = checkGoals(results);
  return [
    textTable(figuresTable(results)),
    `${[...legend(results), ...leftOut(results)].join("\n")}\n`,
    ...(goals.length === 0 ? [] : [textTable(goalsTable(goals))]),
  ].join("\n");
}

export function markdownPage(report: Report): string {
  const { machine, rounds, results, grown } = report;
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join("\n");
  return `${[
    `# Benchmarks, ${monthOf(report)}`,
    "Made by `npm run bench -- --save`. Compare figures of one page with each other, and not\n" +
      "with those of another machine or another hour.",
    list([
      ...Object.entries(machine).map(([what, value]) => `${what}: ${value}`),
      `rounds: ${rounds}, after warm-ups; contestants took turns`,
    ]),
    "## Measured",
    markdownTable(figuresTable(results)),
    list([...legend(results), ...leftOut(results)]),
    "## Goals",
    markdownTable(goalsTable(checkGoals(results))),
    "## Growth",
    "Medians of three rounds, over logarithmic axes.",
    ...grown.flatMap(chartsOf).map(({ id, title }) => `![${title}](${monthOf(report)}-${id}.svg)`),
    `## Quoted: ${quotedFrom}`,
    "Not measured in this run: the figures of the Go library come from another machine and\n" +
      "another hour. They are all here, also where it is ahead.",
    markdownTable(quotedTable(results)),
  ].join("\n\n")}\n`;
}

/** What goes into the JSON file. */
export interface PlainReport {
  readonly machine: Machine;
  readonly rounds: number;
  readonly results: readonly PlainResult[];
  readonly goals: readonly GoalResult[];
  readonly growth: readonly object[];
  readonly quoted: { readonly from: string; readonly figures: typeof quoted };
}

export interface PlainResult extends Omit<CaseResult, "chosen"> {
  readonly case: string;
  readonly title: string;
  readonly unit: string;
  readonly measure: Measure;
}

export function plainReport({ machine, rounds, results, grown }: Report): PlainReport {
  return {
    machine,
    rounds,
    results: results.map(({ chosen, ...rest }) => {
      const { id, title, unit, measure } = chosen;
      return { case: id, title, unit, measure, ...rest };
    }),
    goals: checkGoals(results),
    growth: grown.flatMap(chartsOf).map(({ id, title, x, y, series }) => {
      return { id, title, x: x.label, y: y.label, series };
    }),
    quoted: { from: quotedFrom, figures: quoted },
  };
}

/** The points of all charts. */
export function growthText(grown: readonly GrowthResult[]): string {
  const texts = grown.flatMap(chartsOf).map(({ title, x, y, series }) => {
    const xs = [...new Set(series.flatMap(({ points }) => points.map((point) => point.x)))];
    const cellOf = (points: readonly Point[], at: number) => {
      const found = points.find((point) => point.x === at);
      return found === undefined ? "" : y.format(found.y);
    };
    const table = textTable({
      heads: [x.label, ...series.map(({ name }) => name)],
      left: [],
      rows: xs.map((at) => [x.format(at), ...series.map(({ points }) => cellOf(points, at))]),
    });
    return `\n${title}: ${y.label}\n${table}`;
  });
  return texts.join("");
}

function figuresTable(results: readonly CaseResult[]): Table {
  return {
    heads: [
      "case",
      "contestant",
      "median",
      "lowest",
      "highest",
      "unit",
      "reign ÷ it",
      "CPU s/million",
      "MB",
      "p99 µs",
    ],
    left: ["case", "contestant", "unit"],
    rows: results.flatMap(({ chosen, rows }) =>
      rows.map((row, i) => [
        i === 0 ? chosen.id : "",
        row.contestant,
        threeDigits(row.median),
        threeDigits(row.lowest),
        threeDigits(row.highest),
        unitOf(chosen),
        i === 0 ? "" : row.ratio.toFixed(2),
        row.cpuSecondsPerMillion.map((seconds) => threeDigits(seconds)).join(" + "),
        row.memory.map((bytes) => (bytes / 1e6).toFixed(0)).join(" + "),
        row.p99 === undefined ? "" : threeDigits(row.p99),
      ]),
    ),
  };
}

function goalsTable(goals: readonly GoalResult[]): Table {
  return {
    heads: ["goal", "measured", "met"],
    left: ["goal", "met"],
    rows: goals.map(({ goal, measured, met }) => [
      goal,
      measured === undefined ? "" : threeDigits(measured),
      met === undefined ? "not measured" : met ? "yes" : "no",
    ]),
  };
}

function quotedTable(results: readonly CaseResult[]): Table {
  return {
    heads: ["case", quotedFrom, "reign in this run"],
    left: ["case", quotedFrom, "reign in this run"],
    rows: quoted.map(({ case: id, figure }) => {
      const own = results
        .filter(({ chosen }) => chosen.id === id || chosen.id.startsWith(`${id}-`))
        .flatMap(({ chosen, rows: [reign] }) =>
          reign === undefined ? [] : `${threeDigits(reign.median)} ${unitOf(chosen)}`,
        );
      return [id, figure, own.join("; ")];
    }),
  };
}

/** What the columns mean, and what a round of each case has. */
function legend(results: readonly CaseResult[]): string[] {
  return [
    ...results.map((result) => `${result.chosen.id}: ${roundOf(result)}.`),
    "median, lowest, highest: of the rounds. In µs, ms and B less is better.",
    "reign ÷ it: the median of the rounds' ratios of the first contestant to this one.",
    "CPU s/million: user and system time for a million of the unit, of each process (in cases " +
      "between two the receiving side, then the sending one, and a server before both), with the " +
      "programs it started.",
    "MB: the most memory that each process had at any time (RSS), with the programs it started.",
  ];
}

function roundOf({ chosen, count, onOneProcessor, rows }: CaseResult): string {
  const fewer = rows
    .filter((row) => row.count !== count)
    .map((row) => `, ${row.contestant} ${row.count.toLocaleString("en-US")}`);
  const where = onOneProcessor ? "; all processes on one processor" : "";
  const each = `${count.toLocaleString("en-US")} ${chosen.unit} a round`;
  return `${chosen.title}; ${each}${fewer.join("")}${where}`;
}

function leftOut(results: readonly CaseResult[]): string[] {
  return results.flatMap(({ chosen, leftOut: absent }) =>
    absent.map(({ contestant, reason }) => `${chosen.id}: ${contestant} left out: ${reason}.`),
  );
}

export function unitOf({
  measure,
  unit,
}: {
  readonly measure: Measure;
  readonly unit: string;
}): string {
  return { rate: `${unit}/s`, p50: "µs p50", duration: "ms", memory: "B each" }[measure];
}
