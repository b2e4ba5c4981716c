/**
 * `npm run reliability`: makes faults, counts what comes of them, and writes it down.
 *
 * The table goes to standard output, everything on the way there to standard error. Whatever ends
 * it, its processes and its temporary folder are gone with it.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { initCluster } from "reign/tls";
import { runCommand } from "../measure/command-line.ts";
import { abortedBySignals } from "../measure/interruption.ts";
import { leaveNothing } from "../measure/leave-nothing.ts";
import { describeMachine, type Machine } from "../measure/machine.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { playPart } from "./play-part.ts";
import { writeRecord } from "./record.ts";
import { type Entry, terminalTable } from "./report.ts";
import { type RunOptions, runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";
import { recorded, scenarios } from "./scenarios.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const args = process.argv.slice(2);
/** Quick runs of scenarios go side by side, since they wait more than they work. */
const sideBySide = { full: 1, quick: 4 } as const;

if (args[0] === "--part") playPart(scenarios);
else {
  const defaults = { out: join(root, "docs"), seed: Date.now() % 2 ** 32 };
  const read = () => readOptions(args, scenarios, defaults);
  process.exitCode = await runCommand({ usage, read, run: main });
  // Whatever a scenario that was cut short has left open is not waited for.
  setTimeout(() => process.exit(), 2_000).unref();
}

async function main(options: Options): Promise<number> {
  try {
    return await runAll(options);
  } catch (error) {
    progress(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  }
}

async function runAll(options: Options): Promise<number> {
  const { seed, size, out } = options;
  const folder = mkdtempSync(join(tmpdir(), "reign-reliability-"));
  const started: RunOptions["started"] = new Set();
  leaveNothing(started, folder);
  const interrupted = abortedBySignals(progress);
  const machine = describeMachine(root);
  progress(`Node ${machine.node}, ${machine.processors}, load ${machine.load}, seed ${seed}`);
  await initCluster({ nodes: 6, dir: folder, cluster: "reliability" });

  const { signal } = interrupted;
  const run: RunOptions = { size, folder, seed, signal, started, progress };
  const entries: Entry[] = [];
  const inTurn = options.scenarios.values();
  const worker = async (): Promise<void> => {
    for (const scenario of inTurn) {
      if (signal.aborted) return;
      entries.push(await runOne(scenario, run, machine));
      // At once, so that what is found is not lost with whatever comes after. What somebody has
      // stopped is shown and not kept: it may have been whole before.
      if (out !== undefined && !signal.aborted) write(resolve(out), entries);
    }
  };
  await Promise.all(Array.from({ length: sideBySide[size] }, worker));
  const ordered = scenarios.flatMap(({ id }) => entries.filter((entry) => entry.id === id));
  process.stdout.write(terminalTable(ordered));
  if (interrupted.code !== undefined) return interrupted.code;
  return entries.every(({ cutShort }) => cutShort === undefined) ? 0 : 1;
}

async function runOne(scenario: Scenario, run: RunOptions, machine: Machine): Promise<Entry> {
  progress(`${scenario.id}: ${scenario.title}`);
  const result = await runScenario(scenario, run);
  const { cutShort, seconds, id } = result;
  progress(`${id}: ${cutShort ?? "done"} (${seconds.toFixed(1)} s)`);
  return { ...result, machine: { ...machine }, size: run.size, seed: run.seed };
}

function write(folder: string, entries: readonly Entry[]): void {
  progress(`written: ${writeRecord(folder, entries, recorded).join(", ")}`);
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
