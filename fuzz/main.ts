/**
 * `npm run fuzz`: gives whatever takes bytes from others bytes that chance makes, and looks for
 * what must not come of it.
 *
 * What was found goes to standard output, everything on the way there to standard error. It opens
 * no socket, starts no process and writes no file but those of `--out`.
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../measure/command-line.ts";
import { abortedBySignals } from "../measure/interruption.ts";
import { describeMachine } from "../measure/machine.ts";
import { writeRecord } from "../reliability/record.ts";
import { recorded } from "../reliability/scenarios.ts";
import { readCorpus } from "./corpus.ts";
import { Hunt } from "./hunt.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { entryOf, failureText, terminalSummary } from "./report.ts";
import { runHunts } from "./run-hunts.ts";
import { targets } from "./targets.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const corpusFolder = join(root, "fuzz/corpus");
const progressEveryMs = 10_000;

const read = () => readOptions(process.argv.slice(2), targets, { seed: Date.now() % 2 ** 32 });
process.exitCode = await runCommand({ usage, read, run: main });

async function main(options: Options): Promise<number> {
  const { seed } = options;
  const hunts = options.targets.map(
    (target) => new Hunt(target, readCorpus(corpusFolder, target.name), seed),
  );
  const [first] = hunts;
  if (first !== undefined && options.input !== undefined) await first.runInput(options.input);
  else if (first !== undefined && options.at !== undefined) await first.replay(options.at);
  else return await hunt(options, hunts);
  process.stdout.write(first.failures.map(failureText).join(""));
  const { length } = first.failures;
  process.stdout.write(`${length === 0 ? "Nothing is wrong with it." : `${length} failed.`}\n`);
  return length === 0 ? 0 : 1;
}

async function hunt(options: Options, hunts: readonly Hunt[]): Promise<number> {
  const { seed, out } = options;
  const interrupted = abortedBySignals(progress);
  const machine = describeMachine(root);
  progress(`Node ${machine.node}, ${machine.processors}, load ${machine.load}, seed ${seed}`);
  const began = performance.now();
  const limits = { ms: options.minutes * 60_000, inputs: options.inputs };
  await runHunts(hunts, limits, { signal: interrupted.signal, onTurn: tellProgress(hunts) });
  const seconds = (performance.now() - began) / 1_000;
  const run = { hunts, seed, seconds, machine };
  const failures = hunts.flatMap((each) => each.failures);
  process.stdout.write(failures.map(failureText).join(""));
  process.stdout.write(terminalSummary(run));
  if (out !== undefined) {
    progress(`written: ${writeRecord(resolve(out), [entryOf(run)], recorded).join(", ")}`);
  }
  return failures.length > 0 ? 1 : (interrupted.code ?? 0);
}

/** A line now and then, and one at once for whatever is found. */
function tellProgress(hunts: readonly Hunt[]): () => void {
  let last = performance.now();
  let told = 0;
  return () => {
    const found = hunts.flatMap((each) => each.failures);
    for (const failure of found.slice(told)) progress(failureText(failure));
    told = found.length;
    if (performance.now() - last < progressEveryMs) return;
    last = performance.now();
    const counts = hunts.map(
      ({ target, inputs }) => `${target.name} ${inputs.toLocaleString("en-US")}`,
    );
    progress(counts.join(", "));
  };
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
