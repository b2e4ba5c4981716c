/**
 * Installs Debian packages that some suites, and the peers in the benchmark, need, where that is
 * possible: as root, on a system that has apt-get. Where it is not, or comes to nothing, those
 * suites are reported as skipped (`test/needs.ts`), and those peers as left out of the benchmark,
 * by name, with what they lack.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** By command, since a system may have it from elsewhere. */
const forTests = { ip: "iproute2", openssl: "openssl", python3: "python3", unshare: "util-linux" };
const peers = { erl: "erlang-base", "nats-server": "nats-server", setpriv: "util-linux" };

const patienceMs = 120_000;

/** What the tests need. Everything that apt-get has to say goes to standard error. */
export function installDebianPackages() {
  installPackages(missingOf(forTests));
}

/** What `npm run bench` compares reign with. */
export function installPeers() {
  // There the servers among them would be started at once, and be open to the network.
  if (existsSync("/run/systemd/system")) return;
  const missing = missingOf(peers);
  // That of an Erlang from elsewhere, Debian does not have.
  const fromDebian = missing.includes(peers.erl) || existsSync("/usr/lib/erlang/lib");
  if (fromDebian && !hasErlangSsl()) missing.push("erlang-ssl");
  installPackages(missing);
}

function installPackages(packages) {
  if (packages.length === 0 || process.getuid?.() !== 0 || !isThere("apt-get")) return;
  process.stderr.write(`Installing ${packages.join(", ")} ...\n`);
  aptGet("update", "-q");
  aptGet("install", "-q", "-y", "--no-install-recommends", ...packages);
}

function missingOf(packageOf) {
  const missing = Object.keys(packageOf).filter((command) => !isThere(command));
  return missing.map((command) => packageOf[command]);
}

function aptGet(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", args, { stdio: ["ignore", 2, 2], env, timeout: patienceMs });
}

function isThere(command) {
  // Debian keeps servers where the search path of a user does not look.
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"];
  return folders.some((folder) => existsSync(join(folder, command)));
}

function hasErlangSsl() {
  const libraries = "/usr/lib/erlang/lib";
  return existsSync(libraries) && readdirSync(libraries).some((name) => /^ssl-\d/.test(name));
}
