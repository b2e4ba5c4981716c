/** A program of the built package that runs as a process of its own, and what it says. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface RunningProgram extends AsyncDisposable {
  readonly pid: number;
  readonly stdin: ChildProcessWithoutNullStreams["stdin"];
  readonly stdout: ChildProcessWithoutNullStreams["stdout"];
  /** Everything it has written so far. */
  readonly output: string;
  readonly errors: string;
  /**
   * Settles when it has written all of `texts` to either stream, in any order, after what was
   * waited for before.
   */
  says(...texts: readonly string[]): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Settles when it and all that hold its output have ended. Null: it was killed by a signal. */
  ended(): Promise<number | null>;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** All of its input. Without it, input stays open. */
  readonly input?: string;
}

/** Starts `dist/<file>` with Node. */
export function startProgram(
  file: string,
  args: readonly string[],
  options: ProgramOptions = {},
): RunningProgram {
  const path = `${root}dist/${file}`;
  if (!existsSync(path)) throw new Error(`Expected ${path}. Build it first: npm run build.`);
  return startCommand(process.execPath, [path, ...args], options);
}

export function startCommand(
  command: string,
  args: readonly string[],
  { cwd, env, input }: ProgramOptions = {},
): RunningProgram {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    // A group of its own, so that a signal can be sent to it and its children as a terminal does.
    detached: true,
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  const written = { output: "", errors: "", all: "" };
  let heardUpTo = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    written.output += text;
    hear(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    written.errors += text;
    hear(text);
  });
  // Whoever has ended reads no more, which is what some tests are about.
  child.stdin.on("error", () => {});
  if (input !== undefined) child.stdin.end(input);

  function hear(text: string): void {
    written.all += text;
    child.emit("heard");
  }

  /** Where `text` ends in what has not been waited for yet, or -1. */
  function endOf(text: string): number {
    const at = written.all.indexOf(text, heardUpTo);
    return at < 0 ? -1 : at + text.length;
  }

  return {
    pid: child.pid ?? 0,
    stdin: child.stdin,
    stdout: child.stdout,
    get output() {
      return written.output;
    },
    get errors() {
      return written.errors;
    },
    async says(...texts) {
      for (;;) {
        const ends = texts.map((text) => endOf(text));
        if (!ends.includes(-1)) {
          heardUpTo = Math.max(heardUpTo, ...ends);
          return;
        }
        const code = await Promise.race([once(child, "heard"), ended.then((code) => ({ code }))]);
        if ("code" in code && texts.some((text) => endOf(text) === -1)) {
          throw new Error(`Ended (${code.code}) without ${JSON.stringify(texts)}: ${written.all}`);
        }
      }
    },
    kill: (signal) => void child.kill(signal),
    ended: () => ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  };
}
