/** The tables of `docs/operating.md`, for tests that hold the code to them. */
import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../docs/operating.md", import.meta.url), "utf8");

/** The cells of the tables under a heading, row by row, without backticks; heads are left out. */
export function readRows(heading: string, firstColumn: string): string[][] {
  const [, section] = text.split(`\n## ${heading}\n`);
  if (section === undefined) throw new Error(`docs/operating.md has no section ${heading}.`);
  const lines = (section.split("\n## ")[0] ?? "").split("\n");
  const head = lines.findIndex((line) => line.startsWith(`| ${firstColumn} |`));
  if (head < 0) throw new Error(`${heading} has no table headed ${firstColumn}.`);
  const rows = lines.slice(head + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end).map((row) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}
