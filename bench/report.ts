/** The results as a table for the terminal, and as a Markdown page. */
import type { Machine } from "../measure/machine.ts";
import type { Row } from "./figures.ts";
import type { CaseResult } from "./run-case.ts";

const heads = [
  "case",
  "contestant",
  "per second",
  "slowest",
  "fastest",
  "reign ÷ it",
  "CPU s/million",
  "p50 µs",
  "p99 µs",
] as const;

export interface Report {
  readonly machine: Machine;
  readonly rounds: number;
  readonly results: readonly CaseResult[];
}

export function terminalTable(results: readonly CaseResult[]): string {
  const lines = [[...heads], ...results.flatMap(cellsOfCase)];
  const widths = heads.map((_, column) =>
    Math.max(...lines.map((cells) => (cells[column] ?? "").length)),
  );
  const pad = (cell: string, column: number) => {
    const width = widths[column] ?? 0;
    return column < 2 ? cell.padEnd(width) : cell.padStart(width);
  };
  return `${lines.map((cells) => cells.map(pad).join("  ").trimEnd()).join("\n")}\n`;
}

/** What the columns mean, for below the table. */
export function legend(results: readonly CaseResult[]): string {
  const notes = results.map(({ chosen, count, onOneProcessor }) => {
    const where = onOneProcessor ? "; both processes on one processor" : "";
    return `${chosen.id}: ${chosen.title}; ${whole(count)} ${chosen.unit} a round${where}.`;
  });
  const cpu =
    "CPU s/million: user and system time for a million of them, of each of its processes (in " +
    "remote cases the receiving side, then the sending one).";
  const ratios =
    "reign ÷ it: median of the rounds' ratios, of what happens per second (more than 1: reign is " +
    "faster), or of p50 where it is marked so (less than 1: reign is faster).";
  return `${[...notes, ratios, cpu].join("\n")}\n`;
}

export function markdownPage({ machine, rounds, results }: Report): string {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const facts = Object.entries(machine).map(([what, value]) => `- ${what}: ${value}`);
  return [
    `# Benchmarks, ${machine.date.slice(0, 7)}`,
    "",
    "Made by `npm run bench -- --save`. Medians. Compare figures of one page with each other, and",
    "not with those of another machine or another hour.",
    "",
    ...facts,
    `- rounds: ${rounds}, after a warm-up; contestants took turns`,
    "",
    row(heads),
    row(heads.map((_, column) => (column < 2 ? "---" : "--:"))),
    ...results.flatMap(cellsOfCase).map(row),
    "",
    ...legend(results)
      .trimEnd()
      .split("\n")
      .map((line) => `- ${line}`),
    "",
  ].join("\n");
}

function cellsOfCase({ chosen, rows }: CaseResult): string[][] {
  return rows.map((row, i) => [
    i === 0 ? chosen.id : "",
    row.contestant,
    whole(row.perSecond),
    whole(row.slowest),
    whole(row.fastest),
    i === 0 ? "" : ratioOf(row, chosen.compared),
    row.cpuSecondsPerMillion.map((seconds) => seconds.toFixed(2)).join(" + "),
    row.p50?.toFixed(0) ?? "",
    row.p99?.toFixed(0) ?? "",
  ]);
}

function ratioOf({ ratio }: Row, compared: "rate" | "p50"): string {
  return compared === "rate" ? ratio.toFixed(2) : `${ratio.toFixed(2)} (p50)`;
}

function whole(value: number): string {
  // To three digits: no more of them are the same in the next run.
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 2);
  return (Math.round(value / digits) * digits).toLocaleString("en-US");
}
