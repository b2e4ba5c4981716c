/**
 * What registry_test.go of the Go library verifies, and no other test here. There several mailboxes
 * of one node claim a name, which its documentation excludes: here each is of a node of its own.
 */
import { expect, test } from "vitest";
import { MultipleClaim } from "../../src/core/multiple-claim.ts";
import type { Mailbox } from "../../src/runtime/mailbox.ts";
import type { Service } from "../../src/runtime/service.ts";
import { createTestCluster, present, type TestCluster } from "../runtime/cluster.ts";

type Three = [Service, Service, Service];

function threeNodes(): TestCluster {
  return createTestCluster(["1", "2", "3"]);
}

async function started(cluster: TestCluster): Promise<Three> {
  return (await cluster.startAll()).map(present) as Three;
}

/** All that waits in a mailbox, a notice as the name it is about. */
function drain(mailbox: Mailbox<unknown>): unknown[] {
  return Array.from({ length: mailbox.messageCount }, () => mailbox.tryReceive()).map((message) =>
    message instanceof MultipleClaim ? ["claim", message.name] : message,
  );
}

test("a name that nobody has is nobody's, and one that three nodes claim is found as all three and as one of them", async () => {
  await using cluster = threeNodes();
  const nodes = await started(cluster);
  const [one] = nodes;
  expect(one.names.lookup("it")).toBeUndefined();
  expect(one.names.lookupAll("it")).toEqual([]);

  const claimants = nodes.map((node) => node.newMailbox());
  for (const [i, node] of nodes.entries()) node.names.register("it", present(claimants[i]).address);
  await cluster.clock.settle();
  const ids = claimants.map(({ address }) => address.id);
  for (const node of nodes) {
    expect(new Set(node.names.lookupAll("it").map(({ id }) => id))).toEqual(new Set(ids));
    expect(ids).toContain(node.names.require("it").id);
  }
  one.names.require("it").send("hello");
  await cluster.clock.settle();

  expect(
    claimants.flatMap(({ mailbox }) => drain(mailbox)).filter((each) => each === "hello"),
  ).toHaveLength(1);
});

test("the claims of a node that is gone are in nobody's way", async () => {
  await using cluster = threeNodes();
  const [one, two, three] = await started(cluster);
  two.names.register("it", two.newMailbox().address);
  await cluster.clock.settle();
  expect(one.names.seenNames("it")).toEqual([true]);

  const gone = two.terminate();
  await cluster.clock.settle();
  await gone;
  const { address, mailbox } = one.newMailbox();
  one.names.register("it", address);
  await cluster.clock.settle();

  expect(three.names.lookupAll("it").map(({ id }) => id)).toEqual([address.id]);
  expect(drain(mailbox)).toEqual([]);
});

test("a second claimant is told to both before whatever is sent to them later", async () => {
  await using cluster = threeNodes();
  const [one, two, three] = await started(cluster);
  const [first, second] = [one.newMailbox(), two.newMailbox()];
  one.names.register("it", first.address);
  await cluster.clock.settle();
  two.names.register("it", second.address);
  await cluster.clock.settle();
  three.names.sendAll("it", "later");
  await cluster.clock.settle();

  for (const { mailbox } of [first, second])
    expect(drain(mailbox)).toEqual([["claim", "it"], "later"]);
});

test("to give up a name, one's own or one that nobody has, sends nobody a notice", async () => {
  await using cluster = threeNodes();
  const [one, two] = await started(cluster);
  const [first, second] = [one.newMailbox(), two.newMailbox()];
  one.names.register("it", first.address);
  one.names.unregister("nobody", first.address);
  one.names.unregister("it", first.address);
  await cluster.clock.settle();
  two.names.register("it", second.address);
  await cluster.clock.settle();

  expect(drain(first.mailbox)).toEqual([]);
  expect(drain(second.mailbox)).toEqual([]);
  expect(one.names.lookupAll("it").map(({ id }) => id)).toEqual([second.address.id]);
});

test("a node that comes later knows every claim, and each new one is told by its name, in order, to both", async () => {
  await using cluster = threeNodes();
  const [one, two] = [await cluster.start("1"), await cluster.start("2")];
  await cluster.clock.advanceBy(1_000);
  const names = ["a", "b", "c"];
  const first = one.newMailbox();
  for (const name of names) one.names.register(name, first.address);
  const three = await cluster.start("3");
  await cluster.clock.advanceBy(1_000);
  for (const name of names) expect(three.names.require(name).id).toBe(first.address.id);

  const second = two.newMailbox();
  for (const name of ["c", "a", "b"]) two.names.register(name, second.address);
  await cluster.clock.settle();

  const told = ["c", "a", "b"].map((name) => ["claim", name]);
  expect(drain(first.mailbox)).toEqual(told);
  expect(drain(second.mailbox)).toEqual(told);
});

test("the names with several claimants are counted on every node, until each is down to one", async () => {
  await using cluster = threeNodes();
  const nodes = await started(cluster);
  const [one, two, three] = nodes;
  const boxes = nodes.map((node) => node.newMailbox());
  const addressOn = (node: Service) => present(boxes[nodes.indexOf(node)]).address;
  const counts = async () => {
    await cluster.clock.settle();
    return nodes.map(({ names }) => names.multipleClaimCount);
  };
  expect(await counts()).toEqual([0, 0, 0]);

  for (const node of [one, two]) node.names.register("two", addressOn(node));
  expect(await counts()).toEqual([1, 1, 1]);
  for (const node of nodes) node.names.register("three", addressOn(node));
  expect(await counts()).toEqual([2, 2, 2]);

  three.names.unregister("three", addressOn(three));
  expect(await counts()).toEqual([2, 2, 2]);
  two.names.unregister("three", addressOn(two));
  expect(await counts()).toEqual([1, 1, 1]);
  one.names.unregister("two", addressOn(one));
  expect(await counts()).toEqual([0, 0, 0]);
});
