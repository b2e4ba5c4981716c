/**
 * What `npm run test:runtimes` runs under each Node.js, in a folder where the packed package is
 * installed. Says in a line of JSON how each check went, and ends by itself: whatever the package
 * leaves open keeps it from that.
 */
import type { Check, CheckResult } from "./check.ts";
import { clusterChecks } from "./cluster-checks.ts";
import { localChecks } from "./local-checks.ts";

for (const check of [...localChecks, ...clusterChecks]) {
  const result = await resultOf(check);
  if (result.problem !== undefined) process.exitCode = 1;
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function resultOf(check: Check): Promise<CheckResult> {
  const started = performance.now();
  const ms = (): number => Math.round(performance.now() - started);
  try {
    await check.run();
    return { name: check.name, ms: ms() };
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { name: check.name, ms: ms(), problem };
  }
}
