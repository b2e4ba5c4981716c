/** How inputs are made, run again and made small, and the command that does it. */
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hexOf } from "../fuzz/bytes.ts";
import { Hunt } from "../fuzz/hunt.ts";
import { type Corpus, InputSource } from "../fuzz/input-source.ts";
import { readOptions } from "../fuzz/options.ts";
import { failureText } from "../fuzz/report.ts";
import { runHunts } from "../fuzz/run-hunts.ts";
import { expectThat, type Target } from "../fuzz/target.ts";
import { addressTarget } from "../fuzz/targets/address.ts";
import { framesTarget } from "../fuzz/targets/frames.ts";
import { targets } from "../fuzz/targets.ts";
import type { Entry } from "../reliability/report.ts";
import { type Ended, runCommand } from "./house-command.ts";

const seed = 1;
const noCorpus: Corpus = { failures: [], seeds: [] };
const noLimit = Number.POSITIVE_INFINITY;

async function hunted(target: Target, inputs: number): Promise<Hunt> {
  const hunt = new Hunt(target, noCorpus, seed);
  await hunt.run({ inputs, ms: noLimit });
  return hunt;
}

describe("the inputs", () => {
  const target = framesTarget();
  const taken = (source: InputSource, count: number): string[] =>
    Array.from({ length: count }, () => {
      const input = source.next();
      source.onOutcome(input, input.length % 17);
      return hexOf(input);
    });

  test("of one seed are the same each time, and those of another are others", () => {
    const [first, second, third] = [1, 1, 2].map((from) =>
      taken(new InputSource(target, noCorpus, from), 2_000),
    );

    expect(second).toEqual(first);
    expect(third).not.toEqual(first);
  });

  test("begin with what has failed once, and then with each seed cut short at each byte", () => {
    const corpus: Corpus = { failures: [Uint8Array.of(9)], seeds: [Uint8Array.of(1, 2)] };

    expect(taken(new InputSource(target, corpus, 1), 4)).toEqual(["09", "0102", "", "01"]);
  });

  test("can be had again from the beginning of their block alone", () => {
    const at = 65_536 + 3;
    const all = taken(new InputSource(target, noCorpus, 1), at + 1);
    const source = new InputSource(target, noCorpus, 1);
    source.rewindTo(at);

    expect(source.at).toBe(65_536);
    expect(taken(source, 4).at(-1)).toBe(all.at(-1));
  });

  test("that fail only behind others are named by their number, which fails again", async () => {
    let opened = 0;
    const forgetful: Target = {
      ...target,
      open() {
        opened += 1;
        let runs = 0;
        return {
          run() {
            runs += 1;
            expectThat(runs !== 10, "the tenth in a row");
            return 1;
          },
        };
      },
    };
    const { failures } = await hunted(forgetful, 20);
    const again = new Hunt(forgetful, noCorpus, seed);
    await again.replay(failures[0]?.at ?? 0);

    expect(failures).toMatchObject([{ at: 9, alone: false }]);
    expect(failureText(failures[0] ?? never())).toContain(`--target frames --seed ${seed} --at 9`);
    expect(again.failures).toMatchObject([{ at: 9, problem: "Finding: the tenth in a row" }]);
    expect(opened).toBeGreaterThan(2);
  });

  test("are counted as they fail, and shown once for each kind", async () => {
    const broken: Target = {
      ...target,
      open: () => ({
        run(input) {
          expectThat(input.length < 8, `${input.length} bytes`);
          return 1;
        },
      }),
    };
    const { failures, failed } = await hunted(broken, 500);

    expect(failed).toBeGreaterThan(50);
    expect(failures.map(({ input }) => hexOf(input))).toEqual(["0000000000000000"]);
  });

  test("of targets that take turns come to as many as were asked for", async () => {
    const hunts = [framesTarget(), addressTarget()].map((each) => new Hunt(each, noCorpus, seed));
    const { signal } = new AbortController();
    await runHunts(hunts, { ms: noLimit, inputs: 10_000 }, { signal, onTurn() {} });

    expect(hunts.reduce((sum, each) => sum + each.inputs, 0)).toBe(10_000);
    expect(hunts.map((each) => each.inputs > 0)).toEqual([true, true]);
  });
});

function never(): never {
  throw new Error("Expected a failure, got none.");
}

describe("the options of npm run fuzz", () => {
  const defaults = { seed: 7 };

  test("ask for all targets and a minute, written nowhere, unless they say otherwise", () => {
    expect(readOptions([], targets, defaults)).toEqual({
      targets,
      minutes: 1,
      inputs: noLimit,
      seed: 7,
      at: undefined,
      input: undefined,
      out: undefined,
    });
  });

  test.each([
    [["--target", "moon"], "Expected targets among frames, bodies,"],
    [["--minutes", "long"], 'Expected --minutes to be a number up to 525600, got "long".'],
    [["--inputs", "1.5"], 'Expected --inputs to be a whole number, got "1.5".'],
    [["--seed", "4294967296"], "Expected --seed to be a number up to 4294967295,"],
    [["--input", "00"], "Expected one --target for --input or --at."],
    [["--target", "terms", "--input", "0g"], 'Expected bytes in hexadecimal, got "0g".'],
    [["--quick"], "Unknown option '--quick'"],
  ])("%j cannot be", (args, expected) => {
    expect(() => readOptions(args, targets, defaults)).toThrow(expected);
  });
});

describe("npm run fuzz", () => {
  /** It compiles first, and other tests may have the processors. */
  const limitMs = 180_000;
  let temp: string;

  beforeEach(() => {
    temp = mkdtempSync(join(tmpdir(), "reign-fuzz-test-"));
  });

  afterEach(() => {
    rmSync(temp, { recursive: true });
  });

  function run(args: string[], onStart?: (child: ChildProcess) => void): Promise<Ended> {
    return runCommand("fuzz", args, temp, onStart);
  }

  test(
    "that is interrupted shows and writes what was found so far, and leaves nothing behind",
    async () => {
      const out = join(temp, "out");
      const { code, output, errors } = await run(["--minutes", "60", "--out", out], (child) => {
        child.stderr?.on("data", (chunk: Buffer) => {
          if (String(chunk).includes(", seed ")) child.kill("SIGINT");
        });
      });

      expect(code, `${errors}${output}`).toBe(130);
      expect(output).toMatch(/^[\d,]+ inputs in \d+ s, seed \d+$/m);
      expect(readdirSync(temp)).toEqual(["out"]);
      const record = JSON.parse(readFileSync(join(out, "reliability.json"), "utf8"));
      const [entry] = (record as { readonly scenarios: readonly Entry[] }).scenarios;
      const names = entry?.figures.map(({ title }) => title.split(":")[0]);
      expect(names).toEqual([...targets.map(({ name }) => name), "inputs in all"]);
      expect(readFileSync(join(out, "reliability.md"), "utf8")).toContain("## fuzz: ");
    },
    limitMs,
  );

  test(
    "runs one input that it is given, and says that nothing is wrong with it",
    async () => {
      const { code, output } = await run(["--target", "terms", "--input", "00d107"]);

      expect({ code, output }).toEqual({ code: 0, output: "Nothing is wrong with it.\n" });
    },
    limitMs,
  );
});
