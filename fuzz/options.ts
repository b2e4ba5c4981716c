/** The command line of `npm run fuzz`. */
import { parseArgs } from "node:util";
import { bytesOf } from "./bytes.ts";
import type { Target } from "./target.ts";

export const usage = `Usage: npm run fuzz -- [options]

  --minutes N            how long, in all (default 1)
  --inputs N             so many inputs in all, if that comes first
  --target NAME[,NAME]   these targets alone
  --seed N               what chance is drawn from; the seed of a run is in its report
  --at K                 runs input K of a target and a seed again, and what leads to it
  --input HEX            runs one input of a target
  --out FOLDER           where reliability.md and reliability.json are, whose section on fuzzing
                         is written anew
  --help

Ctrl-C ends it at any time, and shows and writes what was found so far.
`;

export interface Options {
  readonly targets: readonly Target[];
  readonly minutes: number;
  readonly inputs: number;
  readonly seed: number;
  readonly at: number | undefined;
  readonly input: Uint8Array | undefined;
  /** Where to write. Nothing is written without it. */
  readonly out: string | undefined;
}

/** Throws a `RangeError` or `TypeError` for what cannot be. `undefined` if only help is wanted. */
export function readOptions(
  args: readonly string[],
  targets: readonly Target[],
  defaults: { readonly seed: number },
): Options | undefined {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{
        minutes: text,
        inputs: text,
        target: text,
        seed: text,
        at: text,
        input: text,
        out: text,
      },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const chosen = values.target?.split(",").map((name) => targetOf(name, targets)) ?? targets;
  const { input, at } = values;
  if (input !== undefined || at !== undefined) expectOne(chosen);
  return {
    targets: chosen,
    minutes: numberOf("--minutes", values.minutes ?? "1", Number.MIN_VALUE, 60 * 24 * 365),
    inputs: wholeOf("--inputs", values.inputs, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY,
    seed: wholeOf("--seed", values.seed, 2 ** 32 - 1) ?? defaults.seed,
    at: wholeOf("--at", at, Number.MAX_SAFE_INTEGER),
    input: input === undefined ? undefined : bytesOf(input),
    out: values.out,
  };
}

function expectOne(targets: readonly Target[]): void {
  if (targets.length === 1) return;
  throw new RangeError("Expected one --target for --input or --at.");
}

function targetOf(name: string, targets: readonly Target[]): Target {
  const found = targets.find((target) => target.name === name.trim());
  if (found !== undefined) return found;
  const known = targets.map((target) => target.name).join(", ");
  throw new RangeError(`Expected targets among ${known}, got ${JSON.stringify(name)}.`);
}

function wholeOf(option: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = numberOf(option, text, 0, most);
  if (Number.isInteger(value)) return value;
  throw new RangeError(`Expected ${option} to be a whole number, got ${JSON.stringify(text)}.`);
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= least && value <= most) return value;
  throw new RangeError(
    `Expected ${option} to be a number up to ${most}, got ${JSON.stringify(text)}.`,
  );
}
