/**
 * Compiles a command that measures into a folder of its own and becomes it.
 *
 * The program takes the place of the script instead of being its child, and imports `reign` by its
 * name, as built: what is measured is what is published.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildIfStale } from "./build.mjs";
import { install } from "./install.mjs";
import { endWithParent } from "./parent.mjs";
import { root } from "./root.mjs";
import { programOf, run } from "./run.mjs";

/** `name` is the folder of its sources; `dist-<name>` and `tsconfig.<name>.json` go with it. */
export async function becomeMeasurement(name) {
  endWithParent();
  await install();
  const stdio = ["ignore", 2, 2];
  const compile = () =>
    run(programOf("typescript", "tsc"), ["-p", `tsconfig.${name}.json`], { stdio });
  const code = (await buildIfStale()) || (await compile());
  if (code !== 0) {
    process.stderr.write(`src or ${name} does not compile (see above), so nothing was measured.\n`);
    process.exit(code);
  }
  const main = join(root, `dist-${name}`, name, "main.js");
  process.argv.splice(1, 1, main);
  await import(pathToFileURL(main).href);
}
