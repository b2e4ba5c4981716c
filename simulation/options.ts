/** The command line of `npm run simulate`. */
import { parseArgs } from "node:util";
import { canaries } from "./canaries.ts";

export const usage = `Usage: npm run simulate -- [options]

  --seed N       one life of a cluster, with its timeline
  --seeds N      so many lives, one after the other (300 unless said)
  --from N       the first of their seeds (1 unless said)
  --twice N      every Nth life is led twice, and has to be the same (30 unless said)
  --workers N    so many processes side by side (1 unless said)
  --nodes N      nodes of a cluster (5 unless said)
  --minutes N    virtual minutes of a life under faults (10 unless said)
  --keep-faults  a failure is not made smaller
  --canary NAME  with a defect built in on purpose, until it is found; "all" for each in turn
  --scale        a mesh of 64 nodes, and 50,000 names after a heal, instead of lives
  --out FOLDER   writes what was found to the record there
  --help

Ctrl-C ends it at any time, and shows what was found so far. The exit code is 0 if no promise was
broken, or every canary was found.
`;

export interface Options {
  /** One life, to look at. */
  readonly seed: number | undefined;
  readonly from: number;
  readonly seeds: number;
  readonly twice: number;
  readonly workers: number;
  readonly nodes: number;
  readonly virtualMinutes: number;
  readonly shrinkRuns: number;
  readonly canary: string | undefined;
  readonly scale: boolean;
  readonly out: string | undefined;
}

/** As `simulate` takes them. */
const mostSeed = 2 ** 31 - 1;

/** Throws a `RangeError` or `TypeError` for what cannot be. `undefined` if only help is wanted. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string" },
      seeds: { type: "string" },
      from: { type: "string" },
      twice: { type: "string" },
      workers: { type: "string" },
      nodes: { type: "string" },
      minutes: { type: "string" },
      "keep-faults": { type: "boolean", default: false },
      canary: { type: "string" },
      scale: { type: "boolean", default: false },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { seed, canary } = values;
  if (canary !== undefined && canary !== "all" && !canaries.some(({ id }) => id === canary)) {
    const known = canaries.map(({ id }) => id).join(", ");
    throw new RangeError(`Expected a canary among ${known}, or all, got ${canary}.`);
  }
  const from = wholeNumber("from", values.from ?? "1", 0, mostSeed);
  const seeds = wholeNumber("seeds", values.seeds ?? (canary === undefined ? "300" : "200"), 1);
  if (from + seeds - 1 > mostSeed) {
    throw new RangeError(`Expected the seeds to be up to ${mostSeed}, got ${from + seeds - 1}.`);
  }
  const kinds = { seed, canary, scale: values.scale ? "" : undefined };
  const asked = Object.entries(kinds).flatMap(([kind, value]) => (value === undefined ? [] : kind));
  if (asked.length > 1) {
    throw new RangeError(
      `Expected one of --seed, --canary and --scale, got --${asked.join(" and --")}.`,
    );
  }
  return {
    seed: seed === undefined ? undefined : wholeNumber("seed", seed, 0, mostSeed),
    from,
    seeds,
    twice: wholeNumber("twice", values.twice ?? "30", 1),
    workers: wholeNumber("workers", values.workers ?? "1", 1, 64),
    nodes: wholeNumber("nodes", values.nodes ?? "5", 2, 100),
    virtualMinutes: wholeNumber("minutes", values.minutes ?? "10", 1, 10_000),
    shrinkRuns: values["keep-faults"] ? 0 : 200,
    canary,
    scale: values.scale,
    out: values.out,
  };
}

function wholeNumber(name: string, text: string, least: number, most: number = 2 ** 31): number {
  const value = Number(text);
  if (text !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
  const wanted = `a whole number from ${least} to ${most}`;
  throw new RangeError(`Expected --${name} to be ${wanted}, got ${JSON.stringify(text)}.`);
}
