/** The command line of `npm run reliability`. */
import { parseArgs } from "node:util";
import type { Scenario, Size } from "./scenario.ts";

export const usage = `Usage: npm run reliability -- [options]

  --only NAME[,NAME]  these scenarios alone
  --quick             about a tenth of everything: shows that it works, and measures little
  --out FOLDER        where reliability.md and reliability.json go (default docs; with --quick
                      nothing is written unless this is given)
  --seed N            what chance is drawn from; the seed of a run is in its report
  --help

Ctrl-C ends it at any time, and shows what was found so far.
`;

export interface Options {
  readonly scenarios: readonly Scenario[];
  readonly size: Size;
  /** Where to write. Nothing is written without it. */
  readonly out: string | undefined;
  readonly seed: number;
}

/** Throws a `RangeError` or `TypeError` for what cannot be. `undefined` if only help is wanted. */
export function readOptions(
  args: readonly string[],
  scenarios: readonly Scenario[],
  defaults: { readonly out: string; readonly seed: number },
): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      quick: { type: "boolean", default: false },
      out: { type: "string" },
      seed: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const { only, quick, out, seed, help } = values;
  if (help) return undefined;
  return {
    scenarios:
      only === undefined ? scenarios : only.split(",").map((id) => scenarioOf(id, scenarios)),
    size: quick ? "quick" : "full",
    out: out ?? (quick ? undefined : defaults.out),
    seed: seed === undefined ? defaults.seed : seedOf(seed),
  };
}

function scenarioOf(id: string, scenarios: readonly Scenario[]): Scenario {
  const found = scenarios.find((candidate) => candidate.id === id.trim().toLowerCase());
  if (found !== undefined) return found;
  const known = scenarios.map((candidate) => candidate.id).join(", ");
  throw new RangeError(`Expected scenarios among ${known}, got ${JSON.stringify(id)}.`);
}

export function seedOf(text: string): number {
  const seed = Number(text);
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed;
  throw new RangeError(`Expected --seed from 0 to 4294967295, got ${JSON.stringify(text)}.`);
}
