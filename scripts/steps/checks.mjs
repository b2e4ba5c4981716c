/** Everything that is checked without running a test, the cheapest first. */
import { buildIfStale } from "./build.mjs";
import { programOf, run } from "./run.mjs";

const tsc = (config) => () => run(programOf("typescript", "tsc"), ["-p", config]);

export const checks = [
  { name: "build", says: "src and the examples compile", run: buildIfStale },
  {
    name: "core",
    says: "src/core compiles without Node",
    run: tsc("tsconfig.core.json"),
  },
  {
    name: "biome",
    says: "format and lint",
    run: () => run(programOf("@biomejs/biome", "biome"), ["check", "--error-on-warnings"]),
  },
  {
    name: "oxlint",
    says: "promises and switches",
    run: () => run(programOf("oxlint", "oxlint"), ["--type-aware", "--deny-warnings"]),
  },
  {
    name: "knip",
    says: "nothing unused",
    run: () => run(programOf("knip", "knip"), ["--no-progress"]),
  },
  {
    name: "types",
    says: "tests and benchmarks compile",
    run: tsc("tsconfig.test.json"),
  },
];

/** Runs all of `chosen`, also after one has failed, and gives the number of those that failed. */
export async function runChecks(chosen) {
  let failed = 0;
  for (const check of chosen) {
    const started = performance.now();
    const code = await check.run();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (code !== 0) failed += 1;
    console.log(`${code === 0 ? "ok    " : "FAILED"} ${check.name}: ${check.says} (${seconds} s)`);
  }
  return failed;
}
