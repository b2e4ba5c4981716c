/** The command line of `npm run test:runtimes`. */
import { parseArgs } from "node:util";

/** The major versions that the package is tried under: from the oldest that it runs on. */
export const majors: readonly number[] = [20, 22, 24, 26];

export const usage = `Usage: npm run test:runtimes -- [options]

Packs the package, installs it into an empty folder, and runs its public API there, with a cluster
of two processes over mutual TLS, under Node.js ${majors.join(", ")}. Versions other than the one that
runs this come from npm (200 MB each, kept in node_modules/.cache).

  --only NAMES   these alone, as 22,24; "present" is the one that runs this
  --save         writes the table into docs/runtimes.md
  --help

The exit code is 0 when each of them was tried and everything passed.
`;

export interface Options {
  readonly majors: readonly number[];
  readonly save: boolean;
}

/** Throws a `RangeError` or `TypeError` for what cannot be. `undefined` if only help is wanted. */
export function readOptions(args: readonly string[], present: number): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      save: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  if (values.save && values.only !== undefined) {
    throw new RangeError("Expected --save without --only: the page has all of them.");
  }
  const only = values.only?.split(",").map((text) => majorOf(text.trim(), present));
  return { majors: only ?? majors, save: values.save };
}

function majorOf(text: string, present: number): number {
  if (text === "present") return present;
  if (/^\d{2}$/.test(text)) return Number(text);
  throw new RangeError(
    `Expected versions of Node.js as 22,24 or "present", got ${JSON.stringify(text)}.`,
  );
}
