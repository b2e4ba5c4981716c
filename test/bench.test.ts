import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Case, Contestant, Goal, Measure, Sample } from "../bench/case.ts";
import { cases as allCases } from "../bench/cases.ts";
import { summarize } from "../bench/figures.ts";
import { checkGoals } from "../bench/goals.ts";
import { growths } from "../bench/growths.ts";
import { casesIn, readOptions } from "../bench/options.ts";
import { clockTicks, usageOf } from "../bench/program-usage.ts";
import { markdownPage, plainReport, terminalReport } from "../bench/report.ts";
import { type CaseResult, countOf, whoIsHere } from "../bench/run-case.ts";
import { median, percentile } from "../measure/percentiles.ts";
import { type Ended, runCommand } from "./house-command.ts";
import { processFiles, testNeeding } from "./needs.ts";

/** It compiles the bench first, and other tests may have the processors. */
const limitMs = 240_000;

function caseOf(id: string, given: Partial<Case> = {}): Case {
  return {
    id,
    title: "a case",
    unit: "messages",
    size: { full: 10, quick: 1 },
    measure: "rate",
    remote: false,
    oneProcessor: false,
    contestants: [],
    goals: [],
    ...given,
  };
}

const cases = ["A", "B", "B-one", "C-one", "C-two"].map((id) => caseOf(id));

let temp: string;

beforeAll(() => {
  temp = mkdtempSync(join(tmpdir(), "reign-bench-test-"));
});

afterAll(() => {
  rmSync(temp, { recursive: true });
});

function bench(args: string[], onStart?: (child: ChildProcess) => void): Promise<Ended> {
  return runCommand("bench", args, temp, onStart);
}

/** Case and contestant of each row that is to be printed on this machine. */
function expectedRows(): readonly string[][] {
  return casesIn("quick", allCases).flatMap(({ id, contestants }) =>
    whoIsHere(contestants).present.map(({ name }, i) => [i === 0 ? id : "", name]),
  );
}

/** Three figures and a unit at least. */
function rowOf(id: string, name: string): RegExp {
  const [shownId, shownName] = [id, name].map((each) =>
    each.replaceAll(/[.()/+]/g, String.raw`\$&`),
  );
  return new RegExp(String.raw`^${shownId} +${shownName}(?: +[\d,.]+){3} +\S`);
}

describe("npm run bench", () => {
  test(
    "runs every case, prints a row for each contestant, and leaves nothing behind",
    async () => {
      const { code, output, errors } = await bench(["--quick"]);

      expect(code, errors).toBe(0);
      const lines = output.split("\n").slice(1);
      for (const [i, [id, contestant]] of expectedRows().entries()) {
        expect(lines[i]).toMatch(rowOf(id ?? "", contestant ?? ""));
      }
      expect(output).not.toContain("NaN");
      expect(errors).toContain("R2: round 2 of 2");
      expect(readdirSync(temp)).toEqual([]);
    },
    limitMs,
  );

  test(
    "measures growth, prints its points and leaves a chart of each",
    async () => {
      const { code, output, errors } = await bench(["--growth", "--quick"]);
      const charts = growths.flatMap((growth) => growth.charts);
      const files = /^charts: (.*)$/m.exec(errors)?.[1]?.split(", ") ?? [];

      expect(code, errors).toBe(0);
      for (const { title } of charts) expect(output).toContain(`\n${title}: `);
      expect(files).toHaveLength(charts.length);
      for (const file of files)
        expect(readFileSync(file, "utf8")).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
      expect(readdirSync(temp)).toEqual([expect.stringMatching(/^reign-charts-/)]);
      rmSync(dirname(files[0] ?? ""), { recursive: true });
    },
    limitMs,
  );

  test(
    "ends its processes and removes its files when it is interrupted",
    async () => {
      const { code, output } = await bench(["--only", "R1"], (child) => {
        child.stderr?.on("data", (chunk: Buffer) => {
          if (String(chunk).includes("warm-up")) child.kill("SIGINT");
        });
      });

      expect(code).toBe(130);
      expect(output).toBe("");
      expect(readdirSync(temp)).toEqual([]);
    },
    limitMs,
  );

  test(
    "says in one line what was expected when it is called with what cannot be",
    async () => {
      const { code, output, errors } = await bench(["--only", "R-nowhere"]);

      expect(code).toBe(2);
      expect(output).toBe("");
      expect(errors).toMatch(/^Expected cases among .*R1.*, got "R-nowhere"\.$/m);
    },
    limitMs,
  );
});

describe("options", () => {
  test.each([
    [["--rounds", "0"], 'Expected --rounds from 1 to 100, got "0".'],
    [["--only", "A", "--profile", "A"], "a profile is of one case"],
    [["--save", "--quick"], "Expected --save by itself"],
    [["--save", "--only", "A"], "Expected --save by itself"],
    [["--save", "--growth"], "Expected --save by itself"],
    [["--save", "--rounds", "4"], "Expected --save with --rounds from 5 on, got 4."],
    [["--growth", "--only", "A"], "Expected --growth without --only"],
    [["--growth", "--rounds", "9"], "Expected --growth without --rounds"],
    [["--fast"], "Unknown option '--fast'"],
  ])("refuses %j", (args, expected) => {
    expect(() => readOptions(args, cases)).toThrow(expected);
  });

  test("a whole run has at least five rounds that count, and every case", () => {
    const options = readOptions([], cases);

    expect(options?.rounds).toBeGreaterThanOrEqual(5);
    expect(options?.cases).toEqual(cases);
    expect(options?.size).toBe("full");
  });

  test("growth is measured by itself, or with all cases for a page that is saved", () => {
    expect(readOptions(["--growth"], cases)).toMatchObject({ cases: [], growth: true });
    expect(readOptions(["--save"], cases)).toMatchObject({ cases, growth: true });
    expect(readOptions([], cases)).toMatchObject({ growth: false });
  });

  test("a case without a size for a smoke run is left out of one, unless it is named", () => {
    const large = caseOf("large", { size: { full: 10, quick: 0 } });

    expect(readOptions(["--quick"], [large, ...cases])?.cases).toEqual(cases);
    expect(readOptions(["--quick", "--only", "large"], [large])?.cases).toEqual([large]);
  });

  test("cases are found by their names, however these are written", () => {
    const idsOf = (only: string) => readOptions(["--only", only], cases)?.cases.map(({ id }) => id);

    expect(idsOf("c-one,A")).toEqual(["C-one", "A"]);
    expect(idsOf("C")).toEqual(["C-one", "C-two"]);
    expect(idsOf("C-two,C,c-two")).toEqual(["C-two", "C-one"]);
  });
});

const contestant = (name: string, given: Partial<Contestant> = {}): Contestant => ({
  name,
  roles: [],
  ...given,
});

describe("who takes part", () => {
  const here = contestant("here", { share: 0.25 });
  const absent = contestant("absent", { available: () => "it is not installed" });

  test("who cannot run here is left out, and why is known", () => {
    expect(whoIsHere([here, absent])).toEqual({
      present: [here],
      leftOut: [{ contestant: "absent", reason: "it is not installed" }],
    });
  });

  test("who is slower by far has a smaller count, and never none", () => {
    expect(countOf(caseOf("A"), contestant("all"), "full")).toBe(10);
    expect(countOf(caseOf("A", { size: { full: 1000, quick: 1 } }), here, "full")).toBe(250);
    expect(countOf(caseOf("A"), here, "quick")).toBe(1);
  });
});

/** Rounds of one process that take so many seconds for 100 of the unit. */
const samples = (...seconds: number[]): Sample[] =>
  seconds.map((each) => ({ seconds: each, count: 100, usage: [{ cpuSeconds: 1, memory: 1e6 }] }));

describe("figures", () => {
  test("a median lies in the middle, or between the two in the middle", () => {
    expect(median([30, 10, 20])).toBe(20);
    expect(median([40, 10, 30, 20])).toBe(25);
    expect(percentile([1, 2, 3, 4], 0.99)).toBe(4);
  });

  test("a ratio is the median of the ratios within each round, not of the whole run", () => {
    const row = summarize("rate", "other", samples(2, 2, 2), samples(1, 4, 2));

    expect(row.median).toBe(50);
    // By round: 100/50, 25/50 and 50/50.
    expect(row.ratio).toBe(1);
  });

  test("a rate is of the count that the contestant itself had", () => {
    const [sample] = samples(1);
    const fewer = { ...(sample as Sample), count: 10 };

    expect(summarize("rate", "other", [fewer], samples(1))).toMatchObject({
      count: 10,
      median: 10,
      ratio: 10,
    });
  });

  test.each<[Measure, number]>([
    ["p50", 20],
    ["duration", 2000],
    ["memory", 94],
  ])("of %s the first contestant's ratio is above 1 when it needs more", (measure, figure) => {
    const found = { p50: 20, p99: 9, bytes: 94 };
    const [sample] = samples(2).map((each) => ({ ...each, ...found }));
    const [more] = samples(3).map((each) => ({ ...each, p50: 30, p99: 9, bytes: 141 }));

    const row = summarize(measure, "other", [sample as Sample], [more as Sample]);

    expect(row).toMatchObject({ median: figure, ratio: 1.5, p99: 9 });
  });

  test("processor time is given for a million of the unit, memory at its peak, by process", () => {
    const usage = (memory: number) => [
      { cpuSeconds: 1, memory },
      { cpuSeconds: 2, memory: 7 },
    ];
    const rounds = [5, 9, 8].map((memory) => ({
      seconds: 1,
      count: 500_000,
      usage: usage(memory),
    }));

    const row = summarize("rate", "other", rounds, rounds);

    expect(row.cpuSecondsPerMillion).toEqual([2, 4]);
    expect(row.memory).toEqual([9, 7]);
  });

  testNeeding(processFiles)("what a program uses is read from the system", () => {
    const { cpuSeconds, memory } = usageOf(process.pid, clockTicks());

    expect(cpuSeconds).toBeGreaterThan(0);
    expect(memory).toBeGreaterThan(1_000_000);
  });
});

describe("goals and pages", () => {
  const ran = (id: string, goals: readonly Goal[], seconds: Record<string, number[]>) => {
    const [first = []] = Object.values(seconds);
    const rows = Object.entries(seconds).map(([name, each]) =>
      summarize("rate", name, samples(...each), samples(...first)),
    );
    const leftOut = [{ contestant: "absent", reason: "it is not installed" }];
    const result: CaseResult = {
      chosen: caseOf(id, { goals }),
      count: 100,
      onOneProcessor: false,
      rows,
      leftOut,
    };
    return result;
  };
  const seconds = { reign: [1, 1], slow: [2, 4], raw: [0.5, 0.5] };
  const machine = {
    date: "2026-11-26 09:55",
    commit: "abc",
    node: "v20",
    openssl: "3",
    system: "linux",
    processors: "2",
    memory: "1 GiB",
    load: "0",
  };

  test.each<[Goal, string, number | undefined, boolean | undefined]>([
    [{ contestant: "reign", beside: "slow", atLeast: 3 }, "reign ≥ 3 × slow", 3, true],
    [{ contestant: "reign", beside: "raw", atLeast: 0.8 }, "reign ≥ 0.8 × raw", 0.5, false],
    [{ contestant: "reign", atMost: 200 }, "reign ≤ 200 messages/s", 100, true],
    [
      { contestant: "reign", of: "CPU s/million", atMost: 1 },
      "reign, CPU s/million, ≤ 1",
      10_000,
      false,
    ],
    [
      { contestant: "reign", beside: "reign", inCase: "B", atLeast: 0.5 },
      "reign ≥ 0.5 × reign in B",
      0.5,
      true,
    ],
    [
      { contestant: "reign", beside: "absent", atLeast: 1 },
      "reign ≥ 1 × absent",
      undefined,
      undefined,
    ],
  ])("%o is checked after a run", (goal, text, measured, met) => {
    const results = [ran("A", [goal], seconds), ran("B", [], { reign: [0.5, 0.5] })];

    expect(checkGoals(results)).toEqual([{ goal: `A: ${text}`, measured, met }]);
  });

  test("terminal, page and JSON say who was left out, which goals were met and what is quoted", () => {
    const goals = [{ contestant: "reign", beside: "slow", atLeast: 9 }];
    const results = [ran("L1", goals, seconds)];
    const report = { machine, rounds: 2, results, grown: [] };
    const page = markdownPage(report);

    for (const text of [terminalReport(results), page]) {
      expect(text).toContain("L1: absent left out: it is not installed.");
      expect(text).toMatch(/L1: reign ≥ 9 × slow[ |]+3[ |]+no/);
    }
    expect(page).toMatch(/\| L1 \| reign \| 100 \| 100 \| 100 \| messages\/s \|/);
    expect(page).toMatch(/Not measured in this run[\s\S]*\| L1 \| 14,200,000/);
    expect(plainReport(report)).toMatchObject({
      results: [{ case: "L1", leftOut: [{ contestant: "absent" }] }],
      goals: [{ met: false }],
      quoted: { from: "Go reign 0.9.1" },
    });
  });
});
