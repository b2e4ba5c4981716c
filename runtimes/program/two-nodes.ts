/** A cluster of two: this process is node 1, and a child is node 2. Mutual TLS on 127.0.0.1. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Address, type ConnectionService, createFromSpecFile, nullLogger } from "reign";
import { freePorts } from "../../measure/free-ports.ts";
import { type CodecName, codecMakers } from "./codec-makers.ts";
import type { Answer, Request } from "./request.ts";

/** Certificates and a spec, by the command that users have, with ports that are free. */
export async function initFolder(): Promise<string> {
  const reign = fileURLToPath(import.meta.resolve("reign")).replace("index.js", "cli/main.js");
  const said = execFileSync(process.execPath, [reign, "init"], { encoding: "utf8" });
  const [first, second] = await freePorts(2);
  const spec = readFileSync("cluster.json", "utf8")
    .replace("20000", `${first}`)
    .replace("20001", `${second}`);
  writeFileSync("cluster.json", spec);
  return said;
}

export class TwoNodes implements AsyncDisposable {
  readonly service: ConnectionService;
  readonly #codec: CodecName;
  #child: ChildProcess;

  private constructor(service: ConnectionService, codec: CodecName) {
    this.service = service;
    this.#codec = codec;
    this.#child = spawnOther(codec);
  }

  static async start(codec: CodecName = "term"): Promise<TwoNodes> {
    const codecs = [codecMakers[codec]()];
    const options = { logger: nullLogger, maxReconnectDelay: 200, codecs };
    const service = await createFromSpecFile("cluster.json", "1", options);
    await service.start();
    return new TwoNodes(service, codec);
  }

  /** The mailbox of the other process that takes requests. */
  async other(): Promise<Address<Request>> {
    return await this.service.names.wait<Request>("other", { timeout: 30_000 });
  }

  /** Asks the other process, and gives its answer. */
  async ask(make: (from: Address<Answer>) => Request): Promise<Answer> {
    const { address, mailbox } = this.service.newMailbox<Answer>();
    (await this.other()).send(make(address));
    const answer = await mailbox.receive({ timeout: 30_000 });
    mailbox.close();
    if (answer === undefined)
      throw new Error("Expected an answer of node 2 within 30 s, got none.");
    return answer;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Starts the other process again, once it is gone. */
  async startOther(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await once(this.#child, "exit");
    }
    this.#child = spawnOther(this.#codec);
  }

  /** Asks the other process to end, and gives its exit code. */
  async end(): Promise<number | null> {
    const exited = once(this.#child, "exit");
    (await this.other()).send({ type: "end" });
    const [code] = (await exited) as [number | null];
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.service.terminate();
  }
}

function spawnOther(codec: CodecName): ChildProcess {
  const program = fileURLToPath(new URL("./other-node.js", import.meta.url));
  return spawn(process.execPath, [program, codec], { stdio: ["pipe", "ignore", "inherit"] });
}
