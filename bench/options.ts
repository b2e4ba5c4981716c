/** The command line of `npm run bench`. */
import { parseArgs } from "node:util";
import type { Case } from "./case.ts";

export const usage = `Usage: npm run bench -- [options]

  --only CASE[,CASE]  these cases alone; L3 means L3-1k and all others that begin so
  --rounds N          rounds that count, 1 to 100 (default 5; fewer mean little)
  --quick             few messages and two rounds: shows that it works, measures nothing
  --growth            how cost and memory grow, instead of the cases; leaves charts
  --save              writes a page, figures and charts to bench/results, of all cases and growths
  --profile CASE      runs this case alone and leaves a CPU profile of each process
  --help
`;

/** A page's medians are of so many rounds at least. */
const fewestSaved = 5;

export interface Options {
  readonly cases: readonly Case[];
  readonly size: keyof Case["size"];
  readonly rounds: number;
  readonly growth: boolean;
  readonly save: boolean;
  readonly profile: boolean;
}

/** Throws a `RangeError` or `TypeError` for what cannot be. `undefined` if only help is wanted. */
export function readOptions(args: readonly string[], cases: readonly Case[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      growth: { type: "boolean", default: false },
      save: { type: "boolean", default: false },
      profile: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const { only, rounds, quick, growth, save, profile, help } = values;
  if (help) return undefined;
  if (only !== undefined && profile !== undefined) {
    throw new RangeError("Expected --only or --profile, got both: a profile is of one case.");
  }
  if (growth && (only ?? profile) !== undefined) {
    throw new RangeError("Expected --growth without --only and --profile: it is no case.");
  }
  if (growth && rounds !== undefined) {
    throw new RangeError("Expected --growth without --rounds: it has three, and one with --quick.");
  }
  if (save && (only ?? profile ?? (quick || undefined)) !== undefined) {
    throw new RangeError("Expected --save by itself: what is saved is a whole run of all cases.");
  }
  if (save && rounds !== undefined && roundsOf(rounds) < fewestSaved) {
    throw new RangeError(`Expected --save with --rounds from ${fewestSaved} on, got ${rounds}.`);
  }
  const named = profile ?? only;
  if (save && growth) throw new RangeError("Expected --save by itself: growth is part of it.");
  const size = quick ? "quick" : "full";
  return {
    cases: growth ? [] : chosenCases(named, size, cases),
    size,
    rounds: rounds === undefined ? (quick ? 2 : 5) : roundsOf(rounds),
    growth: growth || save,
    save,
    profile: profile !== undefined,
  };
}

function chosenCases(
  named: string | undefined,
  size: Options["size"],
  cases: readonly Case[],
): readonly Case[] {
  if (named === undefined) return casesIn(size, cases);
  return [...new Set(named.split(",").flatMap((id) => casesOf(id, cases)))];
}

/** The cases of a run of this size that nobody has named one by one. */
export function casesIn(size: Options["size"], cases: readonly Case[]): readonly Case[] {
  return cases.filter((each) => each.size[size] > 0);
}

/** The case of this name, or all that are sizes or sides of it: `L3` is `L3-1k` and its like. */
function casesOf(id: string, cases: readonly Case[]): readonly Case[] {
  const wanted = id.toLowerCase();
  const found = cases.filter((candidate) => {
    const own = candidate.id.toLowerCase();
    return own === wanted || own.startsWith(`${wanted}-`);
  });
  if (found.length > 0) return found;
  const known = cases.map((candidate) => candidate.id).join(", ");
  throw new RangeError(`Expected cases among ${known}, got ${JSON.stringify(id)}.`);
}

function roundsOf(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= 100) return rounds;
  throw new RangeError(`Expected --rounds from 1 to 100, got ${JSON.stringify(text)}.`);
}
