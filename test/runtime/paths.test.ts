/** Nobody is to rely on an order over different paths: here it is turned round. */
import { expect, test } from "vitest";
import { createTestCluster, present } from "./cluster.ts";

test("a message over one path may come before an earlier one over another, which it is the effect of", async () => {
  await using cluster = createTestCluster(["1", "2", "3"]);
  const [one, two, three] = (await cluster.startAll()).map(present);
  const inbox = present(three).newMailbox();
  const relay = present(two).newMailbox();
  // What node 1 says to node 3 itself is slow, and what it has node 2 say is not.
  cluster.network.stall({ from: 1, to: 3 });
  expect(present(one).address(inbox.address.id).send("the cause")).toBe(true);
  present(one).address(relay.address.id).send("now you");
  await cluster.clock.settle();
  expect(relay.mailbox.tryReceive()).toBe("now you");
  present(two).address(inbox.address.id).send("the effect");
  await cluster.clock.settle();
  cluster.network.resume();
  await cluster.clock.settle();

  expect([inbox.mailbox.tryReceive(), inbox.mailbox.tryReceive()]).toEqual([
    "the effect",
    "the cause",
  ]);
});
