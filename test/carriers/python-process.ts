/** A node of TypeScript and one of Python, in processes of their own, over real TLS. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../measure/free-ports.ts";
import { initCluster } from "../../src/carriers/tls/init-cluster.ts";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import { type ClusterOptions, createFromSpecFile } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { createJsonCodec } from "../../src/codecs/json/json-codec.ts";
import type { Address } from "../../src/core/address.ts";
import { command, type Need } from "../needs.ts";

export const python: Need = command(
  "python3",
  "-c",
  "import ssl, sys; assert sys.version_info >= (3, 9)",
);

export interface PythonNode {
  readonly child: ChildProcess;
  /** The next line of JSON that it prints. */
  said(): Promise<unknown>;
  readonly gone: Promise<number | string | null>;
}

export interface MixedCluster extends AsyncDisposable {
  readonly specFile: string;
  /** Node 1. */
  readonly service: ConnectionService;
  /** Starts a program as node 2, with the path of the spec and both ids as its arguments. */
  spawn(program: string): PythonNode;
  /** What it answers when it is told to do something, as `python-node.py` has it. */
  tell(order: Readonly<Record<string, unknown>>): Promise<unknown>;
}

export const pythonNode: string = fileURLToPath(new URL("python-node.py", import.meta.url));

export async function createMixedCluster(options: ClusterOptions = {}): Promise<MixedCluster> {
  const dir = await mkdtemp(join(tmpdir(), "reign-python-"));
  const { specFile } = await initCluster({ dir });
  const ports = await freePorts(2);
  const spec = JSON.parse(await readFile(specFile, "utf8"));
  const nodes = ports.map((port, i) => ({ id: i + 1, address: `127.0.0.1:${port}` }));
  await writeFile(specFile, JSON.stringify({ ...spec, nodes }));
  const codecs = [createJsonCodec()];
  const service = await createFromSpecFile(specFile, "1", {
    logger: nullLogger,
    codecs,
    ...options,
  });
  await service.start();
  const running: PythonNode[] = [];

  return {
    specFile,
    service,
    spawn(program) {
      const started = startPython(program, specFile);
      running.push(started);
      return started;
    },
    async tell(order) {
      const { address, mailbox } = service.newMailbox();
      (await service.names.wait("python_2")).send({ ...order, reply: address });
      const answer = await mailbox.receive();
      mailbox.close();
      return answer;
    },
    async [Symbol.asyncDispose]() {
      for (const { child } of running) child.kill("SIGKILL");
      await Promise.all(running.map(({ gone }) => gone));
      await service.terminate();
      await rm(dir, { recursive: true });
    },
  };
}

function startPython(program: string, specFile: string): PythonNode {
  const child = spawn("python3", [program, specFile, "2", "1"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
  });
  const gone = once(child, "exit").then(([code, signal]) => code ?? signal);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    gone,
    async said() {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`The program ended with ${await gone}.`);
      return JSON.parse(value);
    },
  };
}

/** An address that came in a message. */
export function asAddress(answer: unknown): Address {
  return answer as Address;
}
