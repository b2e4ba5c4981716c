/**
 * Two nodes over real TLS in this process, and a proxy on the only way between them.
 *
 * Node 1 dials node 2 through the proxy. Node 2 has a wrong port for node 1 and never gets through,
 * so that every link is one connection of the proxy, and "up" is what node 1 says.
 */
import { createCertificateAuthority } from "../../src/carriers/tls/certificate-authority.ts";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import { type ClusterOptions, createFromSpec } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { ReignError } from "../../src/core/errors.ts";
import { createProxy, type FaultProxy } from "../../src/testing/proxy/proxy.ts";
import { specOf } from "../carriers/test-spec.ts";
import { closedPort, countingClock } from "../carriers/tls-cluster.ts";
import { patiently, Talker } from "./talker.ts";

export interface ProxiedServices extends AsyncDisposable {
  readonly proxy: FaultProxy;
  readonly one: Talker;
  readonly two: Talker;
  /** Timers of both nodes that have neither run nor been taken back. */
  readonly pendingTimers: number;
  /** Everything that either node saw going wrong. */
  problems(): readonly string[];
}

/** Nobody listens there without being root, and node 2's dials are refused. */
const nobody = 1;

/** Starts both nodes, and gives them back when they have a link. */
export async function createProxiedServices(
  options: ClusterOptions = {},
): Promise<ProxiedServices> {
  const authority = await createCertificateAuthority({ cluster: "test" });
  const timers = new Set<Disposable>();
  const common = { logger: nullLogger, clock: countingClock(timers), ...options };

  async function start(id: "1" | "2", otherPort: number, own: ClusterOptions) {
    const issued = await authority.issue(id);
    return startOnFreePort(async (port) => {
      const ports = id === "1" ? [port, otherPort] : [otherPort, port];
      const nodes = ports.map((each, i) => ({ id: `${i + 1}`, address: `127.0.0.1:${each}` }));
      return createFromSpec(specOf(authority, issued, nodes), id, { ...common, ...own });
    });
  }

  const second = await start("2", nobody, { maxReconnectDelay: 60_000 });
  const two = new Talker(second.service);
  const proxy = await createProxy({ target: { port: second.port } });
  const one = new Talker((await start("1", proxy.port, { maxReconnectDelay: 2 })).service);
  one.meet(two);
  two.meet(one);
  await Promise.all([one, two].map((each) => each.upAgain(1)));
  return {
    proxy,
    one,
    two,
    get pendingTimers() {
      return timers.size;
    },
    problems: () => [...one.problems, ...two.problems],
    async [Symbol.asyncDispose]() {
      await Promise.all([one, two].map(({ service }) => service.terminate()));
      await proxy.close();
    },
  };
}

/** A port that was free may be taken a moment later, by any connection: then another is tried. */
async function startOnFreePort(
  make: (port: number) => Promise<ConnectionService>,
): Promise<{ readonly service: ConnectionService; readonly port: number }> {
  for (let triesLeft = 5; ; triesLeft--) {
    const port = await closedPort();
    const service = await make(port);
    try {
      await service.start();
      return { service, port };
    } catch (error) {
      await service.terminate();
      if (triesLeft === 0 || !ReignError.is(error, "REIGN_LISTEN_FAILED")) throw error;
    }
  }
}

/** Settles when both nodes have a link that is up. */
export async function upOnBoth({ one, two }: ProxiedServices): Promise<void> {
  await patiently(() => {
    if (!one.up || !two.up) throw new Error(`Up: ${one.up} and ${two.up}.`);
  });
}

/** Undoes all faults, resets what there is, and waits until messages pass both ways again. */
export async function passesAgain(nodes: ProxiedServices): Promise<void> {
  const { proxy, one, two } = nodes;
  const gone = proxy.connections.map(({ closed }) => closed);
  proxy.resume();
  proxy.cut({ with: "rst" });
  await Promise.all(gone);
  for (;;) {
    await upOnBoth(nodes);
    const heard = await Promise.all([one.isHeardBy(two), two.isHeardBy(one)]);
    if (!heard.includes(false)) return;
  }
}
