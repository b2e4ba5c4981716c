/** Goes through all that can fail, and searches what is said of it for what is secret. */
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { createMemoryNetwork } from "../../src/carriers/memory/memory-network.ts";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import { createFromSpec } from "../../src/cluster/create.ts";
import type { ClusterLogger } from "../../src/cluster/logger.ts";
import { createSystemClock } from "../../src/cluster/system-clock.ts";
import type { Address } from "../../src/core/address.ts";
import type { MailboxClosed } from "../../src/core/close-notice.ts";
import { frameType } from "../../src/core/frame.ts";
import { parseMailboxId } from "../../src/core/mailbox-id.ts";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";
import { handFrame } from "../core/hand-frame.ts";
import { joinByHand } from "./hand-peer.ts";
import { eventually } from "./tls-cluster.ts";
import { createTlsServices } from "./tls-services.ts";

const payload = "S3CR3T-payload";
const name = "S3CR3T-name";
const key = "S3CR3T-key";
const message = { text: payload, [key]: payload, nested: [new Map([[payload, payload]])] };

/** Everything that was said: in lines, in events, in errors, and when something is inspected. */
function createEars() {
  const told: string[] = [];
  const thrown: string[] = [];
  const listen = (fields: object, text: string) => void told.push(shown(fields), text);
  const logger: ClusterLogger = {
    error: listen,
    warn: listen,
    info: listen,
    debug: listen,
    trace: listen,
  };
  const telemetry = { emit: (event: object) => void told.push(shown(event)) };
  const caught = (error: unknown) => {
    thrown.push(shown(error), String(error), String(Reflect.get(Object(error), "stack")));
  };
  return { told, thrown, logger, telemetry, caught };
}

type Ears = ReturnType<typeof createEars>;

function shown(value: unknown): string {
  const json = JSON.stringify(value, (_key, part) => (typeof part === "bigint" ? `${part}` : part));
  return `${inspect(value, { depth: 20, showHidden: true, getters: true })} ${json}`;
}

function attempt(ears: Ears, action: () => unknown): void {
  try {
    action();
  } catch (error) {
    ears.caught(error);
  }
}

/** What can be wrong with a message, and with where it goes. */
function failSending(ears: Ears, address: Address<unknown>): void {
  const odd = Object.assign(new (class Odd {})(), { text: payload });
  const wrong: unknown[] = [
    () => payload,
    odd,
    [{ [payload.slice(0, 3)]: Symbol(payload) }],
    Promise.resolve(payload),
    new SharedArrayBuffer(4),
    "S3CR3T-payload".repeat(2_000_000),
  ];
  for (const value of wrong) {
    attempt(ears, () => address.send(value));
    attempt(ears, () => address.sendOrThrow(value));
  }
}

async function goThroughEverything(ears: Ears, one: ConnectionService, two: ConnectionService) {
  const inbox = two.newMailbox();
  const watcher = one.newMailbox<MailboxClosed>();
  two.names.register(name, inbox.address as never);
  one.names.register(name, one.newMailbox().address as never);
  await one.names.wait(name);
  const remote = one.address(inbox.address.id);
  remote.onCloseNotify(watcher.address);
  one.addConnectionStatusCallback(() => {
    throw new Error("mine");
  });
  remote.send(message);
  await inbox.mailbox.receive();
  remote.send(message);
  failSending(ears, remote);
  const failing = [
    inbox.mailbox.receive({ never: payload }, { timeout: 1 }),
    inbox.mailbox.receive(() => {
      throw new Error("mine");
    }),
    one.names.wait(`${name}-nobody`, { timeout: 1 }),
    one.connected("nobody", { timeout: 1 }),
    one.names.sync({ signal: AbortSignal.abort() }),
  ];
  await Promise.all(failing.map((waiting) => waiting.catch(ears.caught)));
  attempt(ears, () => one.names.register(name, remote as never));
  attempt(ears, () => one.address(payload.slice(0, 3)));
  for (const value of [one, two, one.cluster, inbox, remote, one.names, one.stats()]) {
    ears.told.push(shown(value));
  }
  inbox.mailbox.close();
  ears.told.push(shown(await watcher.mailbox.receive()), shown(watcher));
  remote.send(message);
  await two.terminate();
  await eventually(() => expect(remote.send(message)).toBe(false));
  attempt(ears, () => remote.sendOrThrow(message));
  await one.terminate();
  attempt(ears, () => remote.sendOrThrow(message));
}

function expectQuiet(ears: Ears, keys: readonly string[]): void {
  expect(ears.told.length).toBeGreaterThan(20);
  expect(ears.thrown.length).toBeGreaterThan(20);
  const secrets = [payload, ...keys];
  for (const text of [...ears.told, ...ears.thrown]) {
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  }
  // An error names the name or key that it is about, to the one who gave it; a log does not.
  for (const text of ears.told) expect(text).not.toContain("S3CR3T");
}

describe("neither logs, nor telemetry, nor errors, nor what Node prints hold", () => {
  test("a message, whatever fails, on the memory carrier", async () => {
    const ears = createEars();
    const clock = createSystemClock();
    const network = createMemoryNetwork({ clock, random: createSeededRandom(1) });
    const spec = { nodes: [1, 2].map((id) => ({ id, address: `127.0.0.1:${id}` })) };
    const { logger, telemetry } = ears;
    const start = async (id: string) => {
      const carrier = network.carrier(id);
      const service = await createFromSpec(spec, id, { carrier, clock, logger, telemetry });
      await service.start();
      return service;
    };
    const [one, two] = [await start("1"), await start("2")];
    await one.connected(2);
    await goThroughEverything(ears, one, two);

    expectQuiet(ears, []);
  });

  test("a message or a private key, whatever fails, over TLS", async () => {
    const ears = createEars();
    await using cluster = await createTlsServices(["1", "2"]);
    const { logger, telemetry } = ears;
    const [certificate, other] = [
      await cluster.authority.issue("1"),
      await cluster.authority.issue("2"),
    ];
    const one = await cluster.create("1", { logger, telemetry }, certificate);
    const two = await cluster.create("2", { logger, telemetry }, other);
    await cluster.create("1", { logger, telemetry }, other).catch(ears.caught);
    await one.start();
    await tellNonsense(cluster, one);
    await two.start();
    await one.connected(2);
    await goThroughEverything(ears, one, two);

    const keys = [certificate, other].flatMap(({ keyPem }) =>
      keyPem.split("\n").filter((line) => line.length > 20 && !line.startsWith("-----")),
    );
    expect(keys.length).toBeGreaterThan(2);
    for (const holder of [certificate, cluster.authority]) ears.told.push(inspect(holder));
    expectQuiet(ears, [...keys, "PRIVATE KEY"]);
  });
});

/** Messages with the secret in them, each wrong in a way that the decoder has words for. */
async function tellNonsense(
  cluster: Awaited<ReturnType<typeof createTlsServices>>,
  one: ConnectionService,
): Promise<void> {
  const { number } = parseMailboxId(one.newMailbox().address.id);
  const text = Buffer.concat([Uint8Array.of(0x80 + payload.length), Buffer.from(payload)]);
  const pattern = Buffer.concat([Uint8Array.of(0x81 + payload.length), Buffer.from(`${payload}(`)]);
  const bad = [
    Buffer.concat([text, text]),
    Buffer.concat([Uint8Array.of(0xf3), pattern, Uint8Array.of(0x80)]),
    Buffer.concat([Uint8Array.of(0xf3), text, text]),
    Buffer.concat([Uint8Array.of(0xf9), text, text]),
    Buffer.concat([Uint8Array.of(0xec, 1), text]),
    Buffer.concat([Uint8Array.of(0xf7, 0xff), text]),
  ];
  const certificate = await cluster.authority.issue("2");
  for (const term of bad) {
    const peer = await joinByHand(cluster, certificate);
    peer.socket.write(handFrame(frameType.message, Buffer.concat([Uint8Array.of(number), term])));
    await peer.closed;
    await eventually(() => expect(one.stats().violations).toBeGreaterThan(0));
  }
  expect(one.stats().violations).toBe(bad.length);
}
