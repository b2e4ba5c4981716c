/** What logger_test.go of the Go library verifies, and no other test here. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { nullLogger } from "../../src/cluster/logger.ts";

const levels = ["error", "warn", "info", "debug", "trace"] as const;

test("the null logger takes a line of every level, and writes none", () => {
  for (const level of levels)
    expect(nullLogger[level]({ event: "none" }, "a line")).toBeUndefined();
});

test("the standard logger writes a line of JSON from info up, to standard error", () => {
  const built = new URL("../../dist/index.js", import.meta.url);
  const program = `
    import { stdLogger } from ${JSON.stringify(built.href)};
    for (const level of ${JSON.stringify(levels)}) stdLogger[level]({ event: level }, "a line");
  `;
  const command = ["--input-type=module", "--eval", program];
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, command, { cwd, encoding: "utf8" });
  const lines = stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

  expect(stdout).toBe("");
  expect(lines.map(({ event, msg }) => [event, msg])).toEqual([
    ["error", "a line"],
    ["warn", "a line"],
    ["info", "a line"],
  ]);
});
