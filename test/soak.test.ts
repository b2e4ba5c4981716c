import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { changeOverTime, medianSlope } from "../measure/trend.ts";
import { judge } from "../reliability/judge.ts";
import { writeRecord } from "../reliability/record.ts";
import type { Entry } from "../reliability/report.ts";
import { figuresOf } from "../soak/figures.ts";
import { readOptions } from "../soak/options.ts";
import { keepers, kindOf, paces, planOf, type Step, troubleKinds } from "../soak/plan.ts";
import { createSeededRandom } from "../src/testing/seeded-random.ts";
import { type Ended, runCommand } from "./house-command.ts";

/** It compiles first, and other tests may have the processors. */
const limitMs = 180_000;

describe("npm run soak", () => {
  let temp: string;

  beforeEach(() => {
    temp = mkdtempSync(join(tmpdir(), "reign-soak-test-"));
  });

  afterEach(() => {
    rmSync(temp, { recursive: true });
  });

  function run(args: string[], onStart?: (child: ChildProcess) => void): Promise<Ended> {
    return runCommand("soak", args, temp, onStart);
  }

  test(
    "lets five processes live through faults, adds what came of it to the record and leaves nothing behind",
    async () => {
      const out = join(temp, "out");
      writeRecord(out, [madeUp("kill")], ["kill"]);

      const { code, output, errors } = await run(["--quick", "--minutes", "0.1", "--out", out]);

      expect(code, `${errors}${output}`).toBe(0);
      expect(readdirSync(temp)).toEqual(["out"]);
      const record: unknown = JSON.parse(readFileSync(join(out, "reliability.json"), "utf8"));
      const { scenarios } = record as { readonly scenarios: readonly Entry[] };
      expect(scenarios.map(({ id }) => id)).toEqual(["kill", "soak"]);
      const figures = scenarios[1]?.figures ?? [];
      const sent = figures.find(({ title }) => title === "messages sent")?.statistics;
      expect(sent?.max).toBeGreaterThan(100);
      expect(figures.filter(({ verdict }) => verdict === "missed")).toEqual([]);
      expect(readFileSync(join(out, "reliability.md"), "utf8")).toContain(
        "## soak: five processes",
      );
      expect(errors).toMatch(/soak: 0:0\d left, \d+ faults, [\d,]+ messages, .* 0 violations; 1: /);
    },
    limitMs,
  );

  test(
    "shows what it has found when it is interrupted, and leaves nothing behind",
    async () => {
      const { code, output, errors } = await run(
        ["--quick", "--minutes", "60", "--out", join(temp, "out")],
        (child) => {
          child.stderr?.on("data", (chunk: Buffer) => {
            if (String(chunk).includes(" left, ")) child.kill("SIGINT");
          });
        },
      );

      expect(code, `${errors}${output}`).toBe(130);
      expect(output).toContain("CUT SHORT: stopped by SIGINT");
      expect(output).toMatch(/messages sent +1 /);
      expect(readdirSync(temp)).toEqual([]);
    },
    limitMs,
  );

  test(
    "finds each of the lies that a process tells on purpose",
    async () => {
      const lies = "duplicate,notice,loss,name,descriptor";
      const { code, output, errors } = await run([
        ...["--quick", "--minutes", "0.05", "--plant", lies],
      ]);

      expect(code).toBe(1);
      expect(errors).toMatch(/VIOLATION of order: node 2: message \d+ .* after message \d+/);
      expect(errors).toMatch(/VIOLATION of notice: node 2: a notice of .* came twice/);
      expect(errors).toMatch(/VIOLATION of account: 1 messages unaccounted for, of 0 allowed/);
      expect(errors).toMatch(/VIOLATION of names: node \d finds .*, claimed by nobody/);
      expect(output).toMatch(/descriptors more than .* missed: max is \d/);
      expect(readdirSync(temp)).toEqual([]);
    },
    limitMs,
  );
});

describe("the options of npm run soak", () => {
  test("ask for five minutes, of which nothing is written, unless they say otherwise", () => {
    const usual = { minutes: 5, size: "full", out: undefined, seed: 7, plants: [] };
    expect(readOptions([], { seed: 7 })).toEqual(usual);
    const args = "--minutes 0.5 --quick --out docs --seed 9 --plant loss,name".split(" ");
    expect(readOptions(args, { seed: 7 })).toEqual({
      minutes: 0.5,
      size: "quick",
      out: "docs",
      seed: 9,
      plants: ["loss", "name"],
    });
    expect(readOptions(["--help"], { seed: 7 })).toBeUndefined();
  });

  test.each([
    ["--minutes 0", 'Expected --minutes above 0, up to 10000, got "0".'],
    ["--minutes long", 'Expected --minutes above 0, up to 10000, got "long".'],
    ["--seed 1.5", 'Expected --seed from 0 to 4294967295, got "1.5".'],
    [
      "--plant mint",
      'Expected plants among duplicate, notice, loss, name, descriptor, got "mint".',
    ],
    ["--hours 2", "Unknown option '--hours'"],
  ])("%j cannot be", (line, expected) => {
    expect(() => readOptions(line.split(" "), { seed: 7 })).toThrow(expected);
  });
});

describe("a plan of faults", () => {
  const rounds = (seed: number, count: number): readonly (readonly Step[])[] => {
    const plan = planOf(createSeededRandom(seed), paces.full);
    return Array.from({ length: count }, () => plan.next().value);
  };

  test("is the same for the same seed, and another for another", () => {
    expect(rounds(1, 50)).toEqual(rounds(1, 50));
    expect(rounds(1, 50)).not.toEqual(rounds(2, 50));
  });

  test("leaves three of the five processes alive, and kills in some rounds alone", () => {
    const all = rounds(3, 300);
    const ends = all
      .flat()
      .flatMap(({ trouble }) =>
        trouble.kind === "kill" || trouble.kind === "leave" ? [trouble.node] : [],
      );
    expect(new Set(ends)).toEqual(new Set([4, 5]));
    expect(ends.some((node) => keepers.includes(node))).toBe(false);
    const killing = all.filter((steps) => steps.some(({ trouble }) => trouble.kind === "kill"));
    expect(killing.length).toBeGreaterThan(50);
    expect(killing.length).toBeLessThan(200);
  });

  test("has every kind of trouble in it, and never waits longer than it may", () => {
    const steps = rounds(4, 300).flat();
    expect(new Set(steps.map(({ trouble }) => kindOf(trouble)))).toEqual(
      new Set(Object.keys(troubleKinds)),
    );
    const [leastWait, mostWait] = paces.full.waitMs;
    const [least, most] = paces.full.forMs;
    for (const { waitMs, trouble } of steps) {
      expect(waitMs).toBeGreaterThanOrEqual(leastWait);
      expect(waitMs).toBeLessThanOrEqual(mostWait);
      expect(trouble.forMs).toBeGreaterThanOrEqual(least);
      expect(trouble.forMs).toBeLessThanOrEqual(most);
    }
  });
});

describe("growth", () => {
  test("is that of the line on which the points lie, whatever a few of them do", () => {
    const at = Array.from({ length: 20 }, (_, i) => i * 3);
    const line = at.map((x) => 100 + 0.5 * x);
    expect(medianSlope(at, line)).toBeCloseTo(0.5);
    const scattered = line.map((y, i) => (i % 7 === 3 ? y + 1_000 : y));
    expect(medianSlope(at, scattered)).toBeCloseTo(0.5);
    expect(medianSlope([1], [1])).toBeNaN();
  });

  test("is the median of the last third beside that of the first", () => {
    expect(changeOverTime([10, 10, 900, 50, 11, 11, 11])).toBeCloseTo(0.1);
    expect(changeOverTime([10, 10, 10])).toBe(0);
  });

  test("is judged in a run of half an hour, after its first quarter, and not in a short one", () => {
    const at = Array.from({ length: 60 }, (_, i) => i);
    const found = new Map<string, readonly number[]>([["at", at]]);
    for (const id of keepers) {
      // Steep in the first quarter, then four megabytes an hour.
      found.set(
        `rss ${id}`,
        at.map((minute) => (minute < 15 ? minute * 10 : 150 + minute / 15)),
      );
      found.set(
        `heap ${id}`,
        at.map((minute) => (minute < 15 ? minute : 20)),
      );
      found.set(
        `external ${id}`,
        at.map(() => 3),
      );
    }
    const judged = (minutes: number, title: string) =>
      figuresOf(minutes)
        .filter((figure) => figure.title.startsWith(title))
        .map((figure) => judge(figure, found, "full"))
        .map(({ verdict, reason, count }) => [verdict, reason, count]);
    expect(judged(60, "memory, growth")).toEqual([["missed", "max is 4", 3]]);
    expect(judged(60, "heap, the last third")).toEqual([["met", "", 3]]);
    expect(judged(5, "memory, growth")).toEqual([["measured", "", 3]]);
  });
});

function madeUp(id: string): Entry {
  return {
    id,
    title: "a scenario",
    seconds: 1,
    figures: [],
    size: "full",
    seed: 1,
    machine: {
      date: "2026-11-26 10:00",
      commit: "abc",
      node: "v20",
      openssl: "3",
      system: "linux",
      processors: "2",
      memory: "8 GiB",
      load: "0.00",
    },
  };
}
