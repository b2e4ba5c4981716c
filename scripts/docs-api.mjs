/**
 * `npm run docs:api`: the API reference, made of the doc comments, in `dist-api`. Fails where an
 * exported item has no comment or a link leads nowhere.
 *
 * typedoc asks for TypeScript 6, and beside the 7 that compiles `src` it would take that. So it
 * has a lock file of its own, and is installed apart, in the cache of `node_modules`.
 */
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { install, npmProgram } from "./steps/install.mjs";
import { root } from "./steps/root.mjs";
import { run } from "./steps/run.mjs";

const source = join(root, "scripts/api-reference");
const folder = join(root, "node_modules/.cache/reign/api-reference");
const lists = ["package.json", "package-lock.json"];

await install();
process.exitCode = (await installTypedoc()) || (await makeReference());

async function installTypedoc() {
  if (isInstalled()) return 0;
  mkdirSync(folder, { recursive: true });
  for (const name of lists) cpSync(join(source, name), join(folder, name));
  const args = ["ci", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts"];
  return await run(npmProgram(), args, { stdio: ["ignore", 2, 2] });
}

/** npm leaves a list of what it has installed when it is done, and only then. */
function isInstalled() {
  const done = existsSync(join(folder, "node_modules/.package-lock.json"));
  return done && lists.every((name) => textOf(folder, name) === textOf(source, name));
}

function textOf(where, name) {
  return readFileSync(join(where, name), "utf8");
}

function makeReference() {
  const program = join(folder, "node_modules/typedoc/bin/typedoc");
  return run(program, ["--options", join(source, "typedoc.json")]);
}
