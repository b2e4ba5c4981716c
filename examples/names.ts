/**
 * Finds mailboxes by name from another node, and hears of it when two nodes claim one name.
 *
 * Both nodes are in this process, on a network in memory and with a clock that goes when told to:
 * this is also how a program of several nodes is tested.
 *
 * Erlang: `global`, but that nobody is killed when a name has two claimants.
 */
import { type ConnectionService, createFromSpec, MultipleClaim, nullLogger } from "reign";
import { createMemoryNetwork, createVirtualClock } from "reign/testing";

export async function main(print: (line: string) => void = console.log): Promise<void> {
  const clock = createVirtualClock();
  const network = createMemoryNetwork({ clock });
  const [a, b] = await Promise.all([makeNode("a"), makeNode("b")]);
  await clock.settle();

  const queue = a.newMailbox<string | MultipleClaim>();
  a.names.register("queue", queue.address);
  await clock.settle();
  // Names travel in the background, so `lookup` may find nobody; `names.wait` waits for somebody.
  b.names.lookup<string>("queue")?.send("hello from b");
  await clock.settle();
  const text = await queue.mailbox.receive((message) => typeof message === "string");
  print(`a received: ${text}`);

  const second = b.newMailbox();
  b.names.register("queue", second.address);
  await clock.settle();
  const { claimants } = await queue.mailbox.receive(MultipleClaim);
  print(`"queue" is claimed by ${claimants.map(({ nodeId }) => nodeId).join(" and ")}`);

  // One of them gives way. What they do about it is their business.
  second.mailbox.close();
  await clock.settle();
  print(`and now by ${a.names.lookupAll("queue").length}`);

  const stopped = Promise.all([a.terminate(), b.terminate()]);
  await clock.settle();
  await stopped;

  async function makeNode(id: string): Promise<ConnectionService> {
    const nodes = [
      { id: "a", address: "127.0.0.1:1" },
      { id: "b", address: "127.0.0.1:2" },
    ];
    const carrier = network.carrier(id);
    const service = await createFromSpec({ nodes }, id, { carrier, clock, logger: nullLogger });
    await service.start();
    return service;
  }
}

// By itself: `node examples/names.ts`, from Node 22.18 on.
if (process.argv[1] === import.meta.filename) await main();
