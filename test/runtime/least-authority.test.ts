import { describe, expect, test } from "vitest";
import type { MailboxClosed } from "../../src/core/close-notice.ts";
import { frameType, maxFrameBytes } from "../../src/core/frame.ts";
import { type FramesTaken, framePlaces } from "../../src/core/frame-places.ts";
import { createTestCluster } from "./cluster.ts";
import { frameOf } from "./hostile-frames.ts";
import { joinRaw, rawEpoch } from "./raw-peer.ts";

/** What a frame of a type can reach, on the node that takes it. */
type Reach =
  /** The link that it came on, and no further. */
  | "the link"
  /** The one mailbox that it names. */
  | "a mailbox"
  /** Those of this node that asked the peer for a notice. */
  | "who asked"
  /** A name, as that of a mailbox of the peer's own. */
  | "a name of its own";

const reaches: { readonly [name in FramesTaken["up"]]: Reach } = {
  goodbye: "the link",
  ping: "the link",
  pong: "the link",
  message: "a mailbox",
  routed: "the link",
  // Until it is whole; then it is a message.
  begin: "the link",
  piece: "the link",
  received: "the link",
  taken: "the link",
  define: "the link",
  monitor: "the link",
  demonitor: "the link",
  down: "who asked",
  claim: "a name of its own",
  release: "a name of its own",
  sync: "the link",
  synced: "the link",
};

/** Sends one frame of a type to a node, and says what is different there afterwards. */
async function reachOf(type: number): Promise<Reach> {
  await using cluster = createTestCluster(["1", "2", "3"]);
  const one = await cluster.start("1");
  const inbox = one.newMailbox();
  const other = one.newMailbox();
  const watcher = one.newMailbox<MailboxClosed>();
  one.names.register("mine", other.address);
  const peer = await joinRaw(cluster);
  // The examples ask about mailbox 1 of the peer, and claim and release "evil" for it.
  one.address(`2:${rawEpoch}:1`).onCloseNotify(watcher.address);
  const victim = {
    inbox: Number(inbox.address.id.split(":").at(-1)),
    limitBytes: maxFrameBytes,
    one: one.self,
    two: { nodeId: "2", epoch: rawEpoch },
    three: { nodeId: "3", epoch: rawEpoch },
  };
  if (type === frameType.release) peer.link.write(frameOf(frameType.claim, victim));
  if (type === frameType.piece) peer.link.write(frameOf(frameType.begin, victim));
  await cluster.clock.settle();
  const state = () => ({
    inbox: inbox.mailbox.messageCount,
    notices: watcher.mailbox.messageCount,
    claimants: one.names.lookupAll("evil").map(({ nodeId }) => nodeId),
    untouched: [one.names.lookupAll("mine"), other.mailbox.messageCount, one.stats().violations],
  });
  const before = state();
  peer.link.write(frameOf(type, victim));
  await cluster.clock.settle();
  const after = state();

  expect(after.untouched).toEqual([[other.address], 0, 0]);
  // The end of a link is a notice to all who watch over it, whoever ends it.
  const ended = peer.down.length > 0;
  const found: Reach[] = [];
  if (after.inbox !== before.inbox) found.push("a mailbox");
  if (after.notices !== before.notices && !ended) found.push("who asked");
  if (after.claimants.length !== before.claimants.length) found.push("a name of its own");
  expect(new Set([...before.claimants, ...after.claimants]).size).toBeLessThanOrEqual(1);
  expect([...before.claimants, ...after.claimants].filter((id) => id !== "2")).toEqual([]);
  expect(found.length).toBeLessThanOrEqual(1);
  return found[0] ?? "the link";
}

describe("all that a peer can ask for", () => {
  test("is a frame that this table has", () => {
    expect(Object.keys(reaches).toSorted()).toEqual(Object.keys(framePlaces.up.taken).toSorted());
  });

  test.each(Object.entries(reaches) as [FramesTaken["up"], Reach][])(
    "with a frame of type %s reaches %s, and nothing else",
    async (name, reach) => {
      expect(await reachOf(frameType[name])).toBe(reach);
    },
  );
});
