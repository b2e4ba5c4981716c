/** `npm run lint`, `npm run types`: the checks named on the command line; without names, all. */
import { checks, runChecks } from "./steps/checks.mjs";
import { install } from "./steps/install.mjs";

const names = process.argv.slice(2);
const known = checks.map((check) => check.name);
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`Expected names among ${known.join(", ")}, got ${unknown.join(", ")}.\n`);
  process.exit(2);
}

await install();
const failed = await runChecks(
  checks.filter((check) => names.length === 0 || names.includes(check.name)),
);
process.exitCode = failed === 0 ? 0 : 1;
