/**
 * `npm run simulate`: leads whole clusters through lives that seeds decide, and tells which
 * promises were broken.
 *
 * What was found goes to standard output, everything on the way there to standard error.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { formatTimeline, SimulationFailed } from "reign/testing";
import { runCommand } from "../measure/command-line.ts";
import { abortedBySignals } from "../measure/interruption.ts";
import { type Canary, canaries } from "./canaries.ts";
import { copyWithDefect } from "./defective-copy.ts";
import { live } from "./life.ts";
import { type LivesOptions, lead, noLives, type Totals } from "./lives.ts";
import { type Options, readOptions, usage } from "./options.ts";
import {
  figuresOfCanaries,
  figuresOfLives,
  figuresOfScale,
  type Measured,
  record,
} from "./record.ts";
import { canaryLine, isFound, progressLine, scaleLine, summary } from "./report.ts";
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
  const { workers, seeds, nodes, virtualMinutes } = options;
  const lives: LivesOptions = { ...options, step: 1, untilFailure: false, regressions: true };
  const led = workers === 1 ? lead(lives, signal) : leadInWorkers(main, lives, workers, signal);
  const started = performance.now();
  let told = started;
  let totals: Totals = noLives;
  for await (totals of led) {
    if (performance.now() - told < progressEveryMs) continue;
    told = performance.now();
    progress(progressLine(totals, seeds, told - started));
  }
  process.stdout.write(summary(totals, options));
  const title = `${totals.lives} lives of ${nodes} nodes, ${virtualMinutes} virtual minutes each`;
  write(options, { id: "simulation", title }, figuresOfLives(totals, nodes), started);
  return interrupted.code ?? (totals.failures.length === 0 ? 0 : 1);
}

/** Each in a copy of its own, in a process of its own, until it is found. */
async function runCanaries(options: Options): Promise<number> {
  const interrupted = abortedBySignals(progress);
  const { signal } = interrupted;
  const chosen = canaries.filter(({ id }) => options.canary === "all" || options.canary === id);
  const started = performance.now();
  const until: number[] = [];
  for (const canary of chosen) {
    if (signal.aborted) break;
    const totals = await hunt(canary, options, signal);
    const found = isFound(totals);
    if (signal.aborted && !found) break;
    until.push(found ? totals.lives : Number.POSITIVE_INFINITY);
    process.stdout.write(canaryLine(canary, totals));
  }
  const title = `${until.length} known defects, built in on purpose`;
  write(options, { id: "canaries", title }, figuresOfCanaries(until), started);
  return interrupted.code ?? (until.every(Number.isFinite) ? 0 : 1);
}

async function hunt(canary: Canary, options: Options, signal: AbortSignal): Promise<Totals> {
  const folder = mkdtempSync(join(tmpdir(), "reign-canary-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // A second Ctrl-C waits for nobody, but leaves nothing either.
  process.on("exit", remove);
  try {
    const copy = copyWithDefect(root, folder, canary);
    const lives: LivesOptions = {
      ...options,
      step: 1,
      shrinkRuns: 0,
      twice: options.seeds,
      untilFailure: true,
      regressions: false,
    };
    let totals = noLives;
    for await (totals of leadInWorkers(copy, lives, 1, signal));
    return totals;
  } finally {
    process.off("exit", remove);
    remove();
  }
}

async function runScale(options: Options): Promise<number> {
  const started = performance.now();
  const results = [];
  for (const simulation of [formMesh, healNames]) {
    const result = await simulation(options.from);
    results.push(result);
    process.stdout.write(scaleLine(result));
  }
  write(
    options,
    { id: "scale", title: "many nodes, and many names" },
    figuresOfScale(results),
    started,
  );
  return results.every(({ tookMs, allowedMs }) => tookMs <= allowedMs) ? 0 : 1;
}

function write(
  { out, from }: Options,
  section: { readonly id: string; readonly title: string },
  figures: readonly Measured[],
  started: number,
): void {
  if (out === undefined) return;
  const run = { root, seed: from, seconds: (performance.now() - started) / 1_000 };
  progress(`written: ${record(resolve(out), section, figures, run).join(", ")}`);
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
