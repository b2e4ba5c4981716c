/** How the package is tried under each Node.js: here under the one that runs the tests. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { majors, readOptions } from "../../runtimes/options.ts";
import { isGood, pageOf, type Tried, tableOf } from "../../runtimes/report.ts";
import { runCommand } from "../house-command.ts";

const good: Tried = { major: 20, version: "20.1.2", results: [{ name: "a", ms: 1 }], ms: 1_234 };
const absent: Tried = { major: 99, results: [], ms: 0, problem: "npm install\nfailed: no | such" };

describe("the options of npm run test:runtimes", () => {
  test("ask for all versions, written nowhere, unless they say otherwise", () => {
    expect(readOptions([], 20)).toEqual({ majors, save: false });
    expect(readOptions(["--only", "present, 26"], 20)?.majors).toEqual([20, 26]);
    expect(readOptions(["--help"], 20)).toBeUndefined();
  });

  test.each([
    [["--only", "latest"], 'Expected versions of Node.js as 22,24 or "present", got "latest".'],
    [["--only", "22", "--save"], "Expected --save without --only: the page has all of them."],
    [["--quick"], "Unknown option '--quick'"],
  ])("%j cannot be", (args, expected) => {
    expect(() => readOptions(args, 20)).toThrow(expected);
  });
});

describe("the table of runtimes", () => {
  test("says what passed, what failed, and what was not tried and why", () => {
    const results = [...good.results, { name: "b", ms: 1, problem: "Error: no" }];
    const table = tableOf([good, { ...good, version: "22.0.0", results }, absent]);

    expect(table.split("\n").slice(2)).toEqual([
      "| 20.1.2 | 1 of 1 | 1.2 s | nothing |",
      "| 22.0.0 | 1 of 2 | 1.2 s | b |",
      "| 99 | not tried | | npm install failed: no \\| such |",
      "",
    ]);
  });

  test("is good where each was tried, ended by itself and passed everything", () => {
    expect(isGood(good)).toBe(true);
    expect(isGood(absent)).toBe(false);
    expect(isGood({ ...good, results: [] })).toBe(false);
    expect(isGood({ ...good, problem: "had not ended after 180 s" })).toBe(false);
    expect(isGood({ ...good, results: [{ name: "a", ms: 1, problem: "no" }] })).toBe(false);
  });

  test("stands in a page that names each check", () => {
    expect(pageOf([absent, good], "Last today:")).toContain("\n- a\n");
  });
});

describe("npm run test:runtimes", () => {
  let temp: string;

  beforeEach(() => {
    temp = mkdtempSync(join(tmpdir(), "reign-runtimes-test-"));
  });

  afterEach(() => {
    rmSync(temp, { recursive: true });
  });

  test("finds that the packed package does all it should here, and names what it could not try", async () => {
    const { code, output, errors } = await runCommand("runtimes", ["--only", "present,99"], temp);
    const [present, other] = output.split("\n").slice(2);

    expect(present, errors).toMatch(
      new RegExp(`^\\| ${process.versions.node} \\| (\\d+) of \\1 \\| [\\d.]+ s \\| nothing \\|$`),
    );
    expect(other).toMatch(/^\| 99 \| not tried \| \| npm install ended with code 1: /);
    expect(code).toBe(1);
    expect(readdirSync(temp)).toEqual([]);
  }, 180_000);
});
