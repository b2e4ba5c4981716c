import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { judge } from "../reliability/judge.ts";
import { type Account, unaccounted } from "../reliability/ledger.ts";
import { readOptions } from "../reliability/options.ts";
import { mergeEntries } from "../reliability/record.ts";
import type { Entry } from "../reliability/report.ts";
import { type FigureDefinition, type Scenario, series } from "../reliability/scenario.ts";
import { lossCauses } from "../src/core/loss.ts";
import { type Ended, runCommand } from "./house-command.ts";

/** It compiles first, and other tests may have the processors. */
const limitMs = 180_000;

describe("npm run reliability", () => {
  let temp: string;

  beforeEach(() => {
    temp = mkdtempSync(join(tmpdir(), "reign-reliability-test-"));
  });

  afterEach(() => {
    rmSync(temp, { recursive: true });
  });

  function run(args: string[], onStart?: (child: ChildProcess) => void): Promise<Ended> {
    return runCommand("reliability", args, temp, onStart);
  }

  function entriesIn(folder: string): readonly Entry[] {
    const record = JSON.parse(readFileSync(join(folder, "reliability.json"), "utf8"));
    return (record as { readonly scenarios: readonly Entry[] }).scenarios;
  }

  test(
    "makes every fault, counts what came of it, writes it down and leaves nothing behind",
    async () => {
      const out = join(temp, "out");
      const { code, output, errors } = await run(["--quick", "--out", out]);

      expect(code, `${errors}${output}`).toBe(0);
      expect(readdirSync(temp)).toEqual(["out"]);
      const entries = entriesIn(out);
      const page = readFileSync(join(out, "reliability.md"), "utf8");
      expect(entries.map(({ id }) => id)).toEqual([
        "kill",
        "restart",
        "silence",
        "strangers",
        "crossing",
        "flaps",
        "big",
        "slow",
        "heap",
        "cuts",
        "conservation",
        "stop",
      ]);
      // Whether a goal of time was met says little on a machine that others use; counts say much.
      const wrong = entries.flatMap(({ id, figures }) =>
        figures
          .filter(({ verdict, statistics }) => verdict === "incomplete" || statistics === undefined)
          .map(({ title, reason }) => `${id}: ${title}: ${reason}`),
      );
      expect(wrong).toEqual([]);
      for (const { id, title, figures } of entries) {
        expect(page).toContain(`## ${id}: ${title}`);
        for (const figure of figures) expect(output).toContain(figure.title);
      }
      expect(totalOf(entries, "kill", "notices that did not come")).toBe(0);
      expect(totalOf(entries, "restart", "messages to the dead")).toBe(0);
      expect(totalOf(entries, "restart", "old addresses that were taken for living")).toBe(0);
      expect(totalOf(entries, "restart", "links that went down besides")).toBe(0);
      expect(totalOf(entries, "crossing", "messages that did not come")).toBe(0);
      expect(totalOf(entries, "crossing", "connections besides")).toBe(0);
      expect(totalOf(entries, "crossing", "links that went down")).toBe(0);
      expect(totalOf(entries, "cuts", "links that did not come back")).toBe(0);
      expect(totalOf(entries, "cuts", "messages that were not whole")).toBe(0);
      expect(totalOf(entries, "conservation", "messages out of order or twice")).toBe(0);
      expect(totalOf(entries, "stop", "handles left")).toBe(0);
      const fate = "messages that nobody knows the fate of";
      expect(totalOf(entries, "heap", fate), errors).toBe(0);
      expect(totalOf(entries, "conservation", fate), errors).toBe(0);
    },
    limitMs,
  );

  function totalOf(entries: readonly Entry[], id: string, title: string): number | undefined {
    const figures = entries.find((entry) => entry.id === id)?.figures ?? [];
    return figures.find((figure) => figure.title.startsWith(title))?.statistics?.total;
  }

  test(
    "shows what it has found when it is interrupted, keeps none of it, and leaves nothing behind",
    async () => {
      const out = join(temp, "out");
      const { code, output } = await run(["--only", "kill", "--out", out], (child) => {
        child.stderr?.on("data", (chunk: Buffer) => {
          if (String(chunk).includes("kill: SIGKILL")) child.kill("SIGINT");
        });
      });

      expect(code).toBe(130);
      expect(output).toContain("CUT SHORT: stopped by SIGINT");
      expect(output).toMatch(/SIGKILL to all notices .*incomplete: \d+ of 100 were made/);
      expect(readdirSync(temp)).toEqual([]);
    },
    limitMs,
  );

  test(
    "says in one line what was expected when it is called with what cannot be",
    async () => {
      const { code, output, errors } = await run(["--only", "earthquake"]);

      expect(code).toBe(2);
      expect(output).toBe("");
      expect(errors).toMatch(/^Expected scenarios among kill, .*, got "earthquake"\.$/m);
    },
    limitMs,
  );
});

describe("the options of npm run reliability", () => {
  const scenarios = ["one", "two"].map(
    (id): Scenario => ({
      id,
      title: "a scenario",
      limitSeconds: 1,
      parts: [],
      figures: [],
      run: () => Promise.resolve(),
    }),
  );
  const defaults = { out: "docs", seed: 7 };

  test("ask for all scenarios in full, written to docs, unless they say otherwise", () => {
    expect(readOptions([], scenarios, defaults)).toEqual({
      scenarios,
      size: "full",
      out: "docs",
      seed: 7,
    });
  });

  test("write nothing of a quick run, unless they say where", () => {
    expect(readOptions(["--quick"], scenarios, defaults)?.out).toBeUndefined();
    expect(readOptions(["--quick", "--out", "x"], scenarios, defaults)?.out).toBe("x");
  });

  test.each([
    [["--only", "three"], 'Expected scenarios among one, two, got "three".'],
    [["--seed", "-1"], "argument is ambiguous"],
    [["--seed", "1.5"], 'Expected --seed from 0 to 4294967295, got "1.5".'],
    [["--slow"], "Unknown option '--slow'"],
  ])("%j cannot be", (args, expected) => {
    expect(() => readOptions(args, scenarios, defaults)).toThrow(expected);
  });
});

describe("a figure", () => {
  const base: FigureDefinition = {
    title: "a figure",
    done: "something",
    unit: "ms",
    wanted: { full: 4, quick: 2 },
    goals: [
      { of: "p50", atMost: 20 },
      { of: "max", atMost: 40 },
      { of: "min", atLeast: 10 },
    ],
    values: series("took"),
  };
  const judged = (values: readonly number[], changes: Partial<FigureDefinition> = {}) =>
    judge({ ...base, ...changes }, new Map([["took", values]]), "full");

  test("is met when every goal holds, at its very bound too", () => {
    expect(judged([10, 20, 20, 40])).toMatchObject({
      verdict: "met",
      count: 4,
      goal: "p50 ≤ 20 ms, max ≤ 40 ms, min ≥ 10 ms",
      reason: "",
    });
  });

  test("is missed when one does not, and says what it came to", () => {
    expect(judged([9, 20, 20, 41])).toMatchObject({
      verdict: "missed",
      reason: "max is 41, min is 9",
    });
  });

  test("that is missed says what binds, where its goal knows", () => {
    const reason = "two processors for all of it";
    const goals: FigureDefinition["goals"] = [
      { of: "p50", atMost: 20, reason },
      { of: "max", atMost: 40 },
    ];

    expect(judged([21, 21, 21, 41], { goals }).reason).toBe(
      "p50 is 21 (two processors for all of it), max is 41",
    );
    expect(judged([1, 1, 1, 41], { goals }).reason).toBe("max is 41");
  });

  test("of fewer values than there should be is neither, whatever they are", () => {
    expect(judged([10, 20, 20])).toMatchObject({
      verdict: "incomplete",
      reason: "3 of 4 were made",
      statistics: { max: 20 },
    });
    expect(judged([]).statistics).toBeUndefined();
  });

  test("of which there need be no values is not short of them", () => {
    const wanted = { full: 0, quick: 0 };
    expect(judged([], { wanted })).toMatchObject({ verdict: "measured", count: 0, reason: "" });
    expect(judged([41], { wanted }).verdict).toBe("missed");
  });

  test("that is no number meets no goal", () => {
    expect(judged([10, 20, Number.NaN, 20]).verdict).toBe("missed");
  });

  test("without goals is for information", () => {
    expect(judged([1, 2, 3, 4], { goals: [] }).verdict).toBe("measured");
  });
});

test("a scenario that is run again takes the place of what was there of it, and the others stay", () => {
  const entry = (id: string, seconds: number): Entry => ({
    id,
    title: "a scenario",
    seconds,
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
  });

  const merged = mergeEntries(
    [entry("a", 1), entry("b", 1), entry("gone", 1)],
    [entry("b", 2)],
    ["a", "b", "c"],
  );

  expect(merged.map(({ id, seconds }) => [id, seconds])).toEqual([
    ["a", 1],
    ["b", 2],
  ]);
});

test("a message that is neither delivered nor lost anywhere is unaccounted for", () => {
  const none = Object.fromEntries(lossCauses.map((cause) => [cause, 0])) as Account["lost"];
  const sender = { sent: 10, delivered: 0, lost: { ...none, queue_full: 2 } };
  const receiver = { sent: 0, delivered: 6, lost: { ...none, unreadable: 1 } };

  expect(unaccounted([sender, receiver])).toBe(1);
  expect(unaccounted([sender, { ...receiver, delivered: 7 }])).toBe(0);
});
