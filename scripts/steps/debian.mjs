/**
 * Installs the Debian packages that some suites need, where that is possible: as root, on a system
 * that has apt-get. Where it is not, or comes to nothing, those suites are reported as skipped, by
 * name, with what they lack (`test/needs.ts`).
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** By command, since a system may have it from elsewhere. */
const packageOf = { ip: "iproute2", openssl: "openssl", unshare: "util-linux" };

const patienceMs = 120_000;

/** Installs what is missing. Everything that apt-get has to say goes to standard error. */
export function installDebianPackages() {
  const missing = Object.keys(packageOf).filter((command) => !isThere(command));
  if (missing.length === 0 || process.getuid?.() !== 0 || !isThere("apt-get")) return;
  const packages = missing.map((command) => packageOf[command]);
  process.stderr.write(`Installing ${packages.join(", ")} ...\n`);
  aptGet("update", "-q");
  aptGet("install", "-q", "-y", "--no-install-recommends", ...packages);
}

function aptGet(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", args, { stdio: ["ignore", 2, 2], env, timeout: patienceMs });
}

function isThere(command) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.some((folder) => existsSync(join(folder, command)));
}
