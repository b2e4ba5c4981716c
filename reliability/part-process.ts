/**
 * The process of one part as its scenario sees it.
 *
 * The functions that the part gives are called as if they were here. Every question has a limit of
 * time, and none outlives the process that it was put to.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { FromPart, ToPart } from "./part-messages.ts";

/** The functions of a part, called from outside: each answers later. */
export type Remote<P> = {
  readonly [K in keyof P]: P[K] extends (...given: infer A) => infer R
    ? (...given: A) => Promise<Awaited<R>>
    : never;
};

export interface Part<P extends object> {
  readonly pid: number;
  readonly ask: Remote<P>;
  /** The signal, or the exit code, once the process is gone. */
  readonly gone: Promise<string | number>;
  signal(name: NodeJS.Signals): void;
  /** `SIGKILL`, which a stopped process hears too. */
  kill(): void;
  /** Lets go of it, and gives how many milliseconds it took to end by itself. */
  leave(limitMs: number): Promise<number>;
}

export interface PartName {
  readonly scenario: string;
  readonly part: string;
}

export interface StartOptions {
  /** Flags for Node, as `--max-old-space-size=64`. */
  readonly flags?: readonly string[];
  /** Gets each line that the process writes to standard error, which is passed on without it. */
  readonly heard?: (line: string) => void;
}

const startLimitMs = 30_000;
const askLimitMs = 120_000;

interface Question {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly limit: ReturnType<typeof setTimeout>;
}

export class PartProcess<P extends object> implements Part<P> {
  readonly ask: Remote<P>;
  readonly gone: Promise<string | number>;
  readonly #child: ChildProcess;
  readonly #title: string;
  readonly #questions = new Map<number, Question>();
  #lastId = 0;
  #over: string | undefined;

  constructor({ scenario, part }: PartName, { flags = [], heard }: StartOptions) {
    this.#title = `${part} of ${scenario}`;
    // What memory a part holds is asked for after a collection.
    const program = ["--expose-gc", ...flags, process.argv[1] ?? "", "--part"];
    // Standard output belongs to the table.
    this.#child = spawn(process.execPath, program, {
      stdio: ["ignore", 2, heard === undefined ? 2 : "pipe", "ipc"],
      serialization: "advanced",
    });
    const { stderr } = this.#child;
    if (heard !== undefined && stderr !== null) createInterface(stderr).on("line", heard);
    this.#child.on("message", (message: FromPart) => this.#hear(message));
    this.#child.on("error", (error) => this.#end(error.message));
    this.gone = once(this.#child, "exit").then(([code, signal]) => {
      const how: string | number = signal ?? code;
      this.#end(`its process ended (${how})`);
      return how;
    });
    // One that cannot be started is known by what it does not answer.
    this.gone.catch(() => undefined);
    this.ask = new Proxy({} as Remote<P>, {
      get:
        (_, name) =>
        (...given: unknown[]) => {
          const answer = this.#ask({ type: "ask", id: 0, name: String(name), given }, askLimitMs);
          // A scenario that ends half-way waits for nothing that it has asked.
          answer.catch(() => undefined);
          return answer;
        },
    });
  }

  async start(name: PartName, setting: unknown): Promise<void> {
    await this.#ask({ type: "start", ...name, setting }, startLimitMs);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  kill(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
    }
  }

  async leave(limitMs: number): Promise<number> {
    const asked = performance.now();
    const limit = setTimeout(() => this.kill(), limitMs);
    this.#child.send({ type: "leave" } satisfies ToPart);
    await this.gone;
    clearTimeout(limit);
    return performance.now() - asked;
  }

  /** Questions that are asked before it is ready have number 0: there is one of them at a time. */
  #ask(message: Exclude<ToPart, { type: "leave" }>, limitMs: number): Promise<unknown> {
    const id = message.type === "start" ? 0 : ++this.#lastId;
    return new Promise((resolve, reject) => {
      const late = new Error(`${this.#title}: no answer within ${limitMs / 1000} s`);
      const limit = setTimeout(() => {
        this.#questions.delete(id);
        reject(late);
      }, limitMs);
      if (this.#over !== undefined) {
        clearTimeout(limit);
        return reject(new Error(`${this.#title}: ${this.#over}`));
      }
      this.#questions.set(id, { resolve, reject, limit });
      // One that is going is known by its end.
      this.#child.send({ ...message, id }, () => undefined);
    });
  }

  #hear(message: FromPart): void {
    const id = message.type === "ready" ? 0 : message.id;
    const question = this.#questions.get(id);
    if (question === undefined) return;
    this.#questions.delete(id);
    clearTimeout(question.limit);
    if (message.type === "failed") {
      question.reject(new Error(`${this.#title}: ${message.reason}`));
    } else question.resolve(message.type === "answer" ? message.value : undefined);
  }

  #end(reason: string): void {
    this.#over ??= reason;
    for (const { reject, limit } of this.#questions.values()) {
      clearTimeout(limit);
      reject(new Error(`${this.#title}: ${reason}`));
    }
    this.#questions.clear();
  }
}
