/**
 * Installs what `package-lock.json` asks for, if it is not there yet.
 *
 * npm leaves a list of what it has installed in `node_modules/.package-lock.json` when it is done,
 * and only then. It is compared with the lock file, so that a fresh clone, a changed lock file and
 * an interrupted installation all lead to an installation, and everything else costs milliseconds.
 *
 * Not `npm ci`: it refuses a lock file that lacks the binaries which some packages have for systems
 * other than this one, and npm leaves these out where the registry in use does not carry them.
 * `npm install --no-save` takes the same versions with the same digests and writes no lock file.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.mjs";
import { run } from "./run.mjs";

/** Installs if needed. Everything that npm has to say goes to standard error. */
export async function install() {
  if (isInstalled()) return;
  process.stderr.write("Installing the npm packages of package-lock.json ...\n");
  // A production environment would leave out the compiler, which every command here needs.
  const args = ["install", "--no-save", "--include=dev", "--no-audit", "--no-fund"];
  const code = await run(npmProgram(), args, { stdio: ["ignore", 2, 2] });
  if (code === 0) return;
  process.stderr.write(
    `\n"npm install" ended with exit code ${code}, so nothing was started. Is the registry ` +
      "within reach (npm ping)? What npm says above has the details.\n",
  );
  process.exit(code);
}

function isInstalled() {
  const wanted = packagesOf("package-lock.json");
  const present = packagesOf("node_modules/.package-lock.json");
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([folder, { version, integrity, optional }]) => {
    if (folder === "") return true;
    const found = present[folder];
    // Optional packages are those of other systems for the most part.
    if (found === undefined) return optional === true;
    return (
      found.version === version &&
      found.integrity === integrity &&
      existsSync(join(root, folder, "package.json"))
    );
  });
}

function packagesOf(lockFile) {
  const path = join(root, lockFile);
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/** The npm that runs this script, or else the one that came with Node. */
export function npmProgram() {
  const running = process.env.npm_execpath;
  if (running?.endsWith("npm-cli.js")) return running;
  const bin = join(process.execPath, "..");
  const candidates = ["../lib/node_modules", "node_modules"].map((folder) =>
    join(bin, folder, "npm/bin/npm-cli.js"),
  );
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  process.stderr.write("npm was not found beside Node. Run this with npm: npm start, npm test.\n");
  process.exit(1);
}
