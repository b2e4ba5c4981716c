/** Very many strangers at a node in a process of its own, and what they cost it. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import { ended, openTcp } from "../carriers/raw-tls.ts";
import { eventually } from "../carriers/tls-cluster.ts";
import { createTlsServices, type TlsServices } from "../carriers/tls-services.ts";
import { startKnockedNode } from "./knocked-node.ts";

/** More than any machine needs to run a timer that is due. */
const slackMs = 5_000;

/** Silent strangers from so many addresses as there may be: 127.0.0.2 to 127.0.0.255. */
function crowd({ ports }: TlsServices, size: number): Socket[] {
  const port = ports.get("1") ?? 0;
  return Array.from({ length: size }, (_, i) =>
    openTcp(port, "", { localAddress: `127.0.0.${2 + (i % 254)}` }).resume(),
  );
}

function destroyed(sockets: readonly Socket[]): number {
  return sockets.filter((socket) => socket.destroyed).length;
}

/** The answer of node 1 to a question over the link that `service` has with it. */
async function ask(service: ConnectionService): Promise<void> {
  const { address, mailbox } = service.newMailbox<{ n: number }>();
  const echo = await service.names.wait("echo");
  for (let n = 0; n < 20; n++) {
    expect(echo.send({ reply: address, n })).toBe(true);
    expect((await mailbox.receive()).n).toBe(n);
  }
  mailbox.close();
}

/** For a busy machine: it takes a tenth. */
const timeout = 60_000;

describe("1,000 strangers at once that say nothing", { timeout }, () => {
  test("are few at any time and gone by the deadline, while a node joins and a link works", async () => {
    await using cluster = await createTlsServices(["1", "2", "3"]);
    const handshakeTimeout = 1_000;
    await using one = await startKnockedNode(cluster, "1", { handshakeTimeout }, 2_048);
    const three = await cluster.start("3");
    await ask(three);
    const before = await one.figures();
    const startedAt = performance.now();
    // Timed from the connection on: of 1,000 at once some wait for the system to take them.
    const gone = crowd(cluster, 1_000).map(async (socket) => {
      await once(socket, "connect");
      return ended(socket);
    });

    const two = await cluster.start("2");
    await Promise.all([two.connected("1"), ask(three)]);
    for (const { tookMs } of await Promise.all(gone)) {
      expect(tookMs).toBeLessThan(handshakeTimeout + slackMs);
    }

    const after = await one.figures();
    const seconds = Math.ceil((performance.now() - startedAt) / 1_000) + 1;
    // 64 that were heard, as many that came in this very turn, two links, and what is closing.
    expect(after.mostSockets).toBeLessThanOrEqual(2 * 64 + 2 + 64);
    expect(after.rss - before.rss).toBeLessThan(64 * 2 ** 20);
    expect(after.events - before.events).toBeLessThanOrEqual(64 * seconds + 4);
    expect(after.lines - before.lines).toBeLessThanOrEqual(seconds + 4);
    await ask(three);
    expect(await one.stop()).toBe(0);
  });
});

describe("a process that runs out of file descriptors", { timeout }, () => {
  test("keeps its links, and lets a node in past those who took them", async () => {
    await using cluster = await createTlsServices(["1", "2", "3"]);
    // So that nobody gets in because the strangers' time is over.
    const options = { handshakeTimeout: 60_000 };
    await using one = await startKnockedNode(cluster, "1", options, 512);
    const three = await cluster.start("3");
    await ask(three);
    await one.leave(20);
    const sockets = crowd(cluster, 400);
    // Closed by the system, which had no descriptor for them.
    await eventually(() => expect(destroyed(sockets)).toBeGreaterThanOrEqual(380));
    const before = await one.figures();
    const startedAt = performance.now();

    await ask(three);
    const two = await cluster.start("2");
    await two.connected("1");
    await ask(two);

    const after = await one.figures();
    const seconds = Math.ceil((performance.now() - startedAt) / 1_000) + 1;
    expect(after.lines - before.lines).toBeLessThanOrEqual(seconds + 4);
    for (const socket of sockets) socket.destroy();
    await one.release();
    expect(await one.stop()).toBe(0);
  });

  test("dials in vain without spinning, and gets its link when there are descriptors again", async () => {
    await using cluster = await createTlsServices(["1", "2", "3"]);
    await using one = await startKnockedNode(cluster, "1", { maxReconnectDelay: 50 }, 512);
    const three = await cluster.start("3");
    await ask(three);
    await one.leave(0);
    const before = await one.figures();
    const two = await cluster.start("2", { maxReconnectDelay: 50 });

    let joined = false;
    const joining = two.connected("1").then(() => {
      joined = true;
    });
    // Whether a process spins is seen in no other way than by the time it takes.
    const startedAt = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const during = await one.figures();
    const tookMs = performance.now() - startedAt;
    await ask(three);
    expect(joined).toBe(false);
    await one.release();
    await joining;

    expect(during.cpuMs - before.cpuMs).toBeLessThan(0.6 * tookMs);
    expect(during.lines - before.lines).toBeLessThan(10);
    await ask(two);
    expect(await one.stop()).toBe(0);
  });
});
