/**
 * `npm run bench`: what a message costs, here and there, beside the least that it could cost.
 *
 * This process starts the others and adds up; it measures nothing itself. The table goes to
 * standard output, everything on the way there to standard error. Whatever ends it, its processes
 * and its temporary folder are gone with it.
 */
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../measure/command-line.ts";
import { leaveNothing, signalExitCodes } from "../measure/leave-nothing.ts";
import { bindableProcessor, describeMachine } from "../measure/machine.ts";
import { cases } from "./cases.ts";
import { growths } from "./growths.ts";
import { hotPlaces } from "./hot-places.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { playRole } from "./play-role.ts";
import { growthText, terminalReport } from "./report.ts";
import type { RoleProcess } from "./role-process.ts";
import { type CaseResult, type RunOptions, runCase } from "./run-case.ts";
import { type GrowthResult, runGrowth } from "./run-growth.ts";
import { drawAll, save } from "./save.ts";
import { settingsIn } from "./setting.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const args = process.argv.slice(2);

if (args[0] === "--role") playRole([...cases, ...growths]);
else {
  const read = () => readOptions(args, cases);
  process.exitCode = await runCommand({ usage, read, run: main });
}

async function main(options: Options): Promise<number> {
  try {
    await bench(options);
    return 0;
  } catch (error) {
    progress(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

async function bench(options: Options): Promise<void> {
  const { rounds } = options;
  const started = new Set<RoleProcess>();
  const folder = mkdtempSync(join(tmpdir(), "reign-bench-"));
  leaveNothing(started, folder);
  for (const [signal, code] of Object.entries(signalExitCodes)) {
    process.on(signal, () => process.exit(code));
  }
  const profileFolder = options.profile ? mkdtempSync(join(tmpdir(), "reign-profile-")) : undefined;
  const machine = describeMachine(root);
  progress(`Node ${machine.node}, ${machine.processors}, load ${machine.load}`);

  const runOptions: RunOptions = {
    size: options.size,
    rounds,
    warmUps: options.size === "quick" ? 1 : 2,
    processor: bindableProcessor(),
    profileFolder,
    makeSetting: settingsIn(folder),
    started,
    progress,
  };
  const results: CaseResult[] = [];
  const grown: GrowthResult[] = [];
  try {
    for (const chosen of options.cases) results.push(await runCase(chosen, runOptions));
    for (const each of options.growth ? growths : []) grown.push(await runGrowth(each, runOptions));
  } finally {
    for (const child of started) child.kill();
  }
  if (results.length > 0) process.stdout.write(terminalReport(results));
  process.stdout.write(growthText(grown));
  if (profileFolder !== undefined) showProfiles(profileFolder);
  if (options.save) {
    const files = save({ machine, rounds, results, grown }, root);
    progress(`written: ${files.join(", ")}`);
  } else if (options.growth) {
    const chartFolder = mkdtempSync(join(tmpdir(), "reign-charts-"));
    progress(`charts: ${drawAll(grown, join(chartFolder, "growth")).join(", ")}`);
  }
}

function showProfiles(folder: string): void {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    process.stdout.write(`\n${path}\n${hotPlaces(path).join("\n")}\n`);
  }
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
