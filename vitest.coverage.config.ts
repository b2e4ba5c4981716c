/**
 * What `npm run coverage` runs (`scripts/coverage.mjs`): the suites that look at `src` part by
 * part. Those of whole processes under faults, of the properties and of the house's own commands
 * are left out: they take most of the time of `npm test` and add next to nothing here.
 *
 * What a suite starts as a process of its own runs `dist`, out of sight of vitest. Such processes
 * write down what they have run into the folder `REIGN_COVERAGE_CHILDREN`.
 */
import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

const suites = ["core", "codecs", "runtime", "cluster", "carriers", "testing", "cli"];

export default defineConfig({
  test: {
    ...base.test,
    // Counting what is run makes it slower.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    include: suites.map((suite) => `test/${suite}/**/*.test.ts`),
    env: { NODE_V8_COVERAGE: process.env["REIGN_COVERAGE_CHILDREN"] ?? "" },
    coverage: {
      enabled: true,
      provider: "v8",
      include: ["src/**/*.ts"],
      reporter: ["json"],
      reportsDirectory: "coverage",
    },
  },
});
