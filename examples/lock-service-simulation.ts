/**
 * Tests the lock of `lock-service.ts` on a cluster of three nodes, while chance parts the network,
 * stops processes and lets them crash.
 *
 * With `node examples/lock-service-simulation.ts mistaken`, the keeper takes everybody out of its
 * reach for gone, and the test shows what comes of that.
 */
import { type SimulatedNode, type SimulationBody, simulateSeeds } from "reign/testing";
import {
  acquireLock,
  type Entry,
  type HeldLock,
  isGone,
  keepLedger,
  keepLock,
} from "./lock-service.ts";

/** What the keeper takes for gone, and for how long the nodes work. */
export interface LockTest {
  readonly gone?: typeof isGone;
  readonly ms?: number;
}

export function testLock({ gone = isGone, ms = 600_000 }: LockTest = {}): SimulationBody {
  return async (cluster) => {
    // All of this is outside of the processes: a disk, and what the test knows.
    let tokens = 0;
    const ledger: Entry[] = [];
    const locks = new Map<SimulatedNode, HeldLock>();

    cluster.run(({ id, service }) => {
      if (id === "1") return keepLock(service, { gone, nextToken: () => ++tokens });
      if (id === "2") return keepLedger(service, (entry) => ledger.push(entry));
    });
    cluster.run(async (node) => {
      for (;;) {
        const lock = await acquireLock(node.service);
        node.note(`has the lock, with token ${lock.token}`);
        locks.set(node, lock);
        await work(node, lock);
        if (!lock.held) cluster.sometimes("a lease runs out at work");
        lock[Symbol.dispose]();
        node.note("has it no more");
        await node.sleep(1_000);
      }
    });

    cluster.invariant("one at most holds the lock", () => {
      const holders = cluster.nodes.filter((node) => locks.get(node)?.held);
      if (holders.length < 2) return;
      throw new Error(`Nodes ${holders.map(({ name }) => name).join(" and ")} hold it.`);
    });
    cluster.invariant("what is done under one lock is not mixed with what is under another", () => {
      const [last, previous] = [ledger.at(-1), ledger.at(-2)];
      if (last === undefined || previous === undefined || last.token >= previous.token) return;
      throw new Error(`Token ${last.token} came after ${previous.token}.`);
    });
    cluster.eventually("everybody gets the lock", async () => {
      const before = tokens;
      await cluster.advance(300_000);
      if (tokens < before + 3) throw new Error(`It was given ${tokens - before} times.`);
    });
    await cluster.advance(ms);
  };
}

/** Writes into the ledger now and then, for some time. */
async function work({ service, random, sleep }: SimulatedNode, lock: HeldLock): Promise<void> {
  const entries = Math.floor(random.fraction() * 10);
  for (let i = 0; i < entries && lock.held; i++) {
    const ledger = service.names.lookup<Entry>("ledger");
    ledger?.send({ token: lock.token, text: `entry ${i}` });
    await sleep(random.fraction() * 5_000);
  }
}

export async function main(
  print: (line: string) => void = console.log,
  gone: typeof isGone = isGone,
): Promise<void> {
  const options = { nodes: 3, faults: true, seeds: { first: 1, count: 20 } };
  const { seeds, virtualMs, faults, sometimes } = await simulateSeeds(options, testLock({ gone }));
  print(`${seeds} seeds, ${faults} faults, ${Math.round(virtualMs / 60_000)} minutes: all held.`);
  for (const [what, count] of sometimes) print(`${count} times: ${what}.`);
}

// By itself: `node examples/lock-service-simulation.ts`, from Node 22.18 on.
if (process.argv[1] === import.meta.filename) {
  await main(console.log, process.argv[2] === "mistaken" ? () => true : isGone);
}
