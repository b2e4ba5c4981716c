/** What a peer can say on a link that is up, in order or about what is not its own. */
import { frameType } from "../../src/core/frame.ts";
import { epochToBytes } from "../../src/core/mailbox-id.ts";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";
import { joined } from "../bytes.ts";
import type { Draw } from "../draw.ts";
import { frameBytes, numberBytes, textBytes, varintBytes } from "../frame-bytes.ts";
import { definitionBytes, keyLists, term } from "./term-bytes.ts";

export const peerEpoch = "00000000000000aa";
export const otherEpoch = "00000000000000bb";
export const seedOfNode = 1;
/** The first that a node draws is its run. */
const nodeEpoch = createSeededRandom(seedOfNode).epoch();

/** The numbers of the mailbox that messages are for, and of the one that watches. */
export const inboxNumber = 1;
export const names = ["mine", "theirs", "evil", "x", ""] as const;

const bigBytes = 70_000;

function incarnation(draw: Draw): Uint8Array {
  const [id, epoch] = draw.of([
    ["1", nodeEpoch],
    ["2", peerEpoch],
    ["2", peerEpoch],
    ["2", otherEpoch],
    ["3", otherEpoch],
    ["nobody", peerEpoch],
  ] as const);
  return joined(textBytes(id), epochToBytes(epoch));
}

function mailbox(draw: Draw): Uint8Array {
  return draw.oneIn(3) ? numberBytes(draw) : varintBytes(inboxNumber);
}

type Body = (draw: Draw) => Uint8Array[];

const one: Body = (draw) => [numberBytes(draw)];
const claimed: Body = (draw) => [numberBytes(draw), textBytes(draw.of(names))];

const bodies: { readonly [name in keyof typeof frameType]?: Body } = {
  goodbye: () => [],
  ping: one,
  pong: one,
  message: (draw) => [mailbox(draw), term(draw, 2)],
  routed: (draw) => [
    incarnation(draw),
    incarnation(draw),
    Uint8Array.of(draw.of(Object.values(frameType))),
    ...(draw.oneIn(2) ? one(draw) : []),
  ],
  begin: (draw) => [
    mailbox(draw),
    varintBytes(bigBytes + draw.below(3)),
    draw.bytes(draw.size(40)),
  ],
  piece: (draw) => [mailbox(draw), draw.bytes(draw.size(40))],
  received: one,
  taken: one,
  define: (draw) => [definitionBytes(draw.of(keyLists))],
  monitor: (draw) => [numberBytes(draw), mailbox(draw)],
  demonitor: one,
  down: (draw) => [varintBytes(draw.below(5)), Uint8Array.of(draw.below(5))],
  claim: claimed,
  release: claimed,
  sync: one,
  synced: one,
};

const kinds = Object.keys(bodies) as (keyof typeof bodies)[];

export function controlFrame(draw: Draw): Uint8Array {
  if (draw.oneIn(24)) return frameBytes(draw.below(256), draw.bytes(draw.size(12)));
  const kind = draw.of(kinds);
  // Little comes of what stands behind a goodbye.
  const type = kind === "goodbye" && !draw.oneIn(4) ? "claim" : kind;
  return frameBytes(frameType[type], ...(bodies[type]?.(draw) ?? []));
}

/** A message in pieces, as a node sends it: text of so many characters. */
export function bigMessage(): Uint8Array {
  const text = joined(
    Uint8Array.of(0xe9),
    varintBytes(bigBytes),
    new Uint8Array(bigBytes).fill(97),
  );
  const number = varintBytes(inboxNumber);
  const first = text.subarray(0, 65_000);
  return joined(
    frameBytes(frameType.begin, number, varintBytes(text.length), first),
    frameBytes(frameType.piece, number, text.subarray(first.length)),
  );
}
