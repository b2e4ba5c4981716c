/** What a run has come to, for the terminal and for the record. */
import type { Machine } from "../measure/machine.ts";
import { percentile } from "../measure/percentiles.ts";
import type { Figure } from "../reliability/judge.ts";
import type { Entry } from "../reliability/report.ts";
import { hexOf } from "./bytes.ts";
import type { Failure, Hunt } from "./hunt.ts";

export interface Run {
  readonly hunts: readonly Hunt[];
  readonly seed: number;
  readonly seconds: number;
  readonly machine: Machine;
}

/** The command that runs it again. */
function replayLine({ target, seed, at, input, alone }: Failure): string {
  const what = alone ? `--input ${hexOf(input) || '""'}` : `--seed ${seed} --at ${at}`;
  return `npm run fuzz -- --target ${target} ${what}`;
}

export function failureText(failure: Failure): string {
  const { target, at, seed, problem, stack } = failure;
  const where = stack.split("\n").filter((line) => line.startsWith("    at "));
  return [
    `FAILED ${target}, input ${at} of seed ${seed}: ${problem}`,
    ...where.slice(0, 8),
    `  ${replayLine(failure)}`,
    "",
  ].join("\n");
}

export function terminalSummary({ hunts, seed, seconds }: Run): string {
  const lines = hunts.map(({ target, inputs, failed, spentMs }) => {
    const rate = Math.round((inputs * 1_000) / Math.max(1, spentMs));
    const cells = [inputs, rate].map((value) => value.toLocaleString("en-US").padStart(12));
    const name = target.name.padEnd(12);
    return `  ${name}${cells.join("")} a second${String(failed).padStart(8)} failed`;
  });
  const all = totalOf(hunts).toLocaleString("en-US");
  const last = `${all} inputs in ${seconds.toFixed(0)} s, seed ${seed}`;
  return `${[...lines, last].join("\n")}\n`;
}

/** As a scenario of `npm run reliability`, so that it has a section beside those. */
export function entryOf({ hunts, seed, seconds, machine }: Run): Entry {
  const all: Figure = {
    title: "inputs in all",
    done: "By turns: each target has its share of the time.",
    unit: "",
    count: totalOf(hunts),
    goal: "",
    verdict: "measured",
    reason: "",
  };
  return {
    id: "fuzz",
    title: "bytes that chance makes, and what is held against them",
    seconds,
    figures: [...hunts.map(figureOf), all],
    machine,
    size: "full",
    seed,
  };
}

function figureOf({ target, inputs, failed, failures, spentMs, tookMicros }: Hunt): Figure {
  const sorted = Float64Array.from(tookMicros).sort();
  const rate = Math.round((inputs * 1_000) / Math.max(1, spentMs));
  const each = failures.map((failure) => `${failure.problem} (${replayLine(failure)})`);
  return {
    title: `${target.name}: an input`,
    done: `Held: ${target.held}. ${rate.toLocaleString("en-US")} inputs a second.`,
    unit: "µs",
    count: inputs,
    goal: "failed = 0",
    statistics: {
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      max: sorted.at(-1) ?? Number.NaN,
      min: sorted[0] ?? Number.NaN,
      total: spentMs * 1_000,
    },
    verdict: failed === 0 ? "met" : "missed",
    reason: failed === 0 ? "" : `${failed} failed: ${each.join("; ")}`,
  };
}

function totalOf(hunts: readonly Hunt[]): number {
  return hunts.reduce((sum, { inputs }) => sum + inputs, 0);
}
