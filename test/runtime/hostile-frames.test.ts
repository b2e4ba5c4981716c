/** Every row of `hostile-frames.ts` against whole services, on the memory carrier. */
import { describe, expect, test } from "vitest";
import type { MailboxClosed } from "../../src/core/close-notice.ts";
import { firstOptionalType, frameType, maxFrameBytes } from "../../src/core/frame.ts";
import type { Mailbox } from "../../src/runtime/mailbox.ts";
import type { Service } from "../../src/runtime/service.ts";
import { documentedPlaces, type Place } from "../core/protocol-document.ts";
import { createTestCluster, type TestCluster } from "./cluster.ts";
import {
  announcement,
  epilogue,
  frameOf,
  type HostileRow,
  hostileRows,
  lastToken,
  prologue,
} from "./hostile-frames.ts";
import { joinRaw, numberIn, rawEpoch } from "./raw-peer.ts";

const watchedIds = [1, 2].map((number) => `2:${rawEpoch}:${number}`);

/** Node 1 with a mailbox, a name, a watch over two mailboxes of node 2, and node 3 beside it. */
async function scene(cluster: TestCluster) {
  const one = await cluster.start("1");
  const three = await cluster.start("3");
  await cluster.clock.advanceBy(11_000);
  const inbox = one.newMailbox();
  const theirs = three.newMailbox();
  const watcher = one.newMailbox<MailboxClosed>();
  one.names.register("mine", inbox.address);
  three.names.register("theirs", theirs.address);
  await cluster.clock.settle();
  /** Node 2 comes, and is asked about its mailboxes 1 and 2. */
  async function join() {
    const joined = await joinRaw(cluster);
    for (const id of watchedIds) one.address(id).onCloseNotify(watcher.address);
    await cluster.clock.settle();
    return joined;
  }
  const peer = await join();
  const victim = {
    inbox: Number(inbox.address.id.split(":").at(-1)),
    limitBytes: maxFrameBytes,
    one: one.self,
    two: { nodeId: "2", epoch: rawEpoch },
    three: three.self,
  };
  return { one, three, inbox, theirs, watcher, peer, victim, join };
}

function contentOf<M>(mailbox: Mailbox<M>): M[] {
  return Array.from({ length: mailbox.messageCount }, () => mailbox.tryReceive() as M);
}

async function expectLinked(cluster: TestCluster, one: Service, three: Service): Promise<void> {
  const there = three.newMailbox();
  one.address(there.address.id).send("from one");
  await cluster.clock.settle();
  expect(there.mailbox.tryReceive()).toBe("from one");
}

async function play(row: HostileRow): Promise<void> {
  await using cluster = createTestCluster(["1", "2", "3"]);
  const { one, three, inbox, theirs, watcher, peer, victim } = await scene(cluster);
  peer.link.write(prologue(victim));
  for (const bytes of [...row.bytes(victim), ...epilogue(victim)]) peer.link.write(bytes);
  await cluster.clock.settle();

  const violations = cluster.telemetry.eventsOf("protocol_violation");
  expect(violations.map((event) => event.peer)).toEqual(row.ends ? ["2"] : []);
  expect(one.stats().violations).toBe(row.ends ? 1 : 0);
  expect(peer.down).toHaveLength(row.ends ? 1 : 0);
  expect(contentOf(inbox.mailbox)).toEqual(row.ends ? ["before"] : ["before", "after"]);
  const watched = contentOf(watcher.mailbox).map(({ id }) => id);
  expect(watched.toSorted()).toEqual(row.ends ? watchedIds : []);
  const answers = peer.frames.filter(({ type }) => type === frameType.synced);
  expect(answers.map(({ body }) => numberIn(body))).toEqual(row.ends ? [] : [lastToken]);
  expect(one.names.lookupAll("mine")).toEqual([inbox.address]);
  expect(one.names.lookupAll("theirs").map(({ id }) => id)).toEqual([theirs.address.id]);
  expect(three.names.lookupAll("mine").map(({ id }) => id)).toEqual([inbox.address.id]);
  // What is told of it holds nothing of what it said.
  expect(JSON.stringify(cluster.telemetry.events)).not.toMatch(/evil|abc/);
  await expectLinked(cluster, one, three);
}

describe("a peer with a good certificate that says what it must not", () => {
  test("does so in more than two hundred ways, each with a name of its own", () => {
    expect(hostileRows.length).toBeGreaterThan(200);
    expect(new Set(hostileRows.map(({ what }) => what)).size).toBe(hostileRows.length);
  });

  test.each(hostileRows.filter(({ ends }) => ends).map((row) => [row.what, row] as const))(
    "loses its link, is reported and counted, and touches nobody: %s",
    (_what, row) => play(row),
  );

  test.each(hostileRows.filter(({ ends }) => !ends).map((row) => [row.what, row] as const))(
    "keeps its link where that is allowed, and touches nobody: %s",
    (_what, row) => play(row),
  );

  test("may announce the longest frame and never send it, and nobody else waits for it", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const { one, three, peer, victim } = await scene(cluster);
    const before = process.memoryUsage().arrayBuffers;
    peer.link.write(announcement(frameType.message, victim));
    await cluster.clock.settle();

    expect(peer.down).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
    await expectLinked(cluster, one, three);
  });
});

describe("a frame of each of the 256 types", () => {
  const allTypes = Array.from({ length: 256 }, (_, type) => type);

  test("ends a link that is up where the protocol gives it no place, and nowhere else", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const { peer: first, victim, join } = await scene(cluster);
    let peer = first;
    const found: Place[] = [];
    for (const type of allTypes) {
      if (peer.down.length > 0) peer = await join();
      const heard = cluster.telemetry.eventsOf("protocol_violation").length;
      peer.link.write(frameOf(type, victim));
      await cluster.clock.settle();
      // Whoever said goodbye has a second for its last word.
      if (type === frameType.goodbye) await cluster.clock.advanceBy(1_000);
      const violations = cluster.telemetry.eventsOf("protocol_violation").length;
      const broke = violations > heard;
      found.push(broke ? "violation" : type < firstOptionalType ? "taken" : "skipped");
      expect(peer.down.length, `type ${type}`).toBe(broke || type === frameType.goodbye ? 1 : 0);
    }

    expect(found).toEqual(documentedPlaces().get("up"));
  });

  test("is passed over behind a goodbye", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const { one, peer: first, victim, inbox } = await scene(cluster);
    let peer = first;
    for (const type of allTypes) {
      const goodbye = frameOf(frameType.goodbye, victim);
      peer.link.write(new Uint8Array(Buffer.concat([goodbye, frameOf(type, victim)])));
      await cluster.clock.settle();
      peer.link.destroy();
      await cluster.clock.settle();
      peer = await joinRaw(cluster);
    }

    expect(cluster.telemetry.eventsOf("protocol_violation")).toEqual([]);
    expect(one.stats().violations).toBe(0);
    expect(contentOf(inbox.mailbox)).toEqual([]);
  });
});
