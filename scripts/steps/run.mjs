/**
 * Runs one program to its end, and passes on the signals that would end this one.
 *
 * A child never gets our standard input unless it is asked for: what somebody pipes into
 * `npm start` is for the program that is started, not for an installer that reads ahead.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.mjs";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"];

/** The exit code of `file`, a JavaScript program, run with `args`. */
export function run(file, args, { stdio = ["ignore", "inherit", "inherit"], onMessage } = {}) {
  const child = spawn(process.execPath, [file, ...args], { cwd: root, stdio });
  if (onMessage !== undefined) child.on("message", onMessage);

  let interruptedBy;
  const passOn = (signal) => {
    interruptedBy = signal;
    child.kill(signal);
  };
  for (const signal of signals) process.on(signal, passOn);

  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      for (const signal of signals) process.off(signal, passOn);
      // Whoever interrupts us wants none of the steps that are left.
      if (interruptedBy !== undefined) process.kill(process.pid, interruptedBy);
      else resolve(code ?? 1);
    });
  });
}

/** The program `name` of an installed package. Node runs it: Windows has no `.bin/name`. */
export function programOf(packageName, name) {
  const folder = join(root, "node_modules", packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return join(folder, typeof bin === "string" ? bin : bin[name]);
}
