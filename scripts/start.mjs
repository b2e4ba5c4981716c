/**
 * `npm start`: two processes that chat over mutual TLS, from a fresh clone.
 *
 * The demo takes the place of this script instead of being its child, so that standard input,
 * signals and the exit code are its own with nobody in between.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildIfStale } from "./steps/build.mjs";
import { install } from "./steps/install.mjs";
import { endWithParent } from "./steps/parent.mjs";
import { root } from "./steps/root.mjs";

endWithParent();
await install();
const code = await buildIfStale();
if (code !== 0) {
  process.stderr.write("src does not compile (see above), so the demo was not started.\n");
  process.exit(code);
}
const demo = join(root, "dist/cli/demo.js");
process.argv.splice(1, 1, demo);
await import(pathToFileURL(demo).href);
