/**
 * `npm run soak`: five processes under load while one thing after another goes wrong, for as long
 * as is wanted.
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
import { describeMachine } from "../measure/machine.ts";
import { playPart } from "../reliability/play-part.ts";
import { writeRecord } from "../reliability/record.ts";
import { type Entry, terminalTable } from "../reliability/report.ts";
import { type RunOptions, runScenario } from "../reliability/run-scenario.ts";
import { recorded } from "../reliability/scenarios.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { nodeCount } from "./plan.ts";
import { soakOf } from "./soak.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const args = process.argv.slice(2);

if (args[0] === "--part") playPart([soakOf({ minutes: 0, plants: [] })]);
else {
  const read = () => readOptions(args, { seed: Date.now() % 2 ** 32 });
  process.exitCode = await runCommand({ usage, read, run: main });
  // Whatever a run that was cut short has left open is not waited for.
  setTimeout(() => process.exit(), 2_000).unref();
}

async function main(options: Options): Promise<number> {
  const { seed, size, out } = options;
  const folder = mkdtempSync(join(tmpdir(), "reign-soak-"));
  const started: RunOptions["started"] = new Set();
  leaveNothing(started, folder);
  const interrupted = abortedBySignals(progress);
  const machine = describeMachine(root);
  progress(`Node ${machine.node}, ${machine.processors}, load ${machine.load}, seed ${seed}`);
  await initCluster({ nodes: nodeCount, dir: folder, cluster: "reliability" });
  const { signal } = interrupted;
  const run: RunOptions = { size, folder, seed, signal, started, progress };
  const result = await runScenario(soakOf(options), run);
  process.stdout.write(terminalTable([result]));
  const missed = result.figures.some(({ verdict }) => verdict === "missed");
  if (signal.aborted) return missed ? 1 : (interrupted.code ?? 1);
  // What somebody has stopped is shown and not kept.
  if (out !== undefined) {
    const entry: Entry = { ...result, machine, size, seed };
    progress(`written: ${writeRecord(resolve(out), [entry], recorded).join(", ")}`);
  }
  const whole = result.figures.every(({ verdict }) => verdict !== "incomplete");
  return missed || !whole || result.cutShort !== undefined ? 1 : 0;
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
