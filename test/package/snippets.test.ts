/**
 * What the documents show runs as shown: each fence marked `ts run` is compiled against the built
 * package and run, and prints what its comments `// →` say, in order. The chat of the README is run
 * as the two processes that it tells of.
 */
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts } from "../../measure/free-ports.ts";
import { initCluster } from "../../src/carriers/tls/init-cluster.ts";
import { startCommand } from "../cli/running-program.ts";

interface Snippet {
  readonly name: string;
  readonly code: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "reign-snippets-"));

const documents = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)];
const snippets = documents
  .filter((path) => path.endsWith(".md"))
  .flatMap((path) => fencesOf(path, "ts run").map((code, i) => ({ name: nameOf(path, i), code })));

function fencesOf(path: string, info: string): string[] {
  const text = readFileSync(join(root, path), "utf8");
  const fences = [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)];
  return fences.filter(([, label]) => label === info).map(([, , code]) => code ?? "");
}

function nameOf(path: string, index: number): string {
  return `${path.replace(/\W+/g, "-").toLowerCase()}-${index + 1}`;
}

function promised({ code }: Snippet): string[] {
  return [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => line ?? "");
}

beforeAll(() => {
  mkdirSync(join(folder, "node_modules", "@types"), { recursive: true });
  symlinkSync(root, join(folder, "node_modules", "reign"), "junction");
  const nodeTypes = join(root, "node_modules", "@types", "node");
  symlinkSync(nodeTypes, join(folder, "node_modules", "@types", "node"), "junction");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const compilerOptions = {
    target: "es2023",
    module: "nodenext",
    lib: ["es2023", "esnext.disposable"],
    types: ["node"],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  for (const { name, code } of snippets) writeFileSync(join(folder, `${name}.ts`), code);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the snippets of the documents compile for a user of the package", () => {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { stdout, status } = spawnSync(process.execPath, [tsc], { cwd: folder, encoding: "utf8" });

  expect(stdout).toBe("");
  expect(status).toBe(0);
  expect(snippets.length).toBeGreaterThanOrEqual(3);
});

test.each(snippets)("the snippet $name prints what it says", (snippet) => {
  const run = spawnSync(process.execPath, [`${snippet.name}.js`], {
    cwd: folder,
    encoding: "utf8",
  });

  expect(run.stderr).toBe("");
  expect(run.stdout.trimEnd().split("\n")).toEqual(promised(snippet));
});

test("the chat of the README chats, in two processes, and ends with its input", async () => {
  const [chat] = fencesOf("README.md", "js chat.mjs");
  expect(chat).toBeDefined();
  writeFileSync(join(folder, "chat.mjs"), chat ?? "");
  await initCluster({ dir: folder });
  const [first, second] = await freePorts(2);
  const spec = readFileSync(join(folder, "cluster.json"), "utf8")
    .replace("20000", `${first}`)
    .replace("20001", `${second}`);
  writeFileSync(join(folder, "cluster.json"), spec);
  const start = (id: string) => startCommand(process.execPath, ["chat.mjs", id], { cwd: folder });
  await using one = start("1");
  await using two = start("2");
  one.stdin.write("hello\n");
  await two.says("node 1: hello");
  two.stdin.write("hi there\n");
  await one.says("node 2: hi there");
  for (const { stdin } of [one, two]) stdin.end();

  expect(await Promise.all([one.ended(), two.ended()])).toEqual([0, 0]);
});
