/** Real sockets, since it is Node.js that reads one of them for long. */
import { expect, test } from "vitest";
import { turnBytes } from "../../src/core/input-turn.ts";
import { createTestCluster, eventually } from "./tls-cluster.ts";

/** The longest record of TLS, which is the longest chunk. */
const chunkBytes = 16 * 1024;
const floodBytes = 6 * 1024 * 1024;

/** A node that has a link which nobody reads yet, and the other end of it. */
async function readerAndFlood(cluster: Awaited<ReturnType<typeof createTestCluster>>) {
  const reader = await cluster.node("1");
  const writer = await cluster.node("2");
  await reader.listen();
  const flood = await writer.dial("1");
  flood.subscribe({ onBytes: () => {}, onDrain: () => {}, onDown: () => {} });
  await eventually(() => expect(reader.links).toHaveLength(1));
  return { reader, flood };
}

test("a peer that floods has its turn and no more, and nothing of what it says is lost", async () => {
  await using cluster = await createTestCluster(["1", "2"]);
  const { reader, flood } = await readerAndFlood(cluster);
  flood.write(new Uint8Array(floodBytes).fill(5));
  // Until the system holds all that it takes.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));

  const turns = [0];
  let came = 0;
  let rightBytes = 0;
  const watchTurns = () => {
    turns.push(0);
    if (came < floodBytes) setImmediate(watchTurns);
  };
  reader.links[0]?.subscribe({
    onBytes: (bytes) => {
      turns[turns.length - 1] = (turns.at(-1) ?? 0) + bytes.length;
      came += bytes.length;
      for (const byte of bytes) rightBytes += byte === 5 ? 1 : 0;
    },
    onDrain: () => {},
    onDown: () => {},
  });
  setImmediate(watchTurns);
  await eventually(() => expect(came).toBe(floodBytes));

  expect(rightBytes).toBe(floodBytes);
  expect(Math.max(...turns)).toBeLessThan(turnBytes + chunkBytes);
});

test("a link that ends while its turn is over gives out what came, and then its end", async () => {
  await using cluster = await createTestCluster(["1", "2"]);
  const { reader, flood } = await readerAndFlood(cluster);

  let came = 0;
  const heard: (string | number)[] = [];
  reader.links[0]?.subscribe({
    onBytes: (bytes) => {
      came += bytes.length;
    },
    onDrain: () => {},
    onDown: ({ reason }) => heard.push(reason, came),
  });
  flood.write(new Uint8Array(2 * turnBytes));
  flood.close();
  await eventually(() => expect(heard).toHaveLength(2));

  expect(heard).toEqual(["closed by the other side", 2 * turnBytes]);
});
