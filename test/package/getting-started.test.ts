/** Whoever types what docs/getting-started.md shows sees what it says. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts } from "../../measure/free-ports.ts";
import { startCommand } from "../cli/running-program.ts";
import { fencesOf, promisedBy } from "./fences.ts";
import { createUserFolder } from "./user-folder.ts";

const document = "docs/getting-started.md";
const fences = fencesOf(document);
/** What the page shows that is seen. */
const shown = fences.filter(({ label }) => label === "").map(({ code }) => code.trimEnd());
const folder = createUserFolder();
const node = (...args: string[]) =>
  execFileSync(process.execPath, args, { cwd: folder.path, encoding: "utf8" });
const start = (file: string) => startCommand(process.execPath, [file], { cwd: folder.path });

beforeAll(() => {
  for (const { label, code } of fences) {
    const [, file] = /^js (\S+\.mjs)$/.exec(label) ?? [];
    if (file !== undefined) folder.write(file, code);
  }
});

afterAll(() => folder[Symbol.dispose]());

test("the first program of the guide prints what the guide says", () => {
  const hello = fences.find(({ label }) => label === "js hello.mjs");

  expect(node("hello.mjs").trimEnd().split("\n")).toEqual(hello && promisedBy(hello));
});

test("the two nodes of the guide count, and the end of one is told to the other", async () => {
  const command = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
  const made = node(command, "init");
  const [first, second] = await freePorts(2);
  const spec = readFileSync(join(folder.path, "cluster.json"), "utf8");
  folder.write("cluster.json", spec.replace("20000", `${first}`).replace("20001", `${second}`));
  await using client = start("client.mjs");
  await using server = start("server.mjs");
  await server.says("counting");
  await client.says("the count is 3");
  server.kill("SIGINT");

  expect(await client.ended()).toBe(0);
  const seen = [made, server.output, ...client.output.split(/(?<=\n)/)];
  expect(seen.map((text) => text.split("\n\n")[0]?.trimEnd())).toEqual(shown);
});
