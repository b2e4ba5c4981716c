/** Simulations of what only shows with many: nodes, or names. */
import { type SimulatedNode, type Simulation, simulate } from "reign/testing";

const meshNodes = 64;
const namesOfNode = 10_000;
const lookEveryMs = 100;

export interface ScaleResult {
  readonly what: string;
  /** In virtual ms. */
  readonly tookMs: number;
  readonly allowedMs: number;
  readonly events: number;
  readonly cpuMs: number;
}

/** 64 nodes start at once: how long until each has a link to each other. */
export async function formMesh(seed: number): Promise<ScaleResult> {
  return measure(`a mesh of ${meshNodes} nodes`, 60_000, (tell) =>
    simulate({ nodes: meshNodes, seed, delay: [1, 50], chunk: false }, async (cluster) => {
      const ups = new Map<string, number>();
      for (const node of cluster.nodes) {
        node.service.addConnectionStatusCallback((_, connected) => {
          ups.set(node.id, (ups.get(node.id) ?? 0) + (connected ? 1 : -1));
        });
      }
      const meshed = () => cluster.nodes.every(({ id }) => ups.get(id) === meshNodes - 1);
      while (!meshed()) await cluster.advance(lookEveryMs);
      tell(cluster.now);
    }),
  );
}

/**
 * Five nodes with 10,000 names each, half of them claimed by two, in two halves of a partition:
 * how long after the heal until all know all.
 */
export async function healNames(seed: number): Promise<ScaleResult> {
  return measure(`${5 * namesOfNode} names of 5 nodes after a heal`, 60_000, (tell) =>
    simulate({ nodes: 5, seed, delay: [1, 50], chunk: false }, async (cluster) => {
      await cluster.advance(5_000);
      cluster.partition([1, 2], [3, 4, 5]);
      await cluster.advance(60_000);
      const names = new Set<string>();
      for (const { id, service } of cluster.nodes) {
        const { address } = service.newMailbox();
        for (let i = 0; i < namesOfNode; i++) {
          const name = i % 2 === 0 ? `shared-${(i + Number(id) * 1_000) % 15_000}` : `${id}-${i}`;
          names.add(name);
          service.names.register(name, address);
        }
      }
      await cluster.advance(5_000);
      cluster.heal();
      const healed = cluster.now;
      await cluster.settle();
      tell(cluster.now - healed);
      for (const name of names) checkSame(cluster.nodes, name);
    }),
  );
}

function checkSame(nodes: readonly SimulatedNode[], name: string): void {
  const tables = nodes.map(({ service }) => {
    const ids = service.names.lookupAll(name).map(({ id }) => id);
    return ids.sort().join();
  });
  if (tables.some((table) => table !== tables[0] || table === "")) {
    throw new Error(`G20: the nodes differ in ${name}: ${tables.join(" | ")}`);
  }
}

async function measure(
  what: string,
  allowedMs: number,
  run: (tell: (ms: number) => void) => Promise<Simulation>,
): Promise<ScaleResult> {
  let tookMs = Number.POSITIVE_INFINITY;
  const started = process.cpuUsage();
  const { events } = await run((ms) => {
    tookMs = ms;
  });
  const { user, system } = process.cpuUsage(started);
  return { what, tookMs, allowedMs, events, cpuMs: (user + system) / 1_000 };
}
