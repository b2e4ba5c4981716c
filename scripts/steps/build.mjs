/**
 * Compiles `src` into `dist`, and then the examples that the command line runs, which import the
 * package by its name and so need `dist`.
 *
 * `dist` is made from nothing each time: the compiler leaves the output of files that are gone,
 * and the package would carry it. A digest of the sources, kept outside `dist` so that it is not
 * packed, tells whether there is anything to do.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./root.mjs";
import { programOf, run } from "./run.mjs";

const configs = ["tsconfig.json", "tsconfig.examples.json"];
const dist = join(root, "dist");
const digestFile = join(root, "node_modules/.cache/reign/built-from");

/** Compiles, whatever is there, and gives the compiler's exit code. Writes to standard error. */
export async function build() {
  const digest = digestOfSources();
  rmSync(dist, { recursive: true, force: true });
  rmSync(digestFile, { force: true });
  for (const config of configs) {
    const stdio = ["ignore", 2, 2];
    const code = await run(programOf("typescript", "tsc"), ["-p", config], { stdio });
    if (code !== 0) return code;
  }
  const main = join(dist, "cli/main.js");
  if (existsSync(main)) chmodSync(main, 0o755);
  mkdirSync(dirname(digestFile), { recursive: true });
  writeFileSync(digestFile, digest);
  return 0;
}

/** Compiles unless `dist` was made from exactly the present sources. */
export async function buildIfStale() {
  const fresh =
    existsSync(dist) &&
    existsSync(digestFile) &&
    readFileSync(digestFile, "utf8") === digestOfSources();
  return fresh ? 0 : await build();
}

function digestOfSources() {
  const hash = createHash("sha256");
  const sources = ["src", "examples"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)),
  );
  const paths = sources.filter((path) => path.endsWith(".ts")).sort();
  for (const path of ["package.json", "package-lock.json", ...configs, ...paths]) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update("\0");
  }
  return hash.digest("hex");
}
