/** Where and on what the figures were taken. Without it they mean little. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";

export interface Machine {
  readonly date: string;
  /** The commit, and whether the files differed from it. */
  readonly commit: string;
  readonly node: string;
  readonly openssl: string;
  readonly system: string;
  readonly processors: string;
  readonly memory: string;
  /** How many programs wanted a processor in the minute before: more than this one distorts. */
  readonly load: string;
}

export function describeMachine(root: string): Machine {
  const [first] = cpus();
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    commit: commitOf(root),
    node: process.version,
    openssl: process.versions.openssl ?? "unknown",
    system: `${process.platform} ${release()} ${process.arch}`,
    processors: `${cpus().length} × ${first?.model.trim() ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    load: (loadavg()[0] ?? 0).toFixed(2),
  };
}

function commitOf(root: string): string {
  const git = (...args: string[]) => spawnSync("git", args, { cwd: root, encoding: "utf8" });
  const { status, stdout } = git("rev-parse", "--short", "HEAD");
  if (status !== 0) return "unknown";
  const changed =
    git(
      "status",
      "--porcelain",
      "--",
      "src",
      "bench",
      "measure",
      "reliability",
      "soak",
    ).stdout.trim() !== "";
  return `${stdout.trim()}${changed ? " with changes" : ""}`;
}

/** A processor that processes can be bound to, where the system has `taskset`. */
export function bindableProcessor(): number | undefined {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    const first = /^Cpus_allowed_list:\s*(\d+)/m.exec(status)?.[1];
    if (first === undefined) return undefined;
    const bound = spawnSync("taskset", ["-c", first, process.execPath, "--version"]);
    return bound.status === 0 ? Number(first) : undefined;
  } catch {
    return undefined;
  }
}
