/**
 * The process of one role as the bench sees it.
 *
 * Every question has a limit of time, so that one that hangs ends the bench and not the patience of
 * whoever runs it; and every process is ended by its handle, whatever happened.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Timing, Usage } from "./case.ts";
import type { FromRole, RoleName, ToRole } from "./role-messages.ts";

export interface RoleProcessOptions {
  readonly name: RoleName;
  /** The folder for a profile of the processor's time, if there is to be one. */
  readonly profileFolder?: string | undefined;
  /** The processor to run on, if it is to be one. */
  readonly processor?: number | undefined;
}

const startLimitMs = 30_000;
const roundLimitMs = 120_000;
const endLimitMs = 20_000;

type Answer<T extends FromRole["type"]> = Extract<FromRole, { type: T }>;

export class RoleProcess {
  readonly #child: ChildProcess;
  readonly #name: RoleName;
  readonly #profileFolder: string | undefined;
  readonly #title: string;
  readonly #heard: FromRole[] = [];
  #waiting: ((message: FromRole) => void) | undefined;

  constructor(options: RoleProcessOptions) {
    this.#name = options.name;
    this.#profileFolder = options.profileFolder;
    const { contestant, role, caseId } = options.name;
    this.#title = `${contestant} (${role}) of ${caseId}`;
    this.#child = startProcess(options);
    this.#child.on("message", (message: FromRole) => this.#hear(message));
    this.#child.on("error", (error) => this.#hear({ type: "failed", reason: error.message }));
    this.#child.on("exit", (code, signal) => {
      this.#hear({ type: "failed", reason: `its process ended (${signal ?? `code ${code}`})` });
    });
  }

  async start(): Promise<void> {
    const name = this.#name;
    const folder = this.#profileFolder;
    const file = `${[name.caseId, name.contestant, name.role].join(".")}.cpuprofile`;
    this.#tell({
      type: "start",
      name,
      ...(folder && { profile: join(folder, file.replace(/[^\w.-]+/g, "-")) }),
    });
    await this.#answer("ready", startLimitMs);
  }

  /** Since it was started. */
  async usage(): Promise<Usage> {
    this.#tell({ type: "usage" });
    return (await this.#answer("usage", startLimitMs)).usage;
  }

  /** Settles when the round has begun; `finished` waits for its end. */
  async begin(count: number): Promise<void> {
    this.#tell({ type: "round", count });
    await this.#answer("begun", startLimitMs);
  }

  async finished(): Promise<Timing | undefined> {
    return (await this.#answer("finished", roundLimitMs)).timing;
  }

  /** Has it leave by itself, after it has ended what it started and written its profile. */
  async end(): Promise<void> {
    if (this.#gone) return;
    const gone = once(this.#child, "exit");
    const limit = setTimeout(() => this.kill(), endLimitMs);
    this.#tell({ type: "end" });
    await gone;
    clearTimeout(limit);
  }

  kill(): void {
    if (!this.#gone) this.#child.kill("SIGKILL");
  }

  get #gone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #tell(message: ToRole): void {
    // One that is gone, or going, is known by what it no longer answers.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #hear(message: FromRole): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#heard.push(message);
    else waiting(message);
  }

  async #answer<T extends FromRole["type"]>(type: T, limitMs: number): Promise<Answer<T>> {
    let limit: ReturnType<typeof setTimeout> | undefined;
    const late = { type: "failed", reason: `no answer within ${limitMs / 1000} s` } as const;
    const message = await new Promise<FromRole>((resolve) => {
      const heard = this.#heard.shift();
      if (heard !== undefined) return resolve(heard);
      this.#waiting = resolve;
      limit = setTimeout(() => this.#hear(late), limitMs);
    });
    clearTimeout(limit);
    if (message.type === type) return message as Answer<T>;
    const reason = message.type === "failed" ? message.reason : `"${message.type}" out of turn`;
    throw new Error(`${this.#title} failed: ${reason}`);
  }
}

function startProcess({ processor }: RoleProcessOptions): ChildProcess {
  const program = [process.execPath, process.argv[1] ?? "", "--role"];
  const pinned = processor === undefined ? [] : ["taskset", "-c", String(processor)];
  const [command = "", ...rest] = [...pinned, ...program];
  // Standard output belongs to the table.
  return spawn(command, rest, { stdio: ["ignore", 2, 2, "ipc"] });
}
