/** The rows of `hostile-frames.ts` over real TLS: a good certificate, and frames made by hand. */
import { once } from "node:events";
import type { TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import { ByteWriter } from "../../src/core/byte-writer.ts";
import type { MailboxClosed } from "../../src/core/close-notice.ts";
import { beginFrame, endFrame, frameType, maxFrameBytes } from "../../src/core/frame.ts";
import { FrameReader } from "../../src/core/frame-reader.ts";
import { decodeWelcome, encodeHandshake } from "../../src/core/hello.ts";
import { parseMailboxId } from "../../src/core/mailbox-id.ts";
import type { Mailbox } from "../../src/runtime/mailbox.ts";
import {
  epilogue,
  type HostileRow,
  hostileKinds,
  prologue,
  type Victim,
} from "../runtime/hostile-frames.ts";
import { openTls } from "./raw-tls.ts";
import { createTlsServices, type TlsServices } from "./tls-services.ts";

const two = { nodeId: "2", epoch: "00000000000000aa" };
const watchedIds = [1, 2].map((number) => `2:${two.epoch}:${number}`);

/** Node 2, as far as it has come. */
interface HandPeer {
  readonly socket: TLSSocket;
  readonly closed: Promise<unknown>;
  /** Settles when a frame of that type has come. */
  frame(type: number): Promise<Uint8Array>;
}

function frameOf(type: number, body: Uint8Array): Uint8Array {
  const out = new ByteWriter(64);
  const mark = beginFrame(out, type);
  out.raw(body);
  endFrame(out, mark);
  return out.take();
}

function dial(port: number, certificate: { certPem: string; keyPem: string }): HandPeer {
  const socket = openTls(port, { cert: certificate.certPem, key: certificate.keyPem });
  const waiting = new Map<number, (body: Uint8Array) => void>();
  const reader = new FrameReader(2 ** 24);
  socket.on("data", (bytes: Buffer) =>
    reader.push(bytes, {
      onFrame(type, source, start, end) {
        waiting.get(type)?.(source.slice(start, end));
        return true;
      },
    }),
  );
  const frame = (type: number) =>
    new Promise<Uint8Array>((resolve) => void waiting.set(type, resolve));
  return { socket, closed: once(socket, "close"), frame };
}

/** Node 1 with a mailbox, a name and a watch, node 3 beside it, and node 2, which is the test. */
async function scene(cluster: TlsServices) {
  const [one, three] = await Promise.all([cluster.start("1"), cluster.start("3")]);
  await Promise.all([one.connected(3), three.connected(1)]);
  const inbox = one.newMailbox();
  const theirs = three.newMailbox();
  const watcher = one.newMailbox<MailboxClosed>();
  one.names.register("mine", inbox.address);
  three.names.register("theirs", theirs.address);
  await Promise.all([one.names.wait("theirs"), three.names.wait("mine")]);
  const own = parseMailboxId(inbox.address.id);
  const victim: Victim = {
    inbox: own.number,
    limitBytes: maxFrameBytes,
    one: own,
    two,
    three: parseMailboxId(theirs.address.id),
  };
  const certificate = await cluster.authority.issue("2");
  const port = cluster.ports.get("1") ?? 0;

  async function join(): Promise<HandPeer> {
    const peer = dial(port, certificate);
    await once(peer.socket, "secureConnect");
    const welcomed = peer.frame(frameType.welcome);
    const { nodeId: from, epoch } = two;
    const hello = { versions: [1, 1], cluster: "test", from, epoch, to: "1" } as const;
    const offer = { codecs: ["term-1"], capabilities: [], maxMessageBytes: 2 ** 24 };
    peer.socket.write(frameOf(frameType.hello, encodeHandshake({ ...hello, ...offer })));
    const { epoch: answers } = decodeWelcome(await welcomed);
    peer.socket.write(frameOf(frameType.confirm, encodeHandshake({ answers })));
    const asked = peer.frame(frameType.monitor);
    await one.connected(2);
    for (const id of watchedIds) one.address(id).onCloseNotify(watcher.address);
    await asked;
    return peer;
  }
  return { one, three, inbox, theirs, watcher, victim, join };
}

type Scene = Awaited<ReturnType<typeof scene>>;

async function received<M>(mailbox: Mailbox<M>, count: number): Promise<M[]> {
  const messages: M[] = [];
  while (messages.length < count) messages.push(await mailbox.receive());
  return messages;
}

async function play(row: HostileRow, at: Scene): Promise<void> {
  const { one, inbox, watcher, victim } = at;
  const before = one.stats().violations;
  const peer = await at.join();
  const answered = peer.frame(frameType.synced);
  const sent = [prologue(victim), ...row.bytes(victim), ...epilogue(victim)];
  peer.socket.write(Buffer.concat(sent));
  if (!row.ends) {
    await answered;
    peer.socket.destroy();
  }
  await peer.closed;

  const told = await received(watcher.mailbox, watchedIds.length);
  expect(told.map(({ id }) => id).toSorted(), row.what).toEqual(watchedIds);
  expect(one.stats().violations - before, row.what).toBe(row.ends ? 1 : 0);
  const messages = await received(inbox.mailbox, row.ends ? 1 : 2);
  expect(messages, row.what).toEqual(row.ends ? ["before"] : ["before", "after"]);
  expect([inbox.mailbox.messageCount, watcher.mailbox.messageCount], row.what).toEqual([0, 0]);
  expect(one.names.lookupAll("mine"), row.what).toEqual([inbox.address]);
  await expectLinked(one, at, row.what);
}

async function expectLinked(one: ConnectionService, at: Scene, what: string): Promise<void> {
  one.names.require("theirs").send(what);
  expect(await at.theirs.mailbox.receive()).toBe(what);
  expect(one.names.lookupAll("theirs")).toHaveLength(1);
}

test.each(Object.entries(hostileKinds))(
  "over TLS too a peer with a good certificate hurts nobody with %s",
  async (_kind, rows) => {
    await using cluster = await createTlsServices(["1", "2", "3"]);
    const at = await scene(cluster);
    for (const row of rows) await play(row, at);

    const ending = rows.filter(({ ends }) => ends).length;
    const violations = cluster.telemetry.eventsOf("protocol_violation");
    expect(violations.filter(({ peer }) => peer === "2")).toHaveLength(ending);
    expect(violations).toHaveLength(ending);
  },
);
