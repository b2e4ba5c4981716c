/** Nodes made from specs, on a network in memory and a virtual clock, with a cluster to change. */
import {
  createMemoryNetwork,
  type MemoryNetwork,
} from "../../src/carriers/memory/memory-network.ts";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import { type ClusterOptions, createFromSpec } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import type { ClusterSpec, NodeDefinition } from "../../src/cluster/spec.ts";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";
import { createVirtualClock, type VirtualClock } from "../../src/testing/virtual-clock.ts";

export interface ChangingCluster extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  /** Makes a node that knows the nodes with these ids, itself among them, and does not start it. */
  create(
    id: string,
    known: readonly string[],
    options?: ClusterOptions,
  ): Promise<ConnectionService>;
  /** The same, and starts it. */
  start(id: string, known: readonly string[], options?: ClusterOptions): Promise<ConnectionService>;
  /** Lets `ms` pass, and then what has been asked for must have settled. */
  during<T>(asked: Promise<T>, ms?: number): Promise<T>;
}

/** A node of these clusters; nothing listens at the address, which is for TLS. */
export function definition(id: string): NodeDefinition {
  return { id, address: `127.0.0.1:${20_000 + Number(id)}` };
}

export function specOf(ids: readonly string[]): ClusterSpec & { nodes: NodeDefinition[] } {
  return { nodes: ids.map(definition) };
}

export function createChangingCluster(): ChangingCluster {
  const clock = createVirtualClock();
  const random = createSeededRandom(1);
  const network = createMemoryNetwork({ clock, random });
  const services: ConnectionService[] = [];

  const create: ChangingCluster["create"] = async (id, known, options = {}) => {
    const carrier = network.carrier(id);
    const made = { carrier, clock, random, logger: nullLogger, ...options };
    const service = await createFromSpec(specOf(known), id, made);
    services.push(service);
    return service;
  };

  return {
    clock,
    network,
    create,
    async start(id, known, options) {
      const service = await create(id, known, options);
      await service.start();
      await clock.advanceBy(1_000);
      return service;
    },
    async during(asked, ms = 5_000) {
      // What rejects meanwhile is heard below.
      asked.catch(() => {});
      await clock.advanceBy(ms);
      return asked;
    },
    async [Symbol.asyncDispose]() {
      network.heal();
      network.resume();
      const stopped = Promise.all(services.map((service) => service.terminate()));
      await clock.advanceBy(5_000);
      await stopped;
    },
  };
}
