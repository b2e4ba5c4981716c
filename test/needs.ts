/**
 * What some tests need of the machine that they run on. This is the one place where a test may be
 * left out: it is reported as skipped, under its name, with what was missing behind it.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { test } from "vitest";

export interface Need {
  /** What is missing here, in a few words; undefined when nothing is. */
  missing(): string | undefined;
}

type Body = () => Promise<void> | void;

/** Is `test` where all needs are met. Looks once, when the file is read. */
export function testNeeding(...needs: readonly Need[]): (name: string, body: Body) => void {
  const missing = needs.map((need) => need.missing()).find((what) => what !== undefined);
  return (name, body) => {
    const shown = missing === undefined ? name : `${name} (left out: ${missing})`;
    test.skipIf(missing !== undefined)(shown, body);
  };
}

/** A command that runs through with these arguments. */
export function command(name: string, ...args: readonly string[]): Need {
  return {
    missing() {
      const { error, status, stderr } = spawnSync(name, args, { encoding: "utf8" });
      if (error !== undefined) return `${name} cannot be run`;
      if (status === 0) return undefined;
      const [why = ""] = stderr.trim().split("\n");
      return `${[name, ...args].join(" ")} fails: ${why || `code ${status}`}`;
    },
  };
}

/** Network namespaces, and rules for packets in them: Linux, and the rights to make them. */
export const networkNamespaces: Need = {
  missing() {
    const name = `reign-need-${process.pid}`;
    const added = command("ip", "netns", "add", name).missing();
    if (added !== undefined) return added;
    try {
      const rule = "rule add from 10.1.1.2 to 10.1.2.2 blackhole".split(" ");
      return command("ip", "-n", name, ...rule).missing();
    } finally {
      spawnSync("ip", ["netns", "del", name]);
    }
  },
};

/** What Linux tells of a process in files. */
export const processFiles: Need = {
  missing: () => (existsSync("/proc/self/stat") ? undefined : "there is no /proc"),
};

export const ipv6: Need = {
  missing() {
    const found = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    return found.some(({ address }) => address === "::1") ? undefined : "there is no ::1";
  },
};
