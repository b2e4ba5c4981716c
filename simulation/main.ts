/**
 * `npm run simulate`: leads whole clusters through lives that seeds decide, and tells which promises
 * were broken.
 *
 * What was found goes to standard output, everything on the way there to standard error.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatTimeline, SimulationFailed } from "reign/testing";
import { runCommand } from "../measure/command-line.ts";
import { abortedBySignals } from "../measure/interruption.ts";
import { type Canary, canaries } from "./canaries.ts";
import { copyWithDefect } from "./defective-copy.ts";
import { live } from "./life.ts";
import { type LivesOptions, lead, noLives, type Totals } from "./lives.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { canaryLine, progressLine, summary } from "./report.ts";
import { formMesh, healNames } from "./scale.ts";
import { leadInWorkers, work, workerFlag } from "./workers.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const main = fileURLToPath(import.meta.url);
const args = process.argv.slice(2);
const progressEveryMs = 5_000;

if (args[0] === workerFlag) await work(args[1] ?? "");
else process.exitCode = await runCommand({ usage, read: () => readOptions(args), run });

async function run(options: Options): Promise<number> {
  if (options.scale) return await runScale(options);
  if (options.seed !== undefined) return await runOne(options, options.seed);
  if (options.canary !== undefined) return await runCanaries(options);
  return await runMany(options);
}

/** One life, to look at. */
async function runOne(options: Options, seed: number): Promise<number> {
  const { nodes, virtualMinutes, shrinkRuns } = options;
  try {
    const life = await live({ seed, nodes, virtualMinutes, shrinkRuns });
    process.stdout.write(`${formatTimeline(life.timeline)}\n\n`);
    const { events, plan, virtualMs, traceHash } = life;
    const what = `${events} events, ${plan.length} faults, ${virtualMs} virtual ms`;
    process.stdout.write(`Seed ${seed}: no promise broken. ${what}. Trace ${traceHash}\n`);
    return 0;
  } catch (error) {
    const text = error instanceof SimulationFailed ? error.message : String(error);
    process.stdout.write(`${text}\n`);
    return 1;
  }
}

async function runMany(options: Options): Promise<number> {
  const interrupted = abortedBySignals(progress);
  const { signal } = interrupted;
  const lives: LivesOptions = { ...options, step: 1, untilFailure: false };
  const led =
    options.workers === 1
      ? lead(lives, signal)
      : leadInWorkers(main, lives, options.workers, signal);
  const started = performance.now();
  let told = started;
  let totals: Totals = noLives;
  for await (totals of led) {
    if (performance.now() - told < progressEveryMs) continue;
    told = performance.now();
    progress(progressLine(totals, options.seeds, told - started));
  }
  process.stdout.write(summary(totals, options));
  return interrupted.code ?? (totals.failures.length === 0 ? 0 : 1);
}

/** Each in a copy of its own, in a process of its own, until it is found. */
async function runCanaries(options: Options): Promise<number> {
  const interrupted = abortedBySignals(progress);
  const { signal } = interrupted;
  const chosen = canaries.filter(({ id }) => options.canary === "all" || options.canary === id);
  let missed = 0;
  for (const canary of chosen) {
    if (signal.aborted) break;
    const totals = await hunt(canary, options, signal);
    if (totals.failures.length === 0) missed += 1;
    process.stdout.write(canaryLine(canary, totals));
  }
  return interrupted.code ?? (missed === 0 ? 0 : 1);
}

async function hunt(canary: Canary, options: Options, signal: AbortSignal): Promise<Totals> {
  const folder = mkdtempSync(join(tmpdir(), "reign-canary-"));
  try {
    const copy = copyWithDefect(root, folder, canary);
    const lives: LivesOptions = {
      ...options,
      step: 1,
      shrinkRuns: 0,
      twice: options.seeds,
      untilFailure: true,
    };
    let totals = noLives;
    for await (totals of leadInWorkers(copy, lives, 1, signal));
    return totals;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runScale({ from }: Options): Promise<number> {
  let late = 0;
  for (const measured of [formMesh, healNames]) {
    const { what, tookMs, allowedMs, events, cpuMs } = await measured(from);
    if (tookMs > allowedMs) late += 1;
    const cost = `${events} events, ${(cpuMs / 1_000).toFixed(1)} s of processor`;
    process.stdout.write(`${what}: ${tookMs} virtual ms (at most ${allowedMs}), ${cost}\n`);
  }
  return late === 0 ? 0 : 1;
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
