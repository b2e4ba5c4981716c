/** The results as a table for the terminal, as a Markdown page, and as the record behind it. */
import type { Machine } from "../measure/machine.ts";
import { type Figure, shown } from "./judge.ts";
import type { ScenarioResult } from "./run-scenario.ts";
import type { Size } from "./scenario.ts";

/** One scenario, and when and where it was run: they need not all be of one run. */
export interface Entry extends ScenarioResult {
  readonly machine: Machine;
  readonly size: Size;
  readonly seed: number;
}

const heads = ["figure", "count", "goal", "p50", "p99", "max", ""] as const;

export function terminalTable(results: readonly ScenarioResult[]): string {
  const rows = results.map(({ figures }) => figures.map(cellsOf));
  const lines = [[...heads], ...rows.flat()];
  const widths = heads.map((_, column) =>
    Math.max(...lines.map((cells) => (cells[column] ?? "").length)),
  );
  const pad = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return [1, 3, 4, 5].includes(column) ? cell.padStart(width) : cell.padEnd(width);
  };
  const line = (cells: readonly string[]): string => `  ${cells.map(pad).join("  ")}`.trimEnd();
  const blocks = results.flatMap(({ id, title, seconds, cutShort }, i) => [
    `${id}: ${title} (${seconds.toFixed(1)} s)`,
    ...(cutShort === undefined ? [] : [`  CUT SHORT: ${cutShort}`]),
    ...(rows[i] ?? []).map(line),
  ]);
  return `${[line(heads), ...blocks].join("\n")}\n`;
}

export function markdownPage(entries: readonly Entry[]): string {
  return [
    "# Reliability",
    "",
    "What faults do to reign: what was done, how often, and what came of it. The record behind",
    "this page is [reliability.json](reliability.json). A goal that was missed stays here, with",
    "the figure that missed it. Each section has the date, commit and machine of its own run.",
    "",
    "| made by | what it does | sections |",
    "| --- | --- | --- |",
    "| `npm run reliability` | faults at processes of their own, over mutual TLS | all not below |",
    "| `npm run simulate` | clusters in virtual time | simulation, canaries, scale |",
    "| `REIGN_FULL=1` with `test/properties` | random commands beside models | properties |",
    "| `npm run fuzz` | bytes that chance makes, for all that takes bytes | fuzz |",
    "| `npm run soak` | five processes over mutual TLS, for an hour and more | soak |",
    "",
    "What is promised, with its limits and the test of each, is in",
    "[guarantees.md](guarantees.md). Not promised: that a message arrives for which `send` was",
    "`true`; any order between different senders; that `noconnection` means dead; a single",
    "claimant of a name; agreement or durability. These figures are of one machine with two",
    "processors, on the loopback interface. No run on several machines, for days, or on another",
    "system than Linux is among them.",
    "",
    ...entries.flatMap(sectionOf),
  ].join("\n");
}

function sectionOf(entry: Entry): string[] {
  const { id, title, figures, machine, seconds, seed, size, cutShort } = entry;
  const row = (cells: readonly string[]): string => `| ${cells.map(escaped).join(" | ")} |`;
  const part = size === "quick" ? ", a quick run: about a tenth, which measures little" : "";
  const [figure, ...rest] = heads;
  const all = [figure, "what was done", ...rest.slice(0, -1), "outcome"];
  return [
    `## ${id}: ${title}`,
    "",
    `${machine.date}, commit ${machine.commit}, Node ${machine.node}, OpenSSL ${machine.openssl},`,
    `${machine.system}, ${machine.processors}, ${machine.memory}, load ${machine.load};`,
    `${seconds.toFixed(0)} s, seed ${seed}${part}.`,
    ...(cutShort === undefined ? [] : ["", `Cut short: ${cutShort}`]),
    "",
    row(all),
    row(all.map((_, i) => ([2, 4, 5, 6].includes(i) ? "--:" : "---"))),
    ...figures.map((each) => {
      const [title = "", ...others] = cellsOf(each);
      return row([title, each.done, ...others]);
    }),
    "",
  ];
}

function cellsOf(figure: Figure): string[] {
  const { title, unit, count, goal, statistics, verdict, reason } = figure;
  const value = (of: "p50" | "p99" | "max"): string =>
    statistics === undefined ? "" : `${shown(statistics[of])}${unit === "" ? "" : ` ${unit}`}`;
  const outcome = reason === "" ? verdict : `${verdict}: ${reason}`;
  return [
    title,
    count.toLocaleString("en-US"),
    goal,
    value("p50"),
    value("p99"),
    value("max"),
    outcome,
  ];
}

function escaped(cell: string): string {
  return cell.replaceAll("|", "\\|");
}
