import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Case, Sample } from "../bench/case.ts";
import { summarize } from "../bench/figures.ts";
import { readOptions } from "../bench/options.ts";
import { median, percentile } from "../measure/percentiles.ts";

const script = fileURLToPath(new URL("../scripts/bench.mjs", import.meta.url));
/** It compiles the bench first, and other tests may have the processors. */
const limitMs = 120_000;

const cases = ["A", "B"].map(
  (id): Case => ({
    id,
    title: "a case",
    unit: "messages",
    size: { full: 10, quick: 1 },
    compared: "rate",
    remote: false,
    oneProcessor: false,
    contestants: [],
  }),
);

let temp: string;

beforeAll(() => {
  temp = mkdtempSync(join(tmpdir(), "reign-bench-test-"));
});

afterAll(() => {
  rmSync(temp, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs the bench with a folder for temporary files of its own. */
async function bench(args: string[], onStart?: (child: ChildProcess) => void): Promise<Ended> {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, TMPDIR: temp },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onStart?.(child);
  // `close` and not `exit`: its processes hold its standard error open as long as they live.
  const closed = once(child, "close");
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { code: child.exitCode, output, errors };
}

describe("npm run bench", () => {
  test(
    "runs every case, prints a row for each contestant, and leaves nothing behind",
    async () => {
      const { code, output, errors } = await bench(["--quick"]);

      expect(code, errors).toBe(0);
      const figures = String.raw`(?:  +(?:[\d,]+|[\d.]+|[\d.]+ \(p50\)|\+))+`;
      const rows = [
        "L-one-way +reign",
        " +raw queue",
        "L-ping-pong +reign",
        " +raw queue",
        "R-one-way +reign",
        " +raw TLS, a write per message",
        " +raw TLS, a write per turn",
        "R-ping-pong +reign",
        " +raw TLS echo",
      ];
      const lines = output.split("\n").slice(1, 1 + rows.length);
      rows.forEach((row, i) => {
        expect(lines[i]).toMatch(new RegExp(`^${row}${figures}`));
      });
      expect(output).not.toContain("NaN");
      expect(errors).toContain("R-ping-pong: round 2 of 2");
      expect(readdirSync(temp)).toEqual([]);
    },
    limitMs,
  );

  test(
    "ends its processes and removes its files when it is interrupted",
    async () => {
      const { code, output } = await bench(["--only", "R-one-way"], (child) => {
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
      expect(errors).toMatch(/^Expected cases among .*R-one-way.*, got "R-nowhere"\.$/m);
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

  test("cases are found by their names, however these are written", () => {
    expect(readOptions(["--only", "b,A"], cases)?.cases.map(({ id }) => id)).toEqual(["B", "A"]);
  });
});

describe("figures", () => {
  const chosen: Pick<Case, "compared"> = { compared: "rate" };
  const samples = (...seconds: number[]): Sample[] =>
    seconds.map((each) => ({ seconds: each, cpuSeconds: [each, 2 * each] }));

  test("a median lies in the middle, or between the two in the middle", () => {
    expect(median([30, 10, 20])).toBe(20);
    expect(median([40, 10, 30, 20])).toBe(25);
    expect(percentile([1, 2, 3, 4], 0.99)).toBe(4);
  });

  test("a ratio is the median of the ratios within each round, not of the whole run", () => {
    const first = samples(1, 4, 2);
    const other = samples(2, 2, 2);

    const row = summarize(chosen, 100, "other", other, first);

    expect(row.perSecond).toBe(50);
    // By round: 100/50, 25/50 and 50/50.
    expect(row.ratio).toBe(1);
  });

  test("a ratio of p50 is above 1 when the first contestant is the slower one", () => {
    const timed = (p50: number): Sample => ({ seconds: 1, cpuSeconds: [1], p50, p99: 9 });

    const row = summarize({ compared: "p50" }, 1, "other", [timed(20)], [timed(30)]);

    expect(row.ratio).toBe(1.5);
    expect(row.p50).toBe(20);
  });

  test("processor time is given for a million messages, for each process by itself", () => {
    const row = summarize(chosen, 500_000, "other", samples(1, 1), samples(1, 1));

    expect(row.cpuSecondsPerMillion).toEqual([2, 4]);
  });
});
