/** A cluster of real services in one process, on the memory carrier and a virtual clock. */
import { createMemoryNetwork, type MemoryNetwork } from "../../src/carriers/memory/memory-network.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { Service } from "../../src/runtime/service.ts";
import { resolveSettings, type ServiceSettings } from "../../src/runtime/settings.ts";
import {
  createRecordingTelemetry,
  type RecordingTelemetry,
} from "../../src/testing/recording-telemetry.ts";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";
import { createVirtualClock, type VirtualClock } from "../../src/testing/virtual-clock.ts";

export interface TestCluster extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly telemetry: RecordingTelemetry;
  readonly nodeIds: readonly string[];
  /** Makes a node and does not start it; making one again is a new incarnation. */
  create(nodeId: string, settings?: Partial<ServiceSettings>): Service;
  /** Makes a node and starts it. */
  start(nodeId: string, settings?: Partial<ServiceSettings>): Promise<Service>;
  /** Starts all nodes, and lets them find each other. */
  startAll(): Promise<Service[]>;
}

export function createTestCluster(nodeIds: readonly string[], seed = 1): TestCluster {
  const clock = createVirtualClock();
  const random = createSeededRandom(seed);
  const network = createMemoryNetwork({ clock, random });
  const telemetry = createRecordingTelemetry();
  const services: Service[] = [];

  function create(nodeId: string, settings: Partial<ServiceSettings> = {}): Service {
    const service = new Service({
      clusterName: "test",
      nodeId,
      peers: nodeIds.filter((other) => other !== nodeId),
      settings: resolveSettings(settings),
      clock,
      random,
      telemetry,
      carrier: network.carrier(nodeId),
      codecs: [createTermCodec()],
    });
    services.push(service);
    return service;
  }

  async function start(nodeId: string, settings?: Partial<ServiceSettings>): Promise<Service> {
    const service = create(nodeId, settings);
    await service.start();
    return service;
  }

  return {
    clock,
    network,
    telemetry,
    nodeIds,
    create,
    start,
    async startAll() {
      const started = await Promise.all(nodeIds.map((nodeId) => start(nodeId)));
      await clock.advanceBy(1_000);
      return started;
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
