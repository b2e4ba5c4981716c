/**
 * `npm test`: all checks and all tests, from a fresh clone.
 *
 * A failed check does not keep the tests from running; it counts as one failure. The last line is
 * always `N passed, N failed, N skipped`, and the exit code is 0 only if nothing failed.
 */
import { checks, runChecks } from "./steps/checks.mjs";
import { installDebianPackages } from "./steps/debian.mjs";
import { install } from "./steps/install.mjs";
import { endWithParent } from "./steps/parent.mjs";
import { programOf, run } from "./steps/run.mjs";

endWithParent();
await install();
installDebianPackages();
const failedChecks = await runChecks(checks);

// `test/reporter.ts` sends the counts. They stay as they are if vitest does not get that far.
let counts = { passed: 0, failed: 0, skipped: 0 };
const code = await run(programOf("vitest", "vitest"), ["run"], {
  stdio: ["ignore", "inherit", "inherit", "ipc"],
  onMessage: (message) => {
    counts = message;
  },
});

const failedTests = code === 0 ? counts.failed : Math.max(counts.failed, 1);
const failed = failedTests + failedChecks;
console.log(`${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
