/**
 * `npm run bench`: installs, compiles `src` and `bench`, and becomes the benchmark.
 *
 * `bench` is compiled into a folder of its own within the package, so that it imports `reign` by
 * its name, as built: what is measured is what is published.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildIfStale } from "./steps/build.mjs";
import { install } from "./steps/install.mjs";
import { endWithParent } from "./steps/parent.mjs";
import { root } from "./steps/root.mjs";
import { programOf, run } from "./steps/run.mjs";

endWithParent();
await install();
const stdio = ["ignore", 2, 2];
const compile = () => run(programOf("typescript", "tsc"), ["-p", "tsconfig.bench.json"], { stdio });
const code = (await buildIfStale()) || (await compile());
if (code !== 0) {
  process.stderr.write("src or bench does not compile (see above), so nothing was measured.\n");
  process.exit(code);
}
const main = join(root, "dist-bench/main.js");
process.argv.splice(1, 1, main);
await import(pathToFileURL(main).href);
