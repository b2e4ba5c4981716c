/** How large a message is, from one node to another on the memory carrier: no TLS, no system. */
import type { Role } from "./case.ts";
import { secondsSince } from "./elapsed.ts";
import { costOf, type Growth } from "./growth.ts";
import { bytesInUse } from "./kept.ts";
import { alone } from "./local-role.ts";
import { type Peer, startStar } from "./memory-star.ts";
import { asSize, asTime, threeDigits } from "./quantities.ts";

const largest = 16 * 1024 * 1024;
/** A round has so many messages at most, and so many bytes if these are fewer. */
const most = { messages: 20_000, bytes: 128 * 1024 * 1024 } as const;

/** So many are kept at a time to see what they take. */
const kept = { messages: 20_000, bytes: 64 * 1024 * 1024 } as const;

const settings = { maxMessageBytes: 2 * largest, maxPendingBytes: 4 * largest };

export const sizeGrowth: Growth = {
  id: "size",
  x: { label: "size of a message", format: asSize },
  sizes: {
    full: Array.from({ length: 11 }, (_, i) => 16 * 4 ** i),
    quick: [16, 64 * 1024],
  },
  contestants: [
    alone("binary", () => sizeRole((size) => new Uint8Array(size).fill(7))),
    alone("text", () => sizeRole((size) => "reignful".repeat(size / 8))),
    alone("text, not Latin", () => sizeRole((size) => "👑👑".repeat(size / 8))),
  ],
  charts: [
    {
      id: "size-cost",
      title: "One message from node to node, by its size",
      y: { label: "time for each, without TLS, both nodes in one process", format: asTime },
      value: costOf,
    },
    {
      id: "size-rate",
      title: "Bytes from node to node, by the size of messages",
      y: { label: "MB/s, without TLS, both nodes in one process", format: threeDigits },
      value({ count, seconds }, size) {
        return count === undefined ? undefined : (count * size) / seconds / 1e6;
      },
    },
    {
      id: "size-memory",
      title: "Memory of a message that was received, by its size",
      y: { label: "bytes for each that is kept", format: asSize },
      value: ({ bytes }) => bytes,
    },
  ],
};

type Content = Uint8Array | string;

async function sizeRole(make: (size: number) => Content): Promise<Role> {
  const { peers } = await startStar<Content>(1, settings);
  const [peer] = peers;
  if (peer === undefined) throw new Error("Expected a peer.");
  const { address, mailbox } = peer;
  return {
    async round(size) {
      const content = make(size);
      const count = Math.max(1, Math.min(most.messages, Math.floor(most.bytes / size)));
      const receive = async () => {
        for (let i = 0; i < count; i++) expectLike(content, (await mailbox.receive()) as Content);
      };
      const started = performance.now();
      const received = receive();
      for (let i = 0; i < count; i++) while (!address.send(content)) await address.ready();
      await received;
      const seconds = secondsSince(started);
      return { seconds, count, bytes: await bytesOfEach(peer, content, size) };
    },
  };
}

/** What the engine holds for a message while somebody has it, in its heap and outside. */
async function bytesOfEach(
  { address, mailbox }: Peer<Content>,
  content: Content,
  size: number,
): Promise<number> {
  const count = Math.max(1, Math.min(kept.messages, Math.floor(kept.bytes / size)));
  const before = await bytesInUse();
  const all: unknown[] = [];
  for (let i = 0; i < count; i++) {
    while (!address.send(content)) await address.ready();
    all.push(await mailbox.receive());
  }
  return ((await bytesInUse()) - before) / all.length;
}

function expectLike(sent: Content, got: Content): void {
  if (sent.length !== got.length) {
    throw new Error(`Expected a length of ${sent.length}, got ${got.length}.`);
  }
}
