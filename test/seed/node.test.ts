/** What node_test.go of the Go library verifies, and no other test here. */
import { expect, test } from "vitest";
import { frameType } from "../../src/core/frame.ts";
import { createTestCluster } from "../runtime/cluster.ts";
import { joinRaw, numberIn, type RawPeer, rawEpoch } from "../runtime/raw-peer.ts";

function numbersOf(peer: RawPeer, type: number): number[] {
  return peer.frames.filter((frame) => frame.type === type).map(({ body }) => numberIn(body));
}

test("a peer is asked to watch once for all that watch a mailbox, and let go with the last of them", async () => {
  await using cluster = createTestCluster(["1", "2"]);
  const one = await cluster.start("1");
  const peer = await joinRaw(cluster);
  const watchers = [one.newMailbox().address, one.newMailbox().address];
  const target = one.address(`<2:${rawEpoch}:7>`);
  for (const watcher of watchers) target.onCloseNotify(watcher);
  await cluster.clock.settle();
  expect(numbersOf(peer, frameType.monitor)).toHaveLength(1);

  const takenBack: number[] = [];
  for (const watcher of watchers) {
    target.removeNotify(watcher);
    await cluster.clock.settle();
    takenBack.push(numbersOf(peer, frameType.demonitor).length);
  }

  expect(takenBack).toEqual([0, 1]);
  expect(numbersOf(peer, frameType.demonitor)).toEqual(numbersOf(peer, frameType.monitor));
});

test("on a quiet link each side sends pings of its own and answers those of the other", async () => {
  await using cluster = createTestCluster(["1", "2"]);
  await cluster.start("1", { pingInterval: 2_000 });
  const peer = await joinRaw(cluster);
  peer.send(frameType.ping, 300);
  await cluster.clock.settle();
  expect(numbersOf(peer, frameType.pong)).toEqual([300]);

  await cluster.clock.advanceBy(4_100);
  expect(numbersOf(peer, frameType.ping).length).toBeGreaterThanOrEqual(2);
  expect(peer.down).toEqual([]);
});
