/** The command line of `npm run soak`. */
import { parseArgs } from "node:util";
import { seedOf } from "../reliability/options.ts";
import type { Size } from "../reliability/scenario.ts";
import { type Plant, plants } from "./plant.ts";

export const usage = `Usage: npm run soak -- [options]

  --minutes N    how long it goes on; parts of a minute can be given (default 5). Growth of memory
                 is judged from 30 minutes on
  --seed N       what chance is drawn from; the seed of a run is in its report
  --out FOLDER   puts the result into reliability.md and reliability.json there, beside what other
                 runs have left (--out docs). Without it nothing is written
  --quick        one fault a second or so: shows that it works, and measures little
  --plant NAMES  one process breaks these rules, to see that it is found: ${plants.join(", ")}
  --help

Ctrl-C ends it at any time, and shows what was found so far. The exit code is 0 when every figure
is as it should be.
`;

export interface Options {
  readonly minutes: number;
  readonly size: Size;
  readonly out: string | undefined;
  readonly seed: number;
  readonly plants: readonly Plant[];
}

const mostMinutes = 10_000;

/** Throws a `RangeError` or `TypeError` for what cannot be. `undefined` if only help is wanted. */
export function readOptions(
  args: readonly string[],
  defaults: { readonly seed: number },
): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string", default: "5" },
      quick: { type: "boolean", default: false },
      out: { type: "string" },
      seed: { type: "string" },
      plant: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const { minutes, quick, out, seed, plant, help } = values;
  if (help) return undefined;
  return {
    minutes: minutesOf(minutes),
    size: quick ? "quick" : "full",
    out,
    seed: seed === undefined ? defaults.seed : seedOf(seed),
    plants: plant === undefined ? [] : plant.split(",").map(plantOf),
  };
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (minutes > 0 && minutes <= mostMinutes) return minutes;
  throw new RangeError(
    `Expected --minutes above 0, up to ${mostMinutes}, got ${JSON.stringify(text)}.`,
  );
}

function plantOf(text: string): Plant {
  const found = plants.find((plant) => plant === text.trim());
  if (found !== undefined) return found;
  throw new RangeError(`Expected plants among ${plants.join(", ")}, got ${JSON.stringify(text)}.`);
}
