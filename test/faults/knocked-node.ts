/** A node in a process of its own, with few file descriptors if need be. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ClusterOptions } from "../../src/cluster/create.ts";
import { specOf } from "../carriers/test-spec.ts";
import type { TlsServices } from "../carriers/tls-services.ts";

export interface Figures {
  readonly events: number;
  readonly lines: number;
  /** The most sockets that were open at once, of strangers and of nodes. */
  readonly mostSockets: number;
  readonly cpuMs: number;
  readonly rss: number;
}

export interface KnockedNode extends AsyncDisposable {
  figures(): Promise<Figures>;
  /** Has the process open files until so many descriptors are left. */
  leave(descriptors: number): Promise<void>;
  release(): Promise<void>;
  /** Settles with the exit code when the node was told to stop and its process has ended. */
  stop(): Promise<number | string | null>;
}

const program = fileURLToPath(new URL("knocked-node.mjs", import.meta.url));

export async function startKnockedNode(
  cluster: TlsServices,
  id: string,
  options: ClusterOptions,
  openFiles: number,
): Promise<KnockedNode> {
  const script = `ulimit -n ${openFiles}; exec "$0" "$1"`;
  const child = spawn("sh", ["-c", script, process.execPath, program], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const gone = once(child, "exit").then(([code, signal]) => code ?? signal);
  const ask = async (message: object | string): Promise<unknown> => {
    const answer = once(child, "message");
    child.send(message);
    const dead = gone.then((how) => Promise.reject(new Error(`The node ended with ${how}.`)));
    return (await Promise.race([answer, dead]))[0];
  };
  const nodes = [...cluster.ports].map(([node, port]) => ({
    id: node,
    address: `127.0.0.1:${port}`,
  }));
  const spec = specOf(cluster.authority, await cluster.authority.issue(id), nodes);
  await ask({ spec, id, options });
  return {
    figures: async () => (await ask("figures")) as Figures,
    leave: async (leave) => void (await ask({ leave })),
    release: async () => void (await ask("release")),
    stop: () => {
      child.send("stop");
      return gone;
    },
    [Symbol.asyncDispose]: () => ended(child, gone),
  };
}

async function ended(child: ChildProcess, gone: Promise<unknown>): Promise<void> {
  child.kill("SIGKILL");
  await gone;
}
