/** `npm run golden`: records what this version says on the wire, into `test/golden`. */
import { install } from "./steps/install.mjs";
import { endWithParent } from "./steps/parent.mjs";
import { programOf, run } from "./steps/run.mjs";

endWithParent();
await install();
process.env.REIGN_GOLDEN = "write";
const stdio = ["inherit", "inherit", "inherit"];
process.exitCode = await run(programOf("vitest", "vitest"), ["run", "test/golden.test.ts"], {
  stdio,
});
