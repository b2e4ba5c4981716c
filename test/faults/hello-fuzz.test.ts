/**
 * TLS hellos of a node, changed at random places, and the same with certificates.
 *
 * `REIGN_FUZZ` is how many of each there are, `REIGN_SEED` where chance begins.
 */
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";
import { ended, openTcp } from "../carriers/raw-tls.ts";
import { createTestCluster, eventually, type TestNode } from "../carriers/tls-cluster.ts";
import { recordHello } from "./strangers.ts";

const count = Number(process.env["REIGN_FUZZ"] ?? 500);
const seed = Number(process.env["REIGN_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
const atOnce = 16;

type Chance = (below: number) => number;

function chance(offset: number): Chance {
  const random = createSeededRandom(seed + offset);
  return (below) => Math.floor(random.fraction() * below);
}

function noise(length: number, next: Chance): Buffer {
  return Buffer.from(Array.from({ length }, () => next(256)));
}

const mutations: readonly ((bytes: Buffer, at: number, next: Chance) => Buffer)[] = [
  // One bit, one byte; a piece cut out, put in, said twice, overwritten; the end cut off.
  (bytes, at, next) => replaced(bytes, at, Buffer.of((bytes[at] ?? 0) ^ (1 << next(8)))),
  (bytes, at, next) => replaced(bytes, at, noise(1, next)),
  (bytes, at, next) => spliced(bytes, at, 1 + next(16), Buffer.alloc(0)),
  (bytes, at, next) => spliced(bytes, at, 0, noise(1 + next(64), next)),
  (bytes, at, next) => spliced(bytes, at, 0, bytes.subarray(at, at + 1 + next(64))),
  (bytes, at, next) => replaced(bytes, at, noise(1 + next(16), next)),
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at) => replaced(bytes, at, Buffer.alloc(2, 0xff)),
];

function spliced(bytes: Buffer, at: number, cut: number, put: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]);
}

function replaced(bytes: Buffer, at: number, put: Buffer): Buffer {
  return spliced(bytes, at, put.length, put);
}

function mutated(bytes: Buffer, next: Chance): Buffer {
  let result = bytes;
  for (let times = 1 + next(3); times > 0; times--) {
    const mutate = mutations[next(mutations.length)];
    result = mutate?.(result, next(result.length), next) ?? result;
  }
  return result;
}

/** Says all of it in two pieces and ends; settles when the node has closed the connection. */
async function say(port: number, bytes: Buffer, next: Chance): Promise<void> {
  const cut = next(bytes.length + 1);
  const socket: Socket = openTcp(port).setNoDelay(true);
  socket.once("connect", () => {
    socket.write(bytes.subarray(0, cut));
    setImmediate(() => socket.end(bytes.subarray(cut)));
  });
  await ended(socket);
}

async function attack(openings: (next: Chance) => Buffer, offset: number): Promise<TestNode> {
  const { node, close } = await createTestCluster(["1", "2"]);
  const first = await node("1");
  const { port } = await first.listen();
  const next = chance(offset);
  const message = `seed ${seed}`;
  const workers = Array.from({ length: atOnce }, async (_, worker) => {
    for (let i = worker; i < count; i += atOnce) await say(port, openings(next), next);
  });
  await Promise.all(workers);
  expect(first.links, message).toEqual([]);
  const second = await node("2");
  await second.dial("1");
  await eventually(() => expect(first.links, message).toHaveLength(1));
  await close();
  await eventually(() => expect(openSockets(), message).toEqual([]));
  return first;
}

function openSockets(): readonly string[] {
  return process.getActiveResourcesInfo().filter((name) => /^(?:TCP|TLS)/.test(name));
}

describe("a node closes the connection, and lets the next one in, after", () => {
  test(`a hello that was changed at random (seed ${seed})`, async () => {
    const hello = await recordHello();
    const first = await attack((next) => mutated(hello, next), 0);

    expect(first.telemetry.eventsOf("stranger_refused").length).toBeGreaterThan(0);
  });

  test(`any bytes at all (seed ${seed})`, async () => {
    const heads = [Buffer.alloc(0), Buffer.of(0x16, 3, 1), Buffer.from("GET /"), Buffer.of(0x80)];
    await attack((next) => {
      const head = heads[next(heads.length)] ?? Buffer.alloc(0);
      return Buffer.concat([head, noise(next(300), next)]);
    }, 1);
  });
});
