/**
 * Tests the lock of `lock-service.ts` on three nodes, while chance parts the network, stops
 * processes and lets them crash.
 *
 * `node examples/lock-service-simulation.ts mistaken` shows what comes of it when the keeper takes
 * whoever is out of its reach for gone. `docs/simulation.md` tells the story.
 */
import type { CloseReason } from "reign";
import {
  type SimulatedNode,
  type SimulationBody,
  SimulationFailed,
  simulateSeeds,
} from "reign/testing";
import {
  acquireLock,
  type Entry,
  type HeldLock,
  isGone,
  keepLedger,
  keepLock,
} from "./lock-service.ts";

/** What can be put in place of parts of the service, to see that the test finds what is wrong. */
export interface LockTest {
  readonly gone?: (reason: CloseReason) => boolean;
  readonly ledger?: typeof keepLedger;
  /** Unless all clocks go at the same pace, a lease is worth nothing. The ledger is safe still. */
  readonly samePace?: boolean;
}

export function testLock(options: LockTest = {}): SimulationBody {
  const { gone = isGone, ledger = keepLedger, samePace = true } = options;
  return async (cluster) => {
    // Outside of the processes: a disk, which outlives them, and what the test knows.
    let tokens = 0;
    const entries: Entry[] = [];
    const pages = { last: () => entries.at(-1), write: (entry: Entry) => entries.push(entry) };
    const locks = new Map<SimulatedNode, HeldLock>();

    cluster.run(({ id, service }) => {
      if (id === "1") return keepLock(service, { gone, nextToken: () => ++tokens });
      if (id === "2") return ledger(service, pages);
    });
    cluster.run(async (node) => {
      for (;;) {
        const lock = await acquireLock(node.service);
        node.note(`has the lock, with token ${lock.token}`);
        locks.set(node, lock);
        await work(node, lock);
        if (!lock.held) cluster.sometimes("a lease ran out during the work");
        lock.release();
        node.note("is done");
      }
    });

    cluster.invariant("one at most holds the lock", () => {
      const holders = cluster.nodes.filter((node) => locks.get(node)?.held);
      if (!samePace || holders.length < 2) return;
      throw new Error(`nodes ${holders.map(({ name }) => name).join(" and ")} hold it.`);
    });
    cluster.invariant("what was written under a later lock is the end of an earlier one", () => {
      const [last, previous] = [entries.at(-1), entries.at(-2)];
      if (last === undefined || previous === undefined || last.token >= previous.token) return;
      throw new Error(`token ${last.token} came after ${previous.token}.`);
    });
    cluster.eventually("everybody gets the lock", async () => {
      const before = new Map(locks);
      await cluster.advance(180_000);
      const without = cluster.nodes.filter((node) => locks.get(node) === before.get(node));
      if (without.length > 0) throw new Error(`not ${without.map(({ name }) => name)}.`);
    });
    await cluster.advance(300_000);
  };
}

/** Writes into the ledger now and then. */
async function work({ service, random, sleep }: SimulatedNode, lock: HeldLock): Promise<void> {
  for (let i = 1; i <= 5 && lock.held; i++) {
    service.names.lookup<Entry>("ledger")?.send({ token: lock.token, text: `entry ${i}` });
    await sleep(random.fraction() * 5_000);
  }
}

export async function main(
  print: (line: string) => void = console.log,
  gone: LockTest["gone"] = isGone,
): Promise<void> {
  const options = { nodes: 3, faults: true, seeds: { first: 103, count: 4 } };
  try {
    const { seeds } = await simulateSeeds(options, testLock({ gone }));
    print(`${seeds} seeds, and all held.`);
  } catch (error) {
    if (!(error instanceof SimulationFailed)) throw error;
    print(error.message);
  }
}

// By itself: `node examples/lock-service-simulation.ts`, from Node 22.18 on.
if (process.argv[1] === import.meta.filename) {
  await main(console.log, process.argv[2] === "mistaken" ? () => true : isGone);
}
