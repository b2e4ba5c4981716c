/** The lines of docs/seed.md, each made a module that runs it behind the prelude of that page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fencesOf } from "./fences.ts";

export interface SeedRow {
  /** What it is called in Go: the first cell. */
  readonly go: string;
  readonly cells: readonly string[];
  /** The line of the last cell, or nothing for what is not there yet. */
  readonly line: string | undefined;
  /** The name of its module, without the ending. */
  readonly module: string;
}

type Exports = Readonly<Record<string, { readonly types: string[]; readonly values: string[] }>>;

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = "docs/seed.md";

export const seedHead = ["Go", "here", "what it keeps, or differs and why", "a line that runs"];

export function seedRows(): readonly SeedRow[] {
  const lines = readFileSync(join(root, page), "utf8").split("\n");
  const rows = lines
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll("\\|", "|")))
    .filter((cells) => cells.join() !== seedHead.join());
  return rows.map((cells, i) => ({
    go: cells[0] ?? "",
    cells,
    line: /^`([^`]*)`$/.exec(cells[3] ?? "")?.[1],
    module: `row-${i + 1}`,
  }));
}

/** A module whose `run` gives what the line comes to, and what it says that it comes to. */
export function moduleOf({ line = "" }: SeedRow): string {
  const prelude = fencesOf(page).find(({ label }) => label === "ts prelude")?.code ?? "";
  const [code = "", expected] = line.split(" // → ");
  const end = expected === undefined ? code.length : code.lastIndexOf("; ") + 2;
  const body = code.slice(0, end === 1 ? 0 : end);
  const outcome = expected === undefined ? "[]" : `[${code.slice(body.length)}, ${expected}]`;
  return `${importsFor(`${prelude}\n${line}`)}
${prelude}
export async function run(): Promise<unknown[]> {
${body}
return ${outcome};
}
export async function end(): Promise<void> {
  await Promise.all([service, one, two].map((node) => node.terminate()));
}
`;
}

/** Imports what the package exports and the code has a word for. */
function importsFor(code: string): string {
  const words = new Set(code.match(/\w+/g));
  const file = join(root, "test", "package", "exports.json");
  const exports: Exports = JSON.parse(readFileSync(file, "utf8"));
  return Object.entries(exports)
    .map(([entry, { types, values }]) => {
      const used = [...types.map((name) => `type ${name}`), ...values].filter((name) =>
        words.has(name.replace("type ", "")),
      );
      return used.length === 0
        ? ""
        : `import { ${used.join(", ")} } from "${entry.replace(".", "reign")}";`;
    })
    .join("\n");
}

/** Runs the modules that it is given, each by itself, and prints what became of each. */
export const runner = `
import { inspect, isDeepStrictEqual } from "node:util";

async function outcomeOf(name) {
  try {
    const { run, end } = await import("./" + name + ".js");
    try {
      const outcome = await run();
      if (outcome.length === 0 || isDeepStrictEqual(outcome[0], outcome[1])) return "as it says";
      return inspect(outcome[0]) + " and not " + inspect(outcome[1]);
    } finally {
      await end();
    }
  } catch (error) {
    return String(error);
  }
}

const outcomes = [];
for (const name of process.argv.slice(2)) outcomes.push([name, await outcomeOf(name)]);
process.stdout.write(JSON.stringify(outcomes), () => process.exit());
`;
