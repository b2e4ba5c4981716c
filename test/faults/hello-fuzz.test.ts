/**
 * TLS hellos of a node, changed at random places, and the same with certificates.
 *
 * `REIGN_FUZZ` is how many hellos there are, 450 without it and 100,000 with `REIGN_FULL=1`;
 * `REIGN_SEED` is where chance begins.
 */
import { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";
import { ended, openTcp, openTls } from "../carriers/raw-tls.ts";
import {
  createTestCluster,
  eventually,
  identityOf,
  type TestNode,
  testAuthority,
} from "../carriers/tls-cluster.ts";
import { full } from "./figures.ts";
import { recordHello } from "./strangers.ts";

const count = Number(process.env["REIGN_FUZZ"] ?? (full ? 100_000 : 450));
const seed = Number(process.env["REIGN_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
const atOnce = 16;
/** For a busy machine; of so many as are run by default it takes a tenth. */
const timeout = 60_000 + 10 * count;

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

interface Attack {
  /** Makes one stranger at a time, and settles when it is gone. */
  readonly knock: (port: number, next: Chance) => Promise<void>;
  readonly times: number;
  readonly offset: number;
}

/** Gives the node that was attacked, when the next honest one has its link and all is closed. */
async function attacked({ knock, times, offset }: Attack): Promise<TestNode> {
  const { node, close } = await createTestCluster(["1", "2", "3"]);
  const first = await node("1");
  const { port } = await first.listen();
  const next = chance(offset);
  const workers = Array.from({ length: atOnce }, async (_, worker) => {
    for (let i = worker; i < times; i += atOnce) await knock(port, next);
  });
  await Promise.all(workers);
  const strangers = first.links.filter(({ peer }) => peer !== "2");
  expect(strangers, `seed ${seed}`).toEqual([]);
  await (await node("3")).dial("1");
  await eventually(() => expect(first.links.at(-1)?.peer).toBe("3"));
  await close();
  await eventually(() => expect(openSockets(), `seed ${seed}`).toEqual([]));
  return first;
}

function openSockets(): readonly string[] {
  return process.getActiveResourcesInfo().filter((name) => /^(?:TCP|TLS)/.test(name));
}

describe("a node closes the connection, and lets the next one in, after", { timeout }, () => {
  test(`a hello that was changed at random (seed ${seed})`, async () => {
    const hello = await recordHello();
    const first = await attacked({
      knock: (port, next) => say(port, mutated(hello, next), next),
      times: count,
      offset: 0,
    });

    expect(first.telemetry.eventsOf("stranger_refused").length).toBeGreaterThan(0);
    expect(first.links).toHaveLength(1);
  });

  test(`any bytes at all (seed ${seed})`, async () => {
    const heads = [Buffer.alloc(0), Buffer.of(0x16, 3, 1), Buffer.from("GET /"), Buffer.of(0x80)];
    const opening = (next: Chance): Buffer =>
      Buffer.concat([heads[next(heads.length)] ?? Buffer.alloc(0), noise(next(300), next)]);
    const first = await attacked({
      knock: (port, next) => say(port, opening(next), next),
      times: count,
      offset: 1,
    });

    expect(first.links).toHaveLength(1);
  });

  test(`a certificate that was changed at random (seed ${seed})`, async () => {
    const authority = await testAuthority();
    const { certPem, keyPem: key } = await authority.issue({ names: [identityOf("2")] });
    const { raw } = new X509Certificate(certPem);
    // Only a few bits in it can be changed so that it still can be shown, and is still the key's.
    const showable = (next: Chance): SecureContext => {
      for (;;) {
        const cert = pem(mutated(raw, next));
        try {
          return createSecureContext({ key, cert });
        } catch {
          // Not this one.
        }
      }
    };
    const first = await attacked({
      knock: async (port, next) => {
        await ended(openTls(port, { secureContext: showable(next) }));
      },
      times: Math.ceil(count / 10),
      offset: 2,
    });

    // Which reason is told is chance: one a second, and the others are counted.
    expect(first.telemetry.eventsOf("stranger_refused").length).toBeGreaterThan(0);
    // A bit of padding says nothing; whatever the certificate says is signed.
    expect(first.links.length).toBeLessThan(1 + count / 50);
  });
});

function pem(der: Buffer): string {
  const lines = der.toString("base64").replaceAll(/.{64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
