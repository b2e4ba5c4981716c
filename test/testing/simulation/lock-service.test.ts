/**
 * What the worked example of docs/simulation.md claims: the simulation finds what is wrong with a
 * lock, and finds nothing in the one that is right.
 */
import { MultipleClaim, type NodeService } from "reign";
import {
  type DrawnFaults,
  type FaultPlan,
  type FaultStep,
  faultKinds,
  SimulationFailed,
  simulate,
  simulateSeeds,
} from "reign/testing";
import { expect, test } from "vitest";
import { type Entry, keepLock, type Pages } from "../../../examples/lock-service.ts";
import { type LockTest, testLock } from "../../../examples/lock-service-simulation.ts";
import { full } from "../../faults/figures.ts";

function mistaken(): boolean {
  return true;
}

/** A ledger without the look at the token. */
async function keepTrusting(service: NodeService, { write }: Pages): Promise<void> {
  const { address, mailbox } = service.newMailbox<Entry | MultipleClaim>();
  service.names.register("ledger", address);
  for await (const message of mailbox) {
    if (!(message instanceof MultipleClaim)) write(message);
  }
}

/** From the first seed on: what has to be found must not be left to chance. */
async function failureWithin(
  count: number,
  faults: FaultPlan | DrawnFaults,
  broken: LockTest,
): Promise<SimulationFailed> {
  const work = simulateSeeds({ nodes: 3, faults, seeds: { first: 1, count } }, testLock(broken));
  const error = await work.catch((reason: unknown) => reason);
  if (error instanceof SimulationFailed) return error;
  throw new Error(`Expected a failure within ${count} seeds.`, { cause: error });
}

test("a lock that is free once its holder is out of reach has two holders, within 30 seeds", {
  timeout: 120_000,
}, async () => {
  const faults = { kinds: ["cut", "partition"] as const, meanGap: 5_000 };
  const { message, run } = await failureWithin(30, faults, { gone: mistaken });

  expect(message).toContain('Invariant "one at most holds the lock" does not hold: nodes ');
  expect(message).toContain(`seed: ${run.seed} }`);
  expect(run.plan.length).toBeLessThan(run.drawn);
  expect(run.plan.length).toBeLessThanOrEqual(4);
});

test("that mistake is not found where processes crash and no network parts", {
  timeout: 120_000,
}, async () => {
  const faults = { kinds: ["crash"] as const };
  const options = { nodes: 3, faults, seeds: { count: 20 } };

  expect(await simulateSeeds(options, testLock({ gone: mistaken }))).toMatchObject({ seeds: 20 });
});

test("a lock whose lease runs out has one holder at most, whatever networks and processes do", {
  timeout: 600_000,
}, async () => {
  const options = { nodes: 3, faults: { meanGap: 5_000 }, seeds: { count: full ? 200 : 40 } };

  await simulateSeeds(options, testLock());
});

test("a process that stands still finds its lease run out when it goes on", {
  timeout: 120_000,
}, async () => {
  const options = {
    nodes: 3,
    faults: { kinds: ["pause"] as const },
    seeds: { first: 1, count: 8 },
  };
  const { sometimes } = await simulateSeeds(options, testLock());

  expect(sometimes.get("a lease ran out during the work")).toBeGreaterThan(0);
});

test("a ledger that looks at no token has entries of an earlier holder among those of a later", {
  timeout: 120_000,
}, async () => {
  // What node 3 writes is under way for long, again and again, and what frees its lock is not.
  const faults = Array.from({ length: 12 }, (_, i): FaultStep => {
    return { at: 35_000 + i * 15_000, fault: "clog", from: "3", to: "2", ms: 10_000 };
  });
  const { message } = await failureWithin(20, faults, { ledger: keepTrusting });

  expect(message).toContain('"what was written under a later lock is the end of an earlier one"');
});

test("clocks that jump give a lock two holders, and the ledger lets through the later one alone", {
  timeout: 120_000,
}, async () => {
  const kinds = faultKinds.filter((kind) => kind !== "twin");
  const { message } = await failureWithin(10, { kinds: ["clock_jump"] }, {});
  const options = { nodes: 3, faults: { kinds }, seeds: { count: full ? 200 : 20 } };

  expect(message).toContain('"one at most holds the lock"');
  await simulateSeeds(options, testLock({ samePace: false }));
});

test("two keepers of a lock stop as soon as they know of each other", async () => {
  const stopped = new Set<string>();
  await simulate({ nodes: 2 }, async (cluster) => {
    cluster.partition([1], [2]);
    cluster.run(async ({ id, service }) => {
      const keeping = keepLock(service, { nextToken: () => 1 });
      await keeping.catch(({ message }: Error) => stopped.add(`${id}: ${message}`));
    });
    await cluster.advance(10_000);
    cluster.heal();
    await cluster.settle();
    await cluster.advance(1_000);
  });

  const why = "The lock is kept on nodes 1 and 2: it is no lock then.";
  expect([...stopped].sort()).toEqual([`1: ${why}`, `2: ${why}`]);
});
