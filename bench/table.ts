/** The same table for the terminal and for a Markdown page. */

export interface Table {
  readonly heads: readonly string[];
  /** Heads of the columns that are words, and not numbers. */
  readonly left: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function textTable({ heads, left, rows }: Table): string {
  const lines = [heads, ...rows];
  const widths = heads.map((_, column) =>
    Math.max(...lines.map((cells) => (cells[column] ?? "").length)),
  );
  const pad = (cell: string, column: number) => {
    const width = widths[column] ?? 0;
    return left.includes(heads[column] ?? "") ? cell.padEnd(width) : cell.padStart(width);
  };
  return `${lines.map((cells) => cells.map(pad).join("  ").trimEnd()).join("\n")}\n`;
}

export function markdownTable({ heads, left, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = heads.map((head) => (left.includes(head) ? "---" : "--:"));
  return [heads, rule, ...rows].map(line).join("\n");
}
