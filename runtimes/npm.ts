/** What comes by npm: the package in an empty folder, and the versions of Node.js. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runProgram } from "./run-program.ts";

const limitMs = 300_000;
const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];

/** Throws what npm had to say when it fails. */
async function npm(cwd: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const { output, errors, problem } = await runProgram(process.execPath, [npmProgram(), ...args], {
    cwd,
    limitMs,
    signal,
  });
  if (problem === undefined) return output;
  const said = errors
    .split("\n")
    .find((line) => /^npm (?:error|ERR!)/.test(line) && / \S+ /.test(line));
  throw new Error(`npm ${args[0]} ${problem}: ${said ?? errors.trim()}`);
}

/** The npm that runs this, or else the one that came with Node.js. */
function npmProgram(): string {
  const running = process.env["npm_execpath"];
  if (running?.endsWith("npm-cli.js")) return running;
  const beside = ["../lib/node_modules", "node_modules"].map((folder) =>
    join(dirname(process.execPath), folder, "npm/bin/npm-cli.js"),
  );
  const found = beside.find((path) => existsSync(path));
  if (found === undefined) throw new Error("npm was not found beside Node.js. Run this with npm.");
  return found;
}

function makeProject(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
}

/** Packs the package at `root` and installs it into `folder`, as a user would have it. */
export async function installPacked(
  root: string,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  makeProject(folder);
  const packed = await npm(
    root,
    ["pack", "--json", "--ignore-scripts", "--pack-destination", folder],
    signal,
  );
  const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }];
  await npm(folder, ["install", ...quiet, join(folder, filename)], signal);
}

/** The newest Node.js of this major version, for this system: the path of its program. */
export async function installNode(
  major: number,
  cache: string,
  signal: AbortSignal,
): Promise<string> {
  const folder = join(cache, `node-${major}`);
  makeProject(folder);
  const system = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${system}-${process.arch}`;
  try {
    await npm(folder, ["install", ...quiet, `runtime@npm:${name}@${major}`], signal);
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  const file = process.platform === "win32" ? "bin/node.exe" : "bin/node";
  return join(folder, "node_modules/runtime", file);
}
