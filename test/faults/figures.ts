/**
 * How much the tests of faults do, and what they measure on the way.
 *
 * With `REIGN_FULL=1` they do all of what the catalogue of faults asks for, otherwise about a
 * tenth, or what a file says that has another share. With `REIGN_FIGURES` naming a file, each
 * figure is a line of JSON at its end; no test depends on one.
 */
import { appendFileSync } from "node:fs";

/** Whether it is the long run. */
export const full: boolean = process.env["REIGN_FULL"] === "1";

/** How often to do what is done `all` times in the long run. */
export function times(all: number): number {
  return full ? all : Math.ceil(all / 10);
}

/** Notes milliseconds that something took. */
export function note(what: string, ms: readonly number[]): void {
  const file = process.env["REIGN_FIGURES"];
  if (file) appendFileSync(file, `${JSON.stringify({ what, ms })}\n`);
}
