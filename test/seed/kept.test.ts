/** What docs/seed.md says that an item of the Go library keeps here, and no other test holds. */
import { expect, test } from "vitest";
import { createMemoryNetwork } from "../../src/carriers/memory/memory-network.ts";
import { createFromSpec, noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { MultipleClaim } from "../../src/core/multiple-claim.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";
import { createTestCluster, present } from "../runtime/cluster.ts";

const logger = nullLogger;

test("the claimants in a notice are those of that moment, in a list that nobody can change", async () => {
  await using cluster = createTestCluster(["1", "2"]);
  const nodes = (await cluster.startAll()).map(present);
  const boxes = nodes.map((node) => node.newMailbox());
  for (const [i, { names }] of nodes.entries()) names.register("it", present(boxes[i]).address);
  await cluster.clock.settle();
  const notice = await present(boxes[0]).mailbox.receive(MultipleClaim);
  present(boxes[1]).mailbox.close();
  await cluster.clock.settle();

  expect(nodes[0]?.names.lookupAll("it")).toHaveLength(1);
  expect(notice.claimants).toHaveLength(2);
  expect(Object.isFrozen(notice.claimants)).toBe(true);
});

test("a service that is left by await using is terminated", async () => {
  const service = noClustering({ logger });
  const { mailbox } = service.newMailbox();
  const waiting = expect(mailbox.receive()).rejects.toMatchObject({ code: "REIGN_MAILBOX_CLOSED" });
  {
    await using left = service;
    expect(left.nodeId).toBe("0");
  }

  await waiting;
  expect(() => service.newMailbox()).toThrow(expect.objectContaining({ code: "REIGN_STOPPED" }));
});

test("a spec that a node was made of is neither changed nor kept", async () => {
  const clock = createVirtualClock();
  const carrier = createMemoryNetwork({ clock }).carrier(1);
  const first = { id: 1, address: "127.0.0.1:20000" };
  const spec = { nodes: [first, { id: 2, address: "127.0.0.1:20001" }] };
  const before = structuredClone(spec);
  const service = await createFromSpec(spec, 1, { carrier, clock, logger });
  expect(spec).toEqual(before);
  first.address = "elsewhere:1";
  spec.nodes.pop();

  expect(service.cluster.nodes.size).toBe(2);
  expect(service.cluster.thisNode.address).toEqual({ host: "127.0.0.1", port: 20000 });
});
