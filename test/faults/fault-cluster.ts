/**
 * Nodes in processes of their own, of the built package over real TLS, each where the test wants
 * it: on 127.0.0.1, or in a network namespace with an address of its own.
 *
 * What a node sees comes back as events. A test waits for them; it never waits for time to pass.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { freePorts } from "../../measure/free-ports.ts";
import { createCertificateAuthority } from "../../src/carriers/tls/certificate-authority.ts";
import type { ClusterSpec, NodeDefinition } from "../../src/cluster/spec.ts";
import type { ServiceStats } from "../../src/runtime/ledger.ts";
import type { ServiceSettings } from "../../src/runtime/settings.ts";
import { specOf } from "../carriers/test-spec.ts";
import { times } from "./figures.ts";

/** Something that a node has seen, and when: milliseconds on the machine's monotonic clock. */
export type NodeEvent = { readonly at: number } & (
  | {
      readonly event: "link";
      readonly peer: string;
      readonly up: boolean;
      /** Whether the inbox of the peer had a name when the callback ran. */
      readonly named: boolean;
      /** How many notices were there when the callback ran. */
      readonly notices: number;
    }
  | {
      readonly event: "log";
      readonly type: string;
      readonly peer?: string;
      readonly reason?: string;
      readonly lasting?: boolean;
    }
  | { readonly event: "message"; readonly from: string; readonly n: number }
  | { readonly event: "ready"; readonly id: string }
  /** A message to an address that is kept, dead or not, was not sent. */
  | { readonly event: "refused"; readonly id: string }
  | { readonly event: "retry" | "unblocked" }
);

type EventOf<K extends NodeEvent["event"]> = Extract<NodeEvent, { readonly event: K }>;

/** What a node can be asked to do; `fault-node.mjs` says how. */
interface Operations {
  watch(args: { peer: string; count: number }): void;
  send(args: { peer: string; every: number; pinned?: boolean }): void;
  quiet(): void;
  watchPinned(): string;
  block(args: { ms: number; position: "timer" | "microtask" | "io" | "immediate" }): void;
  live(args: { ms: number }): void;
  shiftClock(args: { clock: "wall" | "monotonic"; ms: number }): void;
  state(): NodeState;
}

export interface NodeState {
  readonly received: {
    readonly count: number;
    readonly foreign: number;
    readonly disorder: number;
  };
  /** How many notices came with which reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** For how many addresses a notice came. */
  readonly noticed: number;
  /** The id of the inbox of each node, in the order of the spec; null where there is none. */
  readonly inboxes: readonly (string | null)[];
  readonly lost: ServiceStats["lost"];
}

export interface FaultNode {
  readonly id: string;
  /** The id of its inbox, which another incarnation never has. */
  readonly inbox: string;
  readonly child: ChildProcess;
  /** Settles with the exit code, or the signal, when the process is gone. */
  readonly gone: Promise<number | string | null>;
  /** Everything it has told so far, oldest first. */
  readonly events: readonly NodeEvent[];
  do<K extends keyof Operations>(
    operation: K,
    ...args: Parameters<Operations[K]>
  ): Promise<ReturnType<Operations[K]>>;
  kill(signal: NodeJS.Signals): void;
  /** The first event of a kind, from the place `since` in `events` on, that is as wanted. */
  until<K extends NodeEvent["event"]>(
    kind: K,
    wanted: (event: EventOf<K>) => boolean,
    since?: number,
  ): Promise<EventOf<K>>;
  /** Settles when its link to a node has come up, or gone down. */
  link(peer: string, up: boolean, since?: number): Promise<EventOf<"link">>;
  /** Its links that came and went, as "2 up" and "2 down". */
  changes(since?: number): string[];
  /** The kinds of lines of its log about a node, in order, with the reason if there is one. */
  log(peer: string, since?: number): string[];
}

export interface FaultNodeOptions extends Partial<ServiceSettings> {
  /** Words before the command: a program that runs it in a world of its own. */
  readonly within?: readonly string[];
  /** The other nodes in its spec. Default: all. */
  readonly knows?: readonly string[];
  /** What its spec says otherwise, of whichever node. */
  readonly nodes?: Readonly<Record<string, Partial<NodeDefinition>>>;
}

/** Where a node is: its address in the spec, and the namespace that its process runs in. */
export interface Place {
  readonly address: string;
  readonly namespace?: string;
}

export interface FaultCluster extends AsyncDisposable {
  /** Starts a node; settles when it listens. A second of the same id is another incarnation. */
  start(id: string, options?: FaultNodeOptions): Promise<FaultNode>;
}

const program = fileURLToPath(new URL("fault-node.mjs", import.meta.url));

/** Now, on the clock of the events. */
export function moment(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** A short tick, so that a silence is found within seconds, and quick tries for a new link. */
export const shortTick = {
  pingInterval: 250,
  deadlineInterval: 1_000,
  handshakeTimeout: 2_000,
  maxReconnectDelay: 200,
} as const;

/** By when a silent peer must be found out, as the guarantees have it (G17). */
export const tickBoundMs = shortTick.deadlineInterval + shortTick.pingInterval;

/**
 * How long a test waits for one thing. The runner waits much longer for the whole of it, so that a
 * test which fails does so by a wait, and takes away what it has made.
 */
const patienceMs = 15_000;
vi.setConfig({ testTimeout: times(40) * patienceMs });

/** As long as a machine that does much else may take for what takes milliseconds. */
export const busyMs = 2_000;

async function localPlaces(count: number): Promise<Place[]> {
  return (await freePorts(count)).map((port) => ({ address: `127.0.0.1:${port}` }));
}

/** Nodes 1, 2, …: so many on ports of 127.0.0.1, or each at its place. */
export async function createFaultCluster(where: number | readonly Place[]): Promise<FaultCluster> {
  const authority = await createCertificateAuthority({ cluster: "test" });
  const folder = await mkdtemp(join(tmpdir(), "reign-faults-"));
  const list = typeof where === "number" ? await localPlaces(where) : where;
  const places = new Map(list.map((place, i) => [`${i + 1}`, place]));
  const started: FaultNode[] = [];

  async function specFor(id: string, { knows, nodes }: FaultNodeOptions): Promise<ClusterSpec> {
    const known = [...places.keys()].filter(
      (node) => node === id || knows === undefined || knows.includes(node),
    );
    const definitions = known.map((node) => ({
      id: node,
      address: places.get(node)?.address ?? "",
      ...nodes?.[node],
    }));
    return specOf(authority, await authority.issue(id), definitions);
  }

  return {
    async start(id, options = {}) {
      const { within = [], knows: _knows, nodes: _nodes, ...settings } = options;
      const path = join(folder, `${id}-${started.length}.json`);
      await writeFile(path, JSON.stringify(await specFor(id, options)), { mode: 0o600 });
      const namespace = places.get(id)?.namespace;
      const words = [
        ...(namespace === undefined ? [] : ["ip", "netns", "exec", namespace]),
        ...within,
        ...[process.execPath, program, path, id, JSON.stringify({ ...shortTick, ...settings })],
      ];
      const [command = "", ...args] = words;
      const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      const node = controlled(id, child);
      started.push(node);
      await node.until("ready", () => true);
      return node;
    },
    async [Symbol.asyncDispose]() {
      for (const { child } of started) child.kill("SIGKILL");
      await Promise.all(started.map(({ gone }) => gone));
      await rm(folder, { recursive: true });
    },
  };
}

/** Settles when a node has waited so many times, from now on, to dial again. */
export async function retries(node: FaultNode, count: number): Promise<void> {
  let since = node.events.length;
  for (let i = 0; i < count; i++) {
    const retry = await node.until("retry", () => true, since);
    since = node.events.indexOf(retry) + 1;
  }
}

type FromNode =
  | NodeEvent
  | { readonly answer: number; readonly value?: never; readonly error?: string };

function controlled(id: string, child: ChildProcess): FaultNode {
  const events: NodeEvent[] = [];
  const waiting = new Set<() => void>();
  const calls = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  let lastCall = 0;
  let inbox = "";
  let over: string | undefined;

  const gone = once(child, "exit").then(([code, signal]: (number | string | null)[]) => {
    over = `Node ${id} ended with ${code ?? signal}.`;
    for (const { reject } of calls.values()) reject(new Error(over));
    for (const look of [...waiting]) look();
    return code ?? signal ?? null;
  });

  child.on("message", (message: FromNode) => {
    if ("answer" in message) {
      const call = calls.get(message.answer);
      calls.delete(message.answer);
      if (message.error === undefined) call?.resolve(message.value as never);
      else call?.reject(new Error(message.error));
      return;
    }
    if (message.event === "ready") inbox = message.id;
    events.push(message);
    for (const look of [...waiting]) look();
  });

  /** A wait that fails by itself ends the test in order: what it has opened is closed. */
  function tooLong(what: string, fail: (error: Error) => void): NodeJS.Timeout {
    return setTimeout(() => {
      const told = events.slice(-12).map((event) => JSON.stringify(event));
      fail(new Error(`Node ${id}: no ${what} in ${patienceMs} ms. Last: ${told.join(" ")}`));
    }, patienceMs);
  }

  const until: FaultNode["until"] = (kind, wanted, since = 0) =>
    new Promise((resolve, reject) => {
      let next = since;
      const timer = tooLong(`event ${kind}`, (error) => end(() => reject(error)));
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        waiting.delete(look);
        settle();
      };
      const look = (): void => {
        for (; next < events.length; next++) {
          const event = events[next] as EventOf<typeof kind>;
          if (event.event !== kind || !wanted(event)) continue;
          end(() => resolve(event));
          return;
        }
        if (over !== undefined) end(() => reject(new Error(over)));
      };
      waiting.add(look);
      look();
    });

  return {
    id,
    child,
    gone,
    events,
    until,
    get inbox() {
      return inbox;
    },
    do: (operation, args?: unknown) =>
      new Promise((resolve, reject) => {
        if (over !== undefined) throw new Error(over);
        lastCall += 1;
        const timer = tooLong(`answer to ${operation}`, reject);
        const end =
          <T>(settle: (value: T) => void) =>
          (value: T) => {
            clearTimeout(timer);
            settle(value);
          };
        calls.set(lastCall, { resolve: end(resolve), reject: end(reject) });
        child.send({ call: lastCall, operation, args });
      }),
    kill: (signal) => void child.kill(signal),
    link: (peer, up, since) =>
      until("link", (event) => event.peer === peer && event.up === up, since),
    changes: (since = 0) =>
      events
        .slice(since)
        .flatMap((event) =>
          event.event === "link" ? [`${event.peer} ${event.up ? "up" : "down"}`] : [],
        ),
    log: (peer, since = 0) =>
      events.slice(since).flatMap((event) => {
        if (event.event !== "log" || event.peer !== peer) return [];
        return [event.reason === undefined ? event.type : `${event.type}: ${event.reason}`];
      }),
  };
}
