/** A cluster of real services in one process, on the memory carrier and a virtual clock. */
import {
  createMemoryNetwork,
  type MemoryNetwork,
  type MemoryNetworkOptions,
} from "../../src/carriers/memory/memory-network.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import type { Carrier, Link, Listener } from "../../src/ports/carrier.ts";
import type { Codec } from "../../src/ports/codec.ts";
import { Service } from "../../src/runtime/service.ts";
import { resolveSettings, type ServiceSettings } from "../../src/runtime/settings.ts";
import {
  createRecordingTelemetry,
  type RecordingTelemetry,
} from "../../src/testing/recording-telemetry.ts";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";
import { createVirtualClock, type VirtualClock } from "../../src/testing/virtual-clock.ts";
import type { Process } from "./standstill.ts";

export interface TestCluster extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly telemetry: RecordingTelemetry;
  readonly nodeIds: readonly string[];
  /** How often services have written to a link. */
  writes(): number;
  /** Makes a node and does not start it; making one again is a new incarnation. */
  create(nodeId: string, settings?: Partial<ServiceSettings>, oddity?: Oddity): Service;
  /** Makes a node and starts it. */
  start(nodeId: string, settings?: Partial<ServiceSettings>, oddity?: Oddity): Promise<Service>;
  /** Starts all nodes, and lets them find each other. */
  startAll(): Promise<Service[]>;
}

/** What is not as it should be with a node. */
export interface Oddity {
  readonly clusterName?: string;
  readonly failHandshake?: "tls" | "cluster";
  /** False for a process that cannot take its port, and dials all the same. */
  readonly listens?: boolean;
  /** False for a node whose way out is blocked. */
  readonly dials?: boolean;
  /** What it speaks, the best liked first. Default: the term format alone. */
  readonly codecs?: readonly Codec[];
  readonly traceContext?: () => string | undefined;
  /** The process it is in, if that can stand still. */
  readonly process?: Process;
}

export function createTestCluster(
  nodeIds: readonly string[],
  seed = 1,
  paths: Pick<MemoryNetworkOptions, "chunk" | "delayMs"> = {},
): TestCluster {
  const clock = createVirtualClock();
  const random = createSeededRandom(seed);
  const network = createMemoryNetwork({ clock, random, ...paths });
  const telemetry = createRecordingTelemetry();
  const services: Service[] = [];
  let writes = 0;
  const onWrite = () => {
    writes += 1;
  };

  function create(
    nodeId: string,
    settings: Partial<ServiceSettings> = {},
    oddity: Oddity = {},
  ): Service {
    const { clusterName = "test", listens = true, dials = true, process, ...rest } = oddity;
    const { codecs = [createTermCodec()], traceContext, ...faults } = rest;
    const counted = countWrites(network.carrier(nodeId, faults), onWrite);
    const carrier = process?.within(counted) ?? counted;
    const service = new Service({
      clusterName,
      nodeId,
      peers: nodeIds.filter((other) => other !== nodeId),
      settings: resolveSettings(settings),
      clock: process?.clock ?? clock,
      random,
      telemetry,
      carrier: {
        listen: listens ? carrier.listen : async () => deafListener,
        dial: dials ? carrier.dial : blockedDial,
      },
      codecs,
      traceContext,
    });
    services.push(service);
    return service;
  }

  async function start(
    nodeId: string,
    settings?: Partial<ServiceSettings>,
    oddity?: Oddity,
  ): Promise<Service> {
    const service = create(nodeId, settings, oddity);
    await service.start();
    return service;
  }

  return {
    clock,
    network,
    telemetry,
    nodeIds,
    writes: () => writes,
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

/** What is there in a test that goes as it should. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("Expected a value, got undefined.");
  return value;
}

async function blockedDial(): Promise<never> {
  throw new Error("The way out is blocked.");
}

const deafListener: Listener = { address: "nowhere", close: async () => {} };

function countWrites(carrier: Carrier, onWrite: () => void): Carrier {
  function watched(link: Link): Link {
    const write = link.write.bind(link);
    link.write = (bytes) => {
      onWrite();
      write(bytes);
    };
    return link;
  }
  return {
    listen: (accept) => carrier.listen((link) => accept(watched(link))),
    dial: async (peer, options) => watched(await carrier.dial(peer, options)),
  };
}
