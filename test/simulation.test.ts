/**
 * `npm run simulate`, as built: many lives of whole clusters, and the defects that they have to
 * find. One after the other, since each run compiles the same folder.
 */
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { canaries } from "../simulation/canaries.ts";
import { rareStates, reachedOfThousand } from "../simulation/rare-states.ts";
import { type Ended, runCommand } from "./house-command.ts";

/** It compiles first, and other tests may have the processors. */
const limitMs = 480_000;
/** The same in each run: `npm run simulate` is for others. */
const lives = 300;

describe("npm run simulate", () => {
  let temp: string;

  beforeEach(() => {
    temp = mkdtempSync(join(tmpdir(), "reign-simulation-test-"));
  });

  afterEach(() => {
    rmSync(temp, { recursive: true });
  });

  function run(args: string[], onStart?: (child: ChildProcess) => void): Promise<Ended> {
    return runCommand("simulate", args, temp, onStart);
  }

  test(
    "finds no promise broken in 300 lives of five nodes under faults, ten virtual minutes each",
    async () => {
      const { code, output } = await run(["--seeds", String(lives), "--twice", "30"]);

      expect(output).toContain(`${lives} lives of 5 nodes`);
      expect(output).toContain("0 failures.");
      expect(code).toBe(0);
      // A life that was not the same when it was led again would be a failure.
      expect(output).toContain("10 were led twice, with the same trace.");
      const reached = new Map(
        [...output.matchAll(/^ +(\d+) {2}(.+)$/gm)].map(([, count, label]) => [
          label ?? "",
          Number(count),
        ]),
      );
      const wanted = (lives * reachedOfThousand) / 1_000;
      const rarely = rareStates.filter((state) => (reached.get(state) ?? 0) < wanted);
      expect(rarely).toEqual([]);
    },
    limitMs,
  );

  test(
    "finds every known defect within 200 lives, when it is built in on purpose",
    async () => {
      const { code, output } = await run(["--canary", "all"]);

      const found = output.split("\n").flatMap((line) => /^found +([\w-]+),/.exec(line)?.[1] ?? []);
      expect(found).toEqual(canaries.map(({ id }) => id));
      expect(code).toBe(0);
      expect(readdirSync(temp)).toEqual([]);
    },
    limitMs,
  );

  test(
    "leads the same life again from its seed, and shows it",
    async () => {
      const [first, again] = [await run(["--seed", "7"]), await run(["--seed", "7"])];

      expect(first.output).toContain("Seed 7: no promise broken.");
      expect(first.output).toMatch(/^ +\d+:\d\d\.\d{3} {2}faults /m);
      expect(first.output).toBe(again.output);
      expect(first.code).toBe(0);
    },
    limitMs,
  );

  test(
    "has 64 nodes form a mesh, and 50,000 names known to all after a heal, within a virtual minute",
    async () => {
      const { code, output } = await run(["--scale", "--out", temp]);

      expect(output).toMatch(/^a mesh of 64 nodes, virtual time: \d+ ms \(at most 60000\)/m);
      expect(output).toMatch(/^50000 names .*: \d+ ms \(at most 60000\)/m);
      expect(code).toBe(0);
      const page = readFileSync(join(temp, "reliability.md"), "utf8");
      expect(page).toContain("## scale: many nodes, and many names");
      expect(page.match(/\| met \|/g)).toHaveLength(2);
    },
    limitMs,
  );

  test.each([[], ["--workers", "2"]])(
    "ends when it is told to, with what was found so far: %s",
    async (...workers) => {
      const { code, output, errors } = await run(["--seeds", "100000", ...workers], (child) => {
        child.stderr?.on("data", (bytes: Buffer) => {
          if (/\d+ of 100000 lives/.test(String(bytes))) child.kill("SIGINT");
        });
      });

      expect(code).toBe(130);
      expect(errors).toContain("SIGINT: ending, with what was found so far");
      expect(output).toMatch(/^[1-9]\d* lives of 5 nodes/m);
      expect(output).toContain("0 failures.");
    },
    limitMs,
  );

  test.each([
    [["--seeds", "0"], "Expected --seeds to be a whole number from 1"],
    [["--canary", "yellow"], "Expected a canary among double-link"],
    [["--sedes", "1"], "--sedes"],
    [["--seed", "2147483648"], "Expected --seed to be a whole number from 0 to 2147483647"],
    [["--from", "2147483647", "--seeds", "2"], "Expected the seeds to be up to 2147483647"],
    [["--seed", "3", "--canary", "twice"], "Expected one of --seed, --canary and --scale"],
  ])(
    "names the option that cannot be: %s",
    async (args, problem) => {
      const { code, errors } = await run(args);

      expect(errors).toContain(problem);
      expect(errors).toContain("Usage: npm run simulate");
      expect(code).toBe(2);
    },
    limitMs,
  );
});
