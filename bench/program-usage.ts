/** What a program that a role has started uses, as Linux counts it: others give nothing to read. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Usage } from "./case.ts";

/** Of the process with this id, its threads included and its children not. */
export function usageOf(pid: number, ticksPerSecond: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name stands in brackets and may hold anything; fields 14 and 15 are the times.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const peak = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return { cpuSeconds: ticks / ticksPerSecond, memory: Number(peak) * 1024 };
}

/** In what the system counts the times of processes. */
export function clockTicks(): number {
  const { stdout } = spawnSync("getconf", ["CLK_TCK"], { encoding: "utf8" });
  return Number(stdout) || 100;
}
