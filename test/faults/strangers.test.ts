/** Strangers at the door of a whole service, which has a link and is to get another. */
import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCertificateAuthority } from "../../src/carriers/tls/certificate-authority.ts";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import type { Address } from "../../src/core/address.ts";
import { MultipleClaim } from "../../src/core/multiple-claim.ts";
import { ended, openNetwork, openTcp } from "../carriers/raw-tls.ts";
import { eventually } from "../carriers/tls-cluster.ts";
import { createTlsServices, type TlsServices } from "../carriers/tls-services.ts";
import { type Luggage, recordHello, strangers } from "./strangers.ts";

const handshakeTimeout = 500;
/** More than any machine needs to run a timer that is due. */
const slackMs = 5_000;

let cluster: TlsServices;
let linked: ConnectionService;
let luggage: Luggage;

beforeAll(async () => {
  // Node 4 is never there: its certificate is the stolen one.
  cluster = await createTlsServices(["1", "2", "3", "4"]);
  const [one, three] = await Promise.all([
    cluster.start("1", { handshakeTimeout }),
    cluster.start("3"),
  ]);
  await three.connected("1");
  linked = three;
  const { address, mailbox } = one.newMailbox<MultipleClaim | { reply: Address; n: number }>();
  one.names.register("echo", address);
  void (async () => {
    for await (const message of mailbox) {
      if (!(message instanceof MultipleClaim)) message.reply.send({ n: message.n });
    }
  })();
  const elsewhere = await createCertificateAuthority({ cluster: "test" });
  luggage = {
    port: cluster.ports.get("1") ?? 0,
    hello: await recordHello(),
    stolen: await cluster.authority.issue("4"),
    foreign: await elsewhere.issue("4"),
  };
});

afterAll(() => cluster[Symbol.asyncDispose]());

/** Asks over the link that was there before, until told to stop. Gives the number of answers. */
function useLink(): { stop(): Promise<number> } {
  const { address, mailbox } = linked.newMailbox<{ n: number }>();
  let going = true;
  const asking = (async () => {
    const echo = await linked.names.wait("echo");
    let n = 0;
    for (; going; n++) {
      expect(echo.send({ reply: address, n })).toBe(true);
      expect((await mailbox.receive()).n).toBe(n);
      await new Promise((resolve) => setImmediate(resolve));
    }
    mailbox.close();
    return n;
  })();
  return {
    stop: () => {
      going = false;
      return asking;
    },
  };
}

describe("a stranger is closed within handshakeTimeout, and leaves nothing behind, when it", () => {
  test.each(strangers)("%s", async (_, knock) => {
    const before = openNetwork().length;

    const all = await Promise.all(Array.from({ length: 3 }, () => ended(knock(luggage))));

    for (const { tookMs } of all) expect(tookMs).toBeLessThan(handshakeTimeout + slackMs);
    await eventually(() => expect(openNetwork().length).toBeLessThanOrEqual(before));
    expect(linked.names.lookup("echo")?.nodeId).toBe("1");
  });
});

test("strangers of all kinds at once do not keep a node out, nor a link from its work", async () => {
  const before = openNetwork().length;
  const told = cluster.telemetry.eventsOf("stranger_refused").length;
  const startedAt = performance.now();
  const link = useLink();
  const sockets: Socket[] = [];
  const knock = (): void => {
    for (const [, come] of strangers) sockets.push(come(luggage));
  };
  for (let round = 0; round < 10; round++) knock();
  const gone = sockets.map((socket) => ended(socket));

  const two = await cluster.start("2");
  await two.connected("1");
  await Promise.all(gone);
  await two.stop();

  expect(await link.stop()).toBeGreaterThan(0);
  await eventually(() => expect(openNetwork().length).toBeLessThanOrEqual(before));
  // Once a second for each kind of refusal at most, however long all of it took.
  const refused = cluster.telemetry.eventsOf("stranger_refused").slice(told);
  const seconds = Math.ceil((performance.now() - startedAt) / 1_000) + 1;
  expect(refused.length).toBeLessThanOrEqual(4 * seconds);
});

describe("a flood from the address of a node lets the node in:", { timeout: 60_000 }, () => {
  test.each([
    ["connections that say nothing", ""],
    ["connections that send a hello and no more", "hello"],
  ])("1,000 a second, %s", async (_, opening) => {
    const text = opening === "" ? "" : luggage.hello.toString("latin1");
    const sockets = new Set<Socket>();
    let opened = 0;
    const knock = (): void => {
      opened += 1;
      const socket = openTcp(luggage.port, text).resume();
      sockets.add(socket.on("close", () => sockets.delete(socket)));
    };
    // A machine that is too busy for a thousand has fewer, and not the rest of them at once.
    const flood = setInterval(() => {
      if (opened < 10_000) for (let i = 0; i < 2; i++) knock();
    }, 2);
    await eventually(() => expect(opened).toBeGreaterThan(200));

    const two = await cluster.start("2", { maxReconnectDelay: 200 });
    await two.connected("1");
    clearInterval(flood);
    await two.stop();

    expect(opened).toBeLessThan(10_000);
    // What the system has not let through to the node yet is not the node's to close.
    for (const socket of sockets) if (socket.connecting) socket.destroy();
    await eventually(() => expect(sockets.size).toBe(0));
  });
});

test("stop does not wait for strangers: 64 of them hang, and it settles at once", async () => {
  await using other = await createTlsServices(["1", "2"]);
  // Long enough that no deadline closes them.
  const one = await other.start("1", { handshakeTimeout: 60_000 });
  const sockets = Array.from({ length: 64 }, (_, i) =>
    openTcp(other.ports.get("1") ?? 0, i % 2 === 0 ? "" : luggage.hello.toString("latin1"), {
      localAddress: `127.0.0.${2 + (i >> 1)}`,
    }),
  );
  const gone = sockets.map((socket) => ended(socket));
  await Promise.all(
    sockets.map((socket) => new Promise((resolve) => socket.once("connect", resolve))),
  );
  const startedAt = performance.now();

  await one.stop();
  await Promise.all(gone);

  expect(performance.now() - startedAt).toBeLessThan(slackMs);
});
