/** `npm run test:one -- test/core/x.test.ts`: some files alone, on a `dist` that is up to date. */
import { buildIfStale } from "./steps/build.mjs";
import { install } from "./steps/install.mjs";
import { endWithParent } from "./steps/parent.mjs";
import { programOf, run } from "./steps/run.mjs";

endWithParent();
await install();
const built = await buildIfStale();
if (built !== 0) process.stderr.write("src does not compile; tests of dist may mislead.\n");
const stdio = ["inherit", "inherit", "inherit"];
const code = await run(programOf("vitest", "vitest"), ["run", ...process.argv.slice(2)], { stdio });
process.exitCode = code === 0 ? built : code;
