/** Carriers of several nodes over real TLS on 127.0.0.1, each on a port that the system chose. */
import { expect, vi } from "vitest";
import { freePorts } from "../../measure/free-ports.ts";
import type { TlsEndpoint } from "../../src/carriers/tls/endpoint.ts";
import { createTlsCarrier, type TlsCarrierOptions } from "../../src/carriers/tls/tls-carrier.ts";
import { tls13Suites } from "../../src/cluster/permitted-protocols.ts";
import { createSystemClock } from "../../src/cluster/system-clock.ts";
import type { Carrier, Link, Listener } from "../../src/ports/carrier.ts";
import type { Clock } from "../../src/ports/clock.ts";
import {
  createRecordingTelemetry,
  type RecordingTelemetry,
} from "../../src/testing/recording-telemetry.ts";
import { createTestAuthority, type Issued, type TestAuthority } from "./certificates.ts";

export interface TestNode {
  readonly carrier: Carrier;
  readonly telemetry: RecordingTelemetry;
  readonly links: Link[];
  /** Listens, and tells the cluster where. Links accepted are kept, and read from. */
  listen(): Promise<Listener & { readonly port: number }>;
  dial(peer: string, signal?: AbortSignal): Promise<Link>;
}

export type NodeOptions = Partial<Omit<TlsCarrierOptions, "thisNode" | "nodes" | "telemetry">> & {
  readonly certificate?: Issued | undefined;
  readonly roots?: readonly string[];
};

export interface TestCluster extends AsyncDisposable {
  readonly authority: TestAuthority;
  readonly endpoints: Map<string, TlsEndpoint>;
  node(id: string, options?: NodeOptions): Promise<TestNode>;
  /** Closes all that was opened, and fails if a timer is left. */
  close(): Promise<void>;
}

/** Waits until `check` throws no more. */
export function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, { interval: 2, timeout: 10_000 });
}

export const identityOf = (id: string): string => `URI:reign://test/${id}`;

const certificates = new Map<string, Promise<Issued>>();
const authorities = new Map<string, Promise<TestAuthority>>();

/** The authority of all test clusters; making keys anew for each test would only take time. */
export function testAuthority(name = "test roots"): Promise<TestAuthority> {
  return remembered(authorities, name, () => createTestAuthority(name));
}

export async function createTestCluster(ids: readonly string[]): Promise<TestCluster> {
  const authority = await testAuthority();
  const endpoints = new Map<string, TlsEndpoint>();
  const open: { destroy(): void }[] = [];
  const listeners: Listener[] = [];
  const timers = new Set<Disposable>();
  const ports = await freePorts(ids.length);
  for (const [i, id] of ids.entries()) {
    endpoints.set(id, {
      address: { host: "127.0.0.1", port: ports[i] ?? 0 },
      listenAddress: { host: "127.0.0.1", port: 0 },
      identity: identityOf(id),
    });
  }

  async function node(id: string, options: NodeOptions = {}): Promise<TestNode> {
    const telemetry = createRecordingTelemetry();
    const links: Link[] = [];
    const { certificate = await ownCertificate(authority, id), roots, ...rest } = options;
    const carrier = createTlsCarrier({
      thisNode: id,
      nodes: () => endpoints,
      credentials: { ...certificate, caPem: roots ?? [authority.certPem] },
      tlsSuites: tls13Suites,
      clock: countingClock(timers),
      telemetry,
      ...rest,
    });
    const listen = async (accept: (link: Link) => void) => {
      const listener = await carrier.listen((link) => {
        open.push(link);
        accept(link);
      });
      listeners.push(listener);
      const port = Number(listener.address.split(":").at(-1));
      moveTo(endpoints, id, port);
      return Object.assign(listener, { port });
    };
    const dial = async (peer: string, signal: AbortSignal) => {
      const link = await carrier.dial(peer, { signal });
      open.push(link);
      return link;
    };
    return {
      carrier: { listen, dial: (peer, { signal }) => dial(peer, signal) },
      telemetry,
      links,
      listen: () => listen((link) => links.push(link)),
      dial: (peer, signal = new AbortController().signal) => dial(peer, signal),
    };
  }

  async function close(): Promise<void> {
    for (const link of open) link.destroy();
    await Promise.all(listeners.map((listener) => listener.close()));
    // Sooner than a timer that was forgotten would have run by itself.
    await vi.waitFor(() => expect(timers.size).toBe(0), { interval: 2, timeout: 500 });
  }

  return { authority, endpoints, node, close, [Symbol.asyncDispose]: close };
}

/** Tells the cluster that a node is at another port, and has another identity if one is given. */
export function moveTo(
  endpoints: Map<string, TlsEndpoint>,
  id: string,
  port: number,
  identity?: string,
): void {
  const endpoint = endpoints.get(id);
  if (endpoint === undefined) throw new Error(`Expected a node ${id}.`);
  endpoints.set(id, {
    ...endpoint,
    address: { ...endpoint.address, port },
    identity: identity ?? endpoint.identity,
  });
}

/** A port on which nobody listened a moment ago. For several, `freePorts`: they differ. */
export async function closedPort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** The system's clock, with a list of the timers that have neither run nor been disposed of. */
export function countingClock(timers: Set<Disposable>): Clock {
  const system = createSystemClock();
  return {
    ...system,
    after(delayMs, run) {
      const timer = system.after(delayMs, () => {
        timers.delete(timer);
        run();
      });
      timers.add(timer);
      return {
        [Symbol.dispose]: () => {
          timers.delete(timer);
          timer[Symbol.dispose]();
        },
      };
    },
  };
}

function ownCertificate(authority: TestAuthority, id: string): Promise<Issued> {
  return remembered(certificates, id, () => authority.issue({ names: [identityOf(id)] }));
}

function remembered<T>(
  made: Map<string, Promise<T>>,
  key: string,
  make: () => Promise<T>,
): Promise<T> {
  const found = made.get(key) ?? make();
  made.set(key, found);
  return found;
}
