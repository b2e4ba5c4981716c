/**
 * Finds a seed with which a program goes wrong, and has the very same run again.
 *
 * The program counts on each message to arrive. None is lost while a link is up; a fault that ends
 * one loses what was under way.
 */
import { type SimulationBody, SimulationFailed, simulate, simulateSeeds } from "reign/testing";

const countOnEach: SimulationBody = async (cluster) => {
  const received: number[] = [];
  cluster.run(async ({ id, service, sleep }) => {
    if (id === "1") {
      const { address, mailbox } = service.newMailbox();
      service.names.register("numbers", address);
      for await (const number of mailbox) received.push(Number(number));
    } else {
      const numbers = await service.names.wait<number>("numbers");
      for (let number = 1; ; number++) {
        numbers.send(number);
        await sleep(1_000);
      }
    }
  });
  cluster.invariant("no number is missing", () => {
    const missing = received.findIndex((number, i) => number !== i + 1);
    if (missing >= 0) throw new Error(`${received[missing]} came in the place of ${missing + 1}.`);
  });
  await cluster.advance(600_000);
};

export async function main(print: (line: string) => void = console.log): Promise<void> {
  const options = { nodes: 2, faults: { kinds: ["cut"] as const } };
  const failed = await failureOf(simulateSeeds({ ...options, seeds: { count: 100 } }, countOnEach));
  const { seed, plan, traceHash } = failed.run;
  print(`${plan[0]?.fault} is enough.`);

  // Seed and faults are in the message, too: copy them from there.
  const again = await failureOf(simulate({ ...options, faults: plan, seed }, countOnEach));
  print(`The same run again: ${again.run.traceHash === traceHash}.`);
}

async function failureOf(work: Promise<unknown>): Promise<SimulationFailed> {
  const error = await work.catch((reason: unknown) => reason);
  if (error instanceof SimulationFailed) return error;
  throw new Error("Expected a simulation that fails.", { cause: error });
}

// By itself: `node examples/replay-a-seed.ts`, from Node 22.18 on.
if (process.argv[1] === import.meta.filename) await main();
