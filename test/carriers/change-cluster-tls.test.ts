import { expect, test } from "vitest";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import { createFileCluster, type FileCluster, linked, testAuthority } from "./file-cluster.ts";
import { eventually } from "./tls-cluster.ts";

async function startLinked(
  cluster: FileCluster,
): Promise<readonly [ConnectionService, ConnectionService]> {
  const authority = await testAuthority();
  for (const id of ["1", "2"]) {
    await cluster.issue(id, authority);
    await cluster.trust(id, authority);
  }
  const [one, two] = [await cluster.start("1"), await cluster.start("2")] as const;
  await linked(one, two);
  return [one, two];
}

test("a node that was removed is a stranger that is refused, until it is added again", async () => {
  await using cluster = await createFileCluster();
  const [one, two] = await startLinked(cluster);
  const { address, mailbox } = two.newMailbox();
  const remote = one.address(address.id);
  remote.send("before");
  await one.removeNode(2);
  expect(remote.send("meanwhile")).toBe(false);
  await eventually(() => {
    expect(cluster.telemetry.eventsOf("stranger_refused")).toContainEqual(
      expect.objectContaining({ reason: expect.stringContaining("no node of this cluster") }),
    );
  });
  const [, second] = cluster.nodes;
  if (second !== undefined) one.addNode(second);
  await linked(one, two);

  expect(remote.send("after")).toBe(true);
  expect(await mailbox.receive()).toBe("before");
  expect(await mailbox.receive()).toBe("after");
});

test("a node with another identity has to prove that one, and its link is made anew", async () => {
  await using cluster = await createFileCluster();
  const [one, two] = await startLinked(cluster);
  const spec = cluster.specOf("1");
  const nodes = spec.nodes.map((node) =>
    node.id === 2 ? { ...node, identity: "URI:reign://test/another" } : node,
  );
  await one.replaceSpec({ ...spec, nodes });
  cluster.telemetry.clear();
  await eventually(() => {
    expect(cluster.telemetry.eventsOf("handshake_failed")).toContainEqual(
      expect.objectContaining({ peer: "2", reason: expect.stringContaining("test/another") }),
    );
  });
  expect(cluster.telemetry.eventsOf("link_up")).toEqual([]);
  await one.replaceSpec(spec);

  await linked(one, two);
});

test("a node that has moved is found at its new address at the next dial", async () => {
  await using cluster = await createFileCluster();
  const [first, second] = cluster.nodes;
  // Node 1 cannot be dialled: it is the one that has to find the other.
  const nowhere = { id: 1, address: "127.0.0.1:1", listen_address: "127.0.0.1:0" };
  const there = { id: 2, address: String(second?.address) };
  cluster.nodes = [nowhere, { id: 2, address: String(first?.address) }];
  const authority = await testAuthority();
  for (const id of ["1", "2"]) {
    await cluster.issue(id, authority);
    await cluster.trust(id, authority);
  }
  const one = await cluster.start("1");
  cluster.nodes = [nowhere, there];
  const two = await cluster.start("2");
  await one.replaceSpec(cluster.specOf("1"));

  await linked(one, two);
});
