/**
 * `npm run test:runtimes`: the packed package under each Node.js that it supports.
 *
 * The table goes to standard output, everything on the way there to standard error.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { arch, platform, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../measure/command-line.ts";
import { abortedBySignals } from "../measure/interruption.ts";
import { installNode, installPacked } from "./npm.ts";
import { type Options, readOptions, usage } from "./options.ts";
import type { CheckResult } from "./program/check.ts";
import { isGood, pageOf, type Tried, tableOf } from "./report.ts";
import { runProgram } from "./run-program.ts";

/** For all checks under one Node.js. */
const limitMs = 180_000;
const root = fileURLToPath(new URL("../..", import.meta.url));
const compiled = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, "node_modules/.cache/reign");
const present = Number.parseInt(process.versions.node, 10);
const page = join(root, "docs/runtimes.md");
const args = process.argv.slice(2);

process.exitCode = await runCommand({ usage, read: () => readOptions(args, present), run });

async function run({ majors, save }: Options): Promise<number> {
  const interrupted = abortedBySignals(progress);
  const { signal } = interrupted;
  const folder = mkdtempSync(join(tmpdir(), "reign-runtimes-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  progress("packing the package and installing it");
  await installPacked(root, folder, signal);
  cpSync(compiled, join(folder, "compiled"), { recursive: true });
  const tried: Tried[] = [];
  for (const major of majors) {
    if (!signal.aborted) tried.push(await tryUnder(major, folder, signal));
  }
  process.stdout.write(tableOf(tried));
  if (save && !signal.aborted) writeFileSync(page, pageOf(tried, about()));
  return interrupted.code ?? (tried.every(isGood) ? 0 : 1);
}

async function tryUnder(major: number, folder: string, signal: AbortSignal): Promise<Tried> {
  progress(`Node.js ${major}`);
  try {
    const node = major === present ? process.execPath : await installNode(major, cache, signal);
    const asked = await runProgram(node, ["--version"], { cwd: folder, limitMs, signal });
    if (asked.problem !== undefined) throw new Error(`${node} ${asked.problem} ${asked.errors}`);
    return await runChecks(node, { folder, major, version: asked.output.trim().slice(1), signal });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    progress(`Node.js ${major} was not tried: ${problem}`);
    return { major, results: [], ms: 0, problem };
  }
}

interface Trial {
  readonly folder: string;
  readonly major: number;
  readonly version: string;
  readonly signal: AbortSignal;
}

async function runChecks(node: string, { folder, major, version, signal }: Trial): Promise<Tried> {
  const cwd = mkdtempSync(join(folder, "cluster-"));
  const program = join(folder, "compiled/runtimes/program/main.js");
  const started = performance.now();
  const { output, errors, problem } = await runProgram(node, [program], { cwd, limitMs, signal });
  const ms = performance.now() - started;
  const results = resultsIn(output);
  for (const result of results) {
    if (result.problem !== undefined) progress(`${version}: ${result.name}: ${result.problem}`);
  }
  if (errors !== "") process.stderr.write(errors);
  const failed = results.some((result) => result.problem !== undefined);
  const tried: Tried = { major, version, results, ms };
  return problem === undefined || failed ? tried : { ...tried, problem: `the program ${problem}` };
}

function resultsIn(output: string): readonly CheckResult[] {
  const lines = output.split("\n").filter((line) => line.endsWith("}"));
  return lines.map((line) => JSON.parse(line) as CheckResult);
}

function about(): string {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly version: string;
  };
  const day = new Date().toISOString().slice(0, 10);
  return `Last on ${day}, reign ${version}, ${platform()} on ${arch()}:`;
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
