/** Writes what a run came to: the page, its figures and its charts, and what the README quotes. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawChart } from "./chart.ts";
import { quoteOf, withQuote } from "./readme-quote.ts";
import { markdownPage, monthOf, plainReport, type Report } from "./report.ts";
import { chartsOf, type GrowthResult } from "./run-growth.ts";

const folder = "bench/results";

/** Gives the files that it has written. */
export function save(report: Report, root: string): readonly string[] {
  const month = monthOf(report);
  const path = join(root, folder, month);
  mkdirSync(join(root, folder), { recursive: true });
  const plain = plainReport(report);
  const readme = join(root, "README.md");
  const quote = quoteOf(plain, `${folder}/${month}.md`);
  const texts = {
    [`${path}.md`]: markdownPage(report),
    [`${path}.json`]: `${JSON.stringify(plain, null, 2)}\n`,
    [readme]: withQuote(readFileSync(readme, "utf8"), quote),
  };
  for (const [file, text] of Object.entries(texts)) writeFileSync(file, text);
  return [...Object.keys(texts), ...drawAll(report.grown, path)];
}

/** The files of the charts begin with `path`. */
export function drawAll(grown: readonly GrowthResult[], path: string): readonly string[] {
  return grown.flatMap(chartsOf).map((chart) => {
    const file = `${path}-${chart.id}.svg`;
    writeFileSync(file, drawChart(chart));
    return file;
  });
}
