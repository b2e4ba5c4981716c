/** Runs a program to its end. */
import { type ChildProcess, spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export interface Ran {
  readonly output: string;
  readonly errors: string;
  /** Nothing when it ended by itself, with code 0. */
  readonly problem: string | undefined;
}

export interface RunOptions {
  readonly cwd: string;
  readonly limitMs: number;
  /** Ends it, and that is its problem then. */
  readonly signal: AbortSignal;
}

/** A program that cannot be started has an error, and no other end. */
function endOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(undefined);
      resolve(code === null ? `was ended by ${signal}` : `ended with code ${code}`);
    });
  });
}

/** It is ended when it takes longer than `limitMs`, and that is its problem then. */
export async function runProgram(
  file: string,
  args: readonly string[],
  { cwd, limitMs, signal }: RunOptions,
): Promise<Ran> {
  const limit = AbortSignal.timeout(limitMs);
  const child = spawn(file, args, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.any([limit, signal]),
    killSignal: "SIGKILL",
  });
  const [output, errors, problem] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    endOf(child),
  ]);
  return {
    output,
    errors,
    problem: limit.aborted ? `had not ended after ${limitMs / 1_000} s` : problem,
  };
}
