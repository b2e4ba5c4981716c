/**
 * Whole services over real TLS on 127.0.0.1, and node processes of the built package beside them.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../measure/free-ports.ts";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type IssuedCertificate,
} from "../../src/carriers/tls/certificate-authority.ts";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import { type ClusterOptions, createFromSpec } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import type { ClusterSpec } from "../../src/cluster/spec.ts";
import {
  createRecordingTelemetry,
  type RecordingTelemetry,
} from "../../src/testing/recording-telemetry.ts";
import { specOf } from "./test-spec.ts";

export interface TlsServices extends AsyncDisposable {
  readonly authority: CertificateAuthority;
  readonly telemetry: RecordingTelemetry;
  readonly ports: ReadonlyMap<string, number>;
  /** Makes a node in this process; `certificate` in place of the one it should have. */
  create(
    id: string,
    options?: ClusterOptions,
    certificate?: IssuedCertificate,
  ): Promise<ConnectionService>;
  start(id: string, options?: ClusterOptions): Promise<ConnectionService>;
  /** Starts a node in a process of its own, with something more in its environment. */
  spawn(id: string, environment?: NodeJS.ProcessEnv): Promise<NodeProcess>;
}

/** A node in a process of its own: it registers `echo_<id>`, and answers what it is asked. */
export interface NodeProcess {
  readonly child: ChildProcess;
  /** Settles with the exit code, or the signal, when the process is gone. */
  readonly gone: Promise<number | string | null>;
  kill(signal: NodeJS.Signals): void;
  /** Lets it terminate its service; the process then ends by itself. */
  stop(): void;
}

const nodeProcess = fileURLToPath(new URL("node-process.mjs", import.meta.url));

export async function createTlsServices(ids: readonly string[]): Promise<TlsServices> {
  const authority = await createCertificateAuthority({ cluster: "test" });
  const telemetry = createRecordingTelemetry();
  const free = await freePorts(ids.length);
  const ports = new Map(ids.map((id, i) => [id, free[i] ?? 0]));
  const services: ConnectionService[] = [];
  const processes: NodeProcess[] = [];
  const folder = await mkdtemp(join(tmpdir(), "reign-services-"));

  async function specFor(id: string, certificate?: IssuedCertificate): Promise<ClusterSpec> {
    const nodes = ids.map((node) => ({ id: node, address: `127.0.0.1:${ports.get(node)}` }));
    return specOf(authority, certificate ?? (await authority.issue(id)), nodes);
  }

  const create: TlsServices["create"] = async (id, options = {}, certificate) => {
    const service = await createFromSpec(await specFor(id, certificate), id, {
      logger: nullLogger,
      telemetry,
      ...options,
    });
    services.push(service);
    return service;
  };

  const spawn: TlsServices["spawn"] = async (id, environment = {}) => {
    const path = join(folder, `${id}.json`);
    await writeFile(path, JSON.stringify(await specFor(id)), { mode: 0o600 });
    const child = fork(nodeProcess, [path, id], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { ...process.env, ...environment },
    });
    const gone = once(child, "exit").then(([code, signal]) => code ?? signal);
    const started: NodeProcess = {
      child,
      gone,
      kill: (signal) => void child.kill(signal),
      stop: () => void child.send("stop"),
    };
    processes.push(started);
    await Promise.race([
      once(child, "message"),
      gone.then((how) => Promise.reject(new Error(`Node process ${id} ended with ${how}.`))),
    ]);
    return started;
  };

  return {
    authority,
    telemetry,
    ports,
    create,
    async start(id, options) {
      const service = await create(id, options);
      await service.start();
      return service;
    },
    spawn,
    async [Symbol.asyncDispose]() {
      await Promise.all(services.map((service) => service.terminate()));
      for (const { child } of processes) child.kill("SIGKILL");
      await Promise.all(processes.map(({ gone }) => gone));
      await rm(folder, { recursive: true });
    },
  };
}
