/**
 * The package keeps to its budget of bytes: packed, unpacked, and what an import of each entry
 * loads, which is asked of Node.js itself. Needs `dist`, which `npm test` and `npm run test:one`
 * build.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { entryBudgets, packageBudgets, type SizeBudget, startBudget } from "./size-budget.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const slow = 60_000;

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Readonly<Record<string, unknown>>;
};
const entries = Object.keys(exports).filter((entry) => typeof exports[entry] === "object");

/** Within the budget, and not so far below that the figure of today says nothing any more. */
function expectWithin(what: string, { budget, today }: SizeBudget, bytes: number): void {
  expect(bytes, `${what} against its budget`).toBeLessThanOrEqual(budget);
  expect(bytes, `${what} against its figure of today`).toBeGreaterThan(today * 0.6);
  expect(today).toBeLessThanOrEqual(budget);
}

/** The files that Node.js reads when it imports `entry`: it writes down all code it has run. */
async function loadedBy(entry: string): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "reign-size-"));
  try {
    const program = `await import(${JSON.stringify(join("reign", entry))});`;
    const env = { ...process.env, NODE_V8_COVERAGE: folder };
    await run(process.execPath, ["--input-type=module", "-e", program], { cwd: root, env });
    const written = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    const scripts = written.flatMap((text) => (JSON.parse(text) as { result: Script[] }).result);
    const paths = scripts.filter(({ url }) => url.startsWith("file:")).map(({ url }) => url);
    return [...new Set(paths.map((url) => fileURLToPath(url)))].filter((path) => existsSync(path));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Script {
  readonly url: string;
}

function bytesOf(paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + statSync(path).size, 0);
}

describe("the budget of bytes", () => {
  test(
    "holds for what is fetched and for what is installed",
    async () => {
      const npm = process.env["npm_execpath"];
      const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
      const { stdout } = npm?.endsWith(".js")
        ? await run(process.execPath, [npm, ...args], { cwd: root, maxBuffer: 2 ** 26 })
        : await run("npm", args, { cwd: root, maxBuffer: 2 ** 26 });
      const [{ size, unpackedSize }] = JSON.parse(stdout) as [Record<string, number>];

      expectWithin("the tarball", packageBudgets.tarball, size ?? 0);
      expectWithin("the package unpacked", packageBudgets.unpacked, unpackedSize ?? 0);
    },
    slow,
  );

  test("names every entry of the package", () => {
    expect(Object.keys(entryBudgets).sort()).toEqual([...entries].sort());
  });

  test.each(entries)("holds for what an import of %s loads of ours", async (entry) => {
    const ours = (await loadedBy(entry)).filter((path) =>
      path.startsWith(join(root, "dist") + sep),
    );

    const budget = entryBudgets[entry];
    if (budget !== undefined) expectWithin(`reign ${entry}`, budget, bytesOf(ours));
    expect(ours.length).toBeGreaterThan(0);
  });

  test("holds for all that an import of reign loads, other packages too", async () => {
    expectWithin('import "reign"', startBudget, bytesOf(await loadedBy(".")));
  });
});

test("an import of reign loads nothing for tests, and no library that makes certificates", async () => {
  const paths = (await loadedBy(".")).map((path) => path.split(sep).join("/"));
  const strays =
    /\/dist\/(?:testing|cli|carriers\/memory)\/|\/node_modules\/(?:@peculiar|commander)\//;

  expect(paths.filter((path) => strays.test(path))).toEqual([]);
});
