/**
 * How much the tests of faults do, and what they measure on the way.
 *
 * With `REIGN_RELIABILITY` set they do all of what the catalogue of faults asks for, otherwise
 * about a tenth. With `REIGN_FIGURES` naming a file, each figure is a line of JSON at its end; no
 * test depends on one.
 */
import { appendFileSync } from "node:fs";

/** How often to do what is done `full` times in the long run. */
export function times(full: number): number {
  return process.env["REIGN_RELIABILITY"] ? full : Math.ceil(full / 10);
}

/** Notes milliseconds that something took. */
export function note(what: string, ms: readonly number[]): void {
  const file = process.env["REIGN_FIGURES"];
  if (file) appendFileSync(file, `${JSON.stringify({ what, ms })}\n`);
}
