/** How many peers a node has: what a message to one of them costs, and what one takes. */
import type { Role } from "./case.ts";
import { secondsSince } from "./elapsed.ts";
import { costOf, type Growth } from "./growth.ts";
import { bytesInUse } from "./kept.ts";
import { alone, type Tick, tick, turnOfTheLoop } from "./local-role.ts";
import { type Peer, startStar } from "./memory-star.ts";
import { asBytes, asCount, asTime } from "./quantities.ts";

const messages = 32_768;
/** To each peer in a turn of the event loop: a batch is the same however many peers there are. */
const perTurn = 256;

export const peerGrowth: Growth = {
  id: "peers",
  x: { label: "peers of the node", format: asCount },
  sizes: { full: [1, 2, 4, 8, 16, 32], quick: [1, 4] },
  contestants: [alone("reign, memory carrier", () => ({ round: peersRound }))],
  charts: [
    {
      id: "peers-cost",
      title: "One message, to each of many peers in turn",
      y: { label: "time for each, without TLS, all nodes in one process", format: asTime },
      value: costOf,
    },
    {
      id: "peers-memory",
      title: "Memory of a peer",
      y: {
        label: "bytes for each: both ends of its link, and the peer's own node",
        format: asBytes,
      },
      value: ({ bytes }) => bytes,
    },
  ],
};

async function peersRound(size: number): ReturnType<Role["round"]> {
  const before = await bytesInUse();
  const { peers, end } = await startStar<Tick>(size);
  const bytes = ((await bytesInUse()) - before) / size;
  await sendToAll(peers, messages / 4);
  const started = performance.now();
  await sendToAll(peers, messages);
  const seconds = secondsSince(started);
  await end();
  return { seconds, count: messages, bytes };
}

async function sendToAll(peers: readonly Peer<Tick>[], count: number): Promise<void> {
  const share = count / peers.length;
  const received = peers.map(async ({ mailbox }) => {
    for (let id = 0; id < share; id++) {
      const got = (await mailbox.receive()) as Tick;
      if (got.id !== id) throw new Error(`Expected message ${id}, got ${got.id}.`);
    }
  });
  for (let id = 0; id < share; id++) {
    for (const { address } of peers) address.send(tick(id));
    if ((id + 1) % perTurn === 0) await turnOfTheLoop();
  }
  await Promise.all(received);
}
