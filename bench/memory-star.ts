/**
 * Nodes in one process, on the memory carrier and real time: one in the middle, and peers that know
 * only that one. So each peer is one link more, and what is measured is what both ends do.
 */
import {
  type Address,
  type ConnectionService,
  createFromSpec,
  type Mailbox,
  type MultipleClaim,
  nullLogger,
  type ServiceSettings,
} from "reign";
import { createMemoryNetwork } from "reign/testing";

const middle = 1;
const patienceMs = 20_000;

export interface Peer<M> {
  /** As the middle sends to it. */
  readonly address: Address<M>;
  readonly mailbox: Mailbox<M | MultipleClaim>;
}

export interface Star<M> {
  readonly peers: readonly Peer<M>[];
  readonly end: () => Promise<void>;
}

const clock = {
  now: () => performance.now(),
  after(delayMs: number, run: () => void): Disposable {
    const timer = setTimeout(run, delayMs);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
  soon: (run: () => void) => void setImmediate(run),
};

/** Settles when the middle is linked to all of them. */
export async function startStar<M>(
  size: number,
  settings: Partial<ServiceSettings> = {},
): Promise<Star<M>> {
  const network = createMemoryNetwork({ clock });
  const start = async (id: number, known: readonly number[]) => {
    const spec = {
      cluster: "bench",
      nodes: known.map((each) => ({ id: each, address: `127.0.0.1:${10_000 + each}` })),
    };
    const carrier = network.carrier(id);
    const service = await createFromSpec(spec, id, { carrier, logger: nullLogger, ...settings });
    await service.start();
    return service;
  };
  const ids = Array.from({ length: size }, (_, i) => middle + 1 + i);
  const services: ConnectionService[] = [await start(middle, [middle, ...ids])];
  const names = services[0]?.names;
  const peers: Peer<M>[] = [];
  for (const id of ids) {
    const service = await start(id, [middle, id]);
    services.push(service);
    const { address, mailbox } = service.newMailbox<M | MultipleClaim>();
    service.names.register(`peer ${id}`, address);
    const found = await names?.wait<M>(`peer ${id}`, { timeout: patienceMs });
    if (found !== undefined) peers.push({ address: found, mailbox });
  }
  return {
    peers,
    end: async () => {
      await Promise.all(services.map((service) => service.terminate()));
    },
  };
}
