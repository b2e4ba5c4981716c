/**
 * Says how the tests went in one line of a fixed form, `N passed, N failed, N skipped`, which is
 * the last of the output.
 *
 * Under `npm test`, which adds the failures of its checks and prints the line itself, the counts go
 * there instead. Whatever failed without being a test (a file that does not load, a `beforeAll`, an
 * error that nobody caught) counts as a failure. What was left out for want of something on this
 * machine (`test/needs.ts`) is named before, each with the reason.
 */
import type { Reporter, TestModule } from "vitest/node";

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export default class LastLine implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly unknown[],
    reason: "passed" | "failed" | "interrupted",
  ): void {
    const counts = count(modules, unhandledErrors.length, reason);
    for (const name of leftOut(modules)) console.log(`skipped: ${name}`);
    if (process.send !== undefined) process.send(counts);
    else console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}

function leftOut(modules: readonly TestModule[]): string[] {
  return modules
    .flatMap((module) => [...module.children.allTests("skipped")])
    .map(({ fullName }) => fullName)
    .filter((name) => name.includes("(left out: "));
}

function count(modules: readonly TestModule[], unhandled: number, reason: string): Counts {
  const states = modules.flatMap((module) =>
    [...module.children.allTests()].map((test) => test.result().state),
  );
  const broken = modules
    .flatMap((module) => [module, ...module.children.allSuites()])
    .filter((suite) => suite.errors().length > 0);
  const failed = states.filter((state) => state === "failed").length + broken.length + unhandled;
  return {
    passed: states.filter((state) => state === "passed").length,
    failed: reason === "passed" ? failed : Math.max(failed, 1),
    skipped: states.filter((state) => state === "skipped" || state === "pending").length,
  };
}
