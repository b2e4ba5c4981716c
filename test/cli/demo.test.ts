/** What `npm start` runs, as the process that it is. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RunningProgram, startProgram } from "./running-program.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "reign-test-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function startDemo(input?: string): RunningProgram {
  const env = { TMPDIR: folder, TMP: folder, TEMP: folder };
  return startProgram("cli/demo.js", [], { env, ...(input === undefined ? {} : { input }) });
}

function processOf(demo: RunningProgram): number {
  return Number(/\(process (\d+)\)/.exec(demo.output)?.[1]);
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("with piped input", () => {
  test("the other process answers each line with one line, in order, and it ends well", async () => {
    await using demo = startDemo("hello\nworld\n");

    expect(await demo.ended()).toBe(0);
    const other = processOf(demo);
    expect(demo.output).toBe(
      `node 2 (process ${other}) heard: hello\nnode 2 (process ${other}) heard: world\n`,
    );
    expect(other).not.toBe(demo.pid);
    expect(demo.errors).toBe("");
  });

  test("a last line without an end, empty lines and any characters are answered too", async () => {
    const long = "ü🎉".repeat(200_000);
    const lines = ["", "grüße, 世界 🎉", "a\rb\u2028c\td", long, "last"];
    await using demo = startDemo(lines.join("\n"));

    expect(await demo.ended()).toBe(0);
    const heard = demo.output.split("\n").map((line) => line.replace(/^node 2 .*? heard: /, ""));
    expect(heard).toEqual([...lines, ""]);
  });

  test("thousands of lines are answered", async () => {
    const lines = Array.from({ length: 2_000 }, (_, i) => `line ${i}`);
    await using demo = startDemo(`${lines.join("\n")}\n`);

    expect(await demo.ended()).toBe(0);
    const other = processOf(demo);
    expect(demo.output).toBe(
      lines.map((line) => `node 2 (process ${other}) heard: ${line}\n`).join(""),
    );
  });

  test("no input at all ends it at once, without a word", async () => {
    await using demo = startDemo("");

    expect(await demo.ended()).toBe(0);
    expect([demo.output, demo.errors]).toEqual(["", ""]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a line that is larger than a message may be is one clear error", async () => {
    await using demo = startDemo("x".repeat(17 * 1024 * 1024));

    expect(await demo.ended()).toBe(1);
    expect(demo.output).toBe("");
    expect(demo.errors).toMatch(/^Expected lines of at most 16777216 characters, .*\n$/);
  });
});

describe("leaves no process and no file", () => {
  /** Starts it, and sees a line answered. */
  async function startAnswering(): Promise<RunningProgram> {
    const demo = startDemo();
    demo.stdin.write("ready?\n");
    await demo.says("ready?\n");
    return demo;
  }

  function expectNothingLeft(other: number): void {
    expect(lives(other)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  }

  test("at the end of its input", async () => {
    await using demo = await startAnswering();
    demo.stdin.end();

    expect(await demo.ended()).toBe(0);
    expectNothingLeft(processOf(demo));
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("after %s to both", async (signal) => {
    await using demo = await startAnswering();
    process.kill(-demo.pid, signal);

    expect(await demo.ended()).toBe(0);
    expect(demo.errors).toBe("");
    expectNothingLeft(processOf(demo));
  });

  test("after SIGTERM to the first alone", async () => {
    await using demo = await startAnswering();
    demo.kill("SIGTERM");

    expect(await demo.ended()).toBe(0);
    expectNothingLeft(processOf(demo));
  });

  test("when the first process is killed", async () => {
    await using demo = await startAnswering();
    demo.kill("SIGKILL");

    // The other one holds its standard error open, so this settles when both have ended. Asking for
    // the process would not do: it is no child of ours, and somebody else takes note of its end.
    expect(await demo.ended()).toBe(null);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("when the second process is killed, which is an error", async () => {
    await using demo = await startAnswering();
    process.kill(processOf(demo), "SIGKILL");

    expect(await demo.ended()).toBe(1);
    expect(demo.errors).toMatch(/^Node 2, the other process, has ended.*\n$/);
    expectNothingLeft(processOf(demo));
  });

  test("when nobody reads its output any more", async () => {
    await using demo = await startAnswering();
    demo.stdout.destroy();
    demo.stdin.write("anybody?\nanybody?\n");

    expect(await demo.ended()).toBe(0);
    expect(demo.errors).toBe("");
    expectNothingLeft(processOf(demo));
  });
});
