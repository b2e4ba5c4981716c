import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { initCommand } from "../../src/cli/init.ts";

let folder: string;
let dir: string;
let runs = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "reign-cli-"));
});

beforeEach(() => {
  runs++;
  dir = join(folder, `run-${runs}`);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function init(...flags: string[]): Promise<string> {
  let output = "";
  const command = initCommand((text) => {
    output += text;
  }).exitOverride();
  command.configureOutput({ writeErr: () => undefined });
  await command.parseAsync(flags, { from: "user" });
  return output;
}

describe("reign init", () => {
  test("writes a line for each file, then what to type next", async () => {
    const output = await init("--dir", dir);

    const spec = join(dir, "cluster.json");
    expect(output.split("\n")).toEqual([
      `Made ${join(dir, "reign_ca.key")}`,
      `Made ${join(dir, "reign_ca.crt")}`,
      `Made ${join(dir, "reign_node.1.key")}`,
      `Made ${join(dir, "reign_node.1.crt")}`,
      `Made ${join(dir, "reign_node.2.key")}`,
      `Made ${join(dir, "reign_node.2.crt")}`,
      `Made ${spec}`,
      "",
      `Next, in this shell:     npx reign chat 1 --clusterspec ${spec}`,
      `and in another shell:    npx reign chat 2 --clusterspec ${spec}`,
      "",
    ]);
  });

  test("says so when there was nothing left to make", async () => {
    await init("--dir", dir);

    expect(await init("--dir", dir)).toContain("nothing was made");
  });

  test("passes every flag on", async () => {
    const output = await init(
      "--nodes",
      "1",
      "--days",
      "3",
      "--cluster",
      "c",
      "--organization",
      "o",
      "--dir",
      dir,
    );

    expect(readdirSync(dir)).toHaveLength(5);
    expect(output).not.toContain("another shell");
  });

  test.each([
    ["--nodes", "two"],
    ["--nodes", "-1"],
    ["--days", "1.5"],
    ["--bogus", "1"],
  ])("refuses %s %s before it makes anything", async (flag, value) => {
    await expect(init("--dir", dir, flag, value)).rejects.toThrow(flag);
  });
});

describe("the command as it is installed", () => {
  const project = fileURLToPath(new URL("../..", import.meta.url));

  function reign(...args: string[]) {
    const main = join(folder, "package", "dist", "cli", "main.js");
    return spawnSync(process.execPath, [main, ...args], { encoding: "utf8", cwd: folder });
  }

  beforeAll(() => {
    const built = join(folder, "package");
    cpSync(join(project, "package.json"), join(built, "package.json"));
    symlinkSync(join(project, "node_modules"), join(built, "node_modules"), "junction");
    const tsc = join(project, "node_modules", "typescript", "bin", "tsc");
    const outDir = join(built, "dist");
    // Whether the types are right is another check's business: output comes either way.
    spawnSync(process.execPath, [tsc, "-p", project, "--outDir", outDir]);
  });

  test("makes a cluster in the folder it is called in", () => {
    const { status, stdout, stderr } = reign("init");

    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toContain("npx reign chat 1\n");
    expect(readdirSync(folder)).toContain("cluster.json");
  });

  test("tells a failure in one message on standard error, and exits with 1", () => {
    const { status, stdout, stderr } = reign("init", "--nodes", "0");

    expect(stderr).toBe("reign: Expected nodes to be a whole number from 1 to 255, got 0.\n");
    expect(stdout).toBe("");
    expect(status).toBe(1);
  });

  test("knows its version", () => {
    expect(reign("--version").stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("refuses what is no command", () => {
    const { status, stderr } = reign("bogus");

    expect(stderr).toContain("unknown command 'bogus'");
    expect(status).toBe(1);
  });
});
