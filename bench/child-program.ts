/**
 * A program that a role has started: a peer in another language, or a server.
 *
 * It speaks in lines on its standard output, and is gone when its role is, however that ends:
 * by `end`, with the role's process, or, if that is killed, by the system or an input that ends.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import type { Role, Usage } from "./case.ts";
import { clockTicks, usageOf } from "./program-usage.ts";

const patienceMs = 60_000;
const linesKept = 8;

export class ChildProgram {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #heard: string[] = [];
  /** The last lines, so that a failure can be told in its own words. */
  readonly #last: string[] = [];
  readonly #ticks = clockTicks();
  #ended: string | undefined;
  #wake: () => void = () => {};

  constructor(name: string, command: string, args: readonly string[]) {
    this.#name = name;
    // Its standard error is what the bench shows on the way.
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", 2] });
    this.#child.once("error", (error) => this.#end(error.message));
    this.#child.once("close", (code, signal) =>
      this.#end(`it ended (${signal ?? `code ${code}`})`),
    );
    // What is written to one that is gone is known by its end.
    this.#child.stdin?.on("error", () => {});
    if (this.#child.stdout !== null) {
      createInterface(this.#child.stdout).on("line", (line) => this.#hear(line));
    }
    process.once("exit", () => this.kill());
  }

  /** Writes a line to its standard input. */
  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /**
   * The next line whose first word is `first`; others are passed over. Rejects when it ends, or
   * says that it has "failed".
   */
  async line(first: string): Promise<string> {
    const limit = setTimeout(() => this.#end(`no answer in ${patienceMs / 1000} s`), patienceMs);
    try {
      for (;;) {
        const line = this.#heard.shift();
        const [word] = line?.split(" ", 1) ?? [];
        if (line === undefined) await this.#news();
        else if (word === first) return line;
        else if (word === "failed") throw new Error(`${this.#name} ${line}`);
      }
    } finally {
      clearTimeout(limit);
    }
  }

  usage(): Usage {
    const none = { cpuSeconds: 0, memory: 0 };
    return this.#child.pid === undefined || this.#gone
      ? none
      : usageOf(this.#child.pid, this.#ticks);
  }

  kill(): void {
    if (!this.#gone) this.#child.kill("SIGKILL");
  }

  async end(): Promise<void> {
    if (this.#gone) return;
    const gone = once(this.#child, "exit");
    this.kill();
    await gone;
  }

  get #gone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #hear(line: string): void {
    this.#heard.push(line);
    this.#last.push(line);
    if (this.#last.length > linesKept) this.#last.shift();
    this.#wake();
  }

  #end(reason: string): void {
    this.#ended ??= reason;
    this.#wake();
  }

  #news(): Promise<void> {
    if (this.#ended !== undefined) {
      throw new Error([`${this.#name}: ${this.#ended}`, ...this.#last].join("\n"));
    }
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** What a role says of the programs it has started. */
export function usageOfPrograms(
  programs: readonly ChildProgram[],
): Required<Pick<Role, "cpuSeconds" | "memory" | "end">> {
  const sum = (part: keyof Usage) =>
    programs.reduce((total, program) => total + program.usage()[part], 0);
  return {
    cpuSeconds: () => sum("cpuSeconds"),
    memory: () => sum("memory"),
    async end() {
      for (const program of programs) await program.end();
    },
  };
}

/** Where a command lies, if it is there. */
export function pathOf(command: string): string | undefined {
  // Debian keeps servers where the search path of a user does not look.
  const { PATH = "" } = process.env;
  const folders = [...PATH.split(delimiter), "/usr/sbin"];
  return folders.map((folder) => join(folder, command)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
