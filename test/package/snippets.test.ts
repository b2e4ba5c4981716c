/**
 * What the documents show is so. Each piece of TypeScript or JavaScript says behind its language
 * what is done with it. `run`: it is compiled against the built package and run, and prints what
 * its comments `// →` say, in order. `compile`: it is compiled alone, since to run it would take
 * more. The prelude is that of the lines of docs/seed.md. And the name of a file: it is a program
 * that its page tells how to start, which a test does.
 */
import { execFile } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts } from "../../measure/free-ports.ts";
import { initCluster } from "../../src/carriers/tls/init-cluster.ts";
import { startCommand } from "../cli/running-program.ts";
import { documents, fencesOf, promisedBy } from "./fences.ts";
import { createUserFolder } from "./user-folder.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const fences = documents
  .flatMap(fencesOf)
  .filter(({ label }) => /^(?:[cm]?[jt]sx?|(?:java|type)script)\b/.test(label));
const snippets = fences.filter(({ label }) => label === "ts run");
const compiled = fences.filter(({ label }) => label === "ts compile");
const programs = ["js chat.mjs", "js hello.mjs", "js server.mjs", "js client.mjs"];
const folder = createUserFolder();
let complaints = "";
const start = (file: string, id: string) =>
  startCommand(process.execPath, [file, id], { cwd: folder.path });

beforeAll(() => {
  // Snippets may import from an example that lies beside them.
  cpSync(join(root, "examples"), folder.path, { recursive: true });
  for (const { name, code } of [...snippets, ...compiled]) folder.write(`${name}.ts`, code);
  complaints = folder.compile();
}, 60_000);

afterAll(() => folder[Symbol.dispose]());

test("each piece of code in the documents says what a test does with it", () => {
  const marks = ["ts run", "ts compile", "ts prelude", ...programs];

  expect(fences.filter(({ label }) => !marks.includes(label))).toEqual([]);
  expect(snippets.length).toBeGreaterThanOrEqual(3);
});

test("the snippets of the documents compile for a user of the package", () => {
  expect(complaints).toBe("");
});

test.concurrent.each(snippets)("the snippet $name prints what it says", async (snippet) => {
  const { stdout, stderr } = await runFile(`${snippet.name}.js`);

  expect(stderr).toBe("");
  expect(stdout.trimEnd().split("\n")).toEqual(promisedBy(snippet));
});

test("the chat of the README chats, in two processes, and ends with its input", async () => {
  folder.write("chat.mjs", program("README.md", "js chat.mjs"));
  await writeCluster();
  await using one = start("chat.mjs", "1");
  await using two = start("chat.mjs", "2");
  one.stdin.write("hello\n");
  await two.says("node 1: hello");
  two.stdin.write("hi there\n");
  await one.says("node 2: hi there");
  for (const { stdin } of [one, two]) stdin.end();

  expect(await Promise.all([one.ended(), two.ended()])).toEqual([0, 0]);
});

function runFile(name: string): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [name], { cwd: folder.path });
}

function program(document: string, label: string): string {
  const fence = fencesOf(document).find((each) => each.label === label);
  if (fence === undefined) throw new Error(`Expected ${label} in ${document}, got none.`);
  return fence.code;
}

/** As `reign init` makes it, but for ports that are free. */
async function writeCluster(): Promise<void> {
  await initCluster({ dir: folder.path });
  const [first, second] = await freePorts(2);
  const spec = readFileSync(join(folder.path, "cluster.json"), "utf8");
  folder.write("cluster.json", spec.replace("20000", `${first}`).replace("20001", `${second}`));
}
