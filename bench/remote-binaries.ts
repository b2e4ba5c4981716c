/**
 * One way between two processes, bytes and nothing else: in messages of 10 KB, and of 1 MB.
 *
 * Beside it stands a TLS socket that is written the same bytes in pieces of the same size, which
 * its other end counts. Everybody sends the same bytes again and again.
 */
import type { NatsConnection } from "@nats-io/transport-node";
import type { Address, MultipleClaim } from "reign";
import type { Case, Role, Setting, Timing } from "./case.ts";
import { secondsSince } from "./elapsed.ts";
import { erlangBetween } from "./erlang.ts";
import { countOn, nats, nextOn, publishAll } from "./nats.ts";
import { startNamedNode, startSeekingNode } from "./pair-of-nodes.ts";
import { acceptRaw, connectRaw, drained, nextFrom } from "./raw-tls.ts";
import { Tally } from "./tally.ts";

interface Begin {
  readonly answerTo: Address<Received>;
}

interface Received {
  readonly received: number;
}

const megabyte = 1_000_000;
const pendingBytes = 4 * megabyte;

export const remoteBinaries10k: Case = binariesOf("R3-10k", "10 KB", 10_000);
export const remoteBinaries1m: Case = binariesOf("R3-1m", "1 MB", megabyte);

function binariesOf(id: string, called: string, size: number): Case {
  const erlang = { args: [size] };
  return {
    id,
    title: `one way between two processes over mutual TLS, binaries of ${called}`,
    unit: "MB",
    size: { full: 200, quick: 10 },
    measure: "rate",
    remote: true,
    oneProcessor: false,
    contestants: [
      {
        name: "reign",
        roles: [
          { name: "receiver", start: (setting) => startReignReceiver(setting, size) },
          { name: "sender", start: (setting) => startReignSender(setting, size) },
        ],
      },
      {
        name: "raw TLS",
        roles: [
          { name: "receiver", start: startRawReceiver },
          { name: "sender", start: (setting) => startRawSender(setting, size) },
        ],
      },
      erlangBetween("TLS", "binaries", { ...erlang, share: 0.25 }),
      erlangBetween("TCP", "binaries", erlang),
      nats(
        (connection) => receiveFromNats(connection, size),
        (connection) => sendToNats(connection, size),
        { share: 0.25 },
      ),
    ],
    goals: [{ contestant: "reign", beside: "raw TLS", atLeast: 0.8 }],
  };
}

/** In how many messages of `size` so many MB are. */
function messagesIn(megabytes: number, size: number): number {
  return Math.round((megabytes * megabyte) / size);
}

function expectSize(bytes: Uint8Array, size: number): void {
  if (bytes.length !== size) throw new Error(`Expected ${size} bytes, got ${bytes.length}.`);
}

async function startReignReceiver(setting: Setting, size: number): Promise<Role> {
  const { mailbox } = await startNamedNode<Begin | Uint8Array>(setting);
  return {
    async round(megabytes: number): Promise<undefined> {
      const count = messagesIn(megabytes, size);
      const { answerTo } = (await mailbox.receive()) as Begin;
      for (let i = 0; i < count; i++) expectSize((await mailbox.receive()) as Uint8Array, size);
      answerTo.send({ received: count });
    },
  };
}

async function startReignSender(setting: Setting, size: number): Promise<Role> {
  const ends = await startSeekingNode<Begin | Uint8Array | MultipleClaim, Received>(setting);
  const { target, address, mailbox } = ends;
  const bytes = new Uint8Array(size).fill(7);
  return {
    async round(megabytes: number): Promise<Timing> {
      const count = messagesIn(megabytes, size);
      const started = performance.now();
      target.send({ answerTo: address });
      for (let i = 0; i < count; i++) {
        while (!target.send(bytes)) await target.ready();
      }
      await mailbox.receive();
      return { seconds: secondsSince(started) };
    },
  };
}

async function startRawReceiver(setting: Setting): Promise<Role> {
  let answer = () => {};
  const tally = new Tally(() => answer());
  await acceptRaw(setting, (socket) => {
    answer = () => void socket.write(Buffer.of(1));
    socket.on("data", (chunk: Buffer) => tally.take(chunk.length));
  });
  return { round: (megabytes) => tally.begin(megabytes * megabyte) };
}

async function startRawSender(setting: Setting, size: number): Promise<Role> {
  const socket = await connectRaw(setting);
  const bytes = new Uint8Array(size).fill(7);
  const answered = nextFrom(socket);
  return {
    async round(megabytes: number): Promise<Timing> {
      const started = performance.now();
      const answer = answered();
      for (let i = messagesIn(megabytes, size); i > 0; i--) {
        socket.write(bytes);
        if (socket.writableLength > pendingBytes) await drained(socket);
      }
      await answer;
      return { seconds: secondsSince(started) };
    },
  };
}

function receiveFromNats(connection: NatsConnection, size: number): Role {
  const tally = new Tally(() => connection.publish("received"));
  countOn(connection, "binaries", tally, ({ data }) => {
    expectSize(data, size);
    tally.take();
  });
  return { round: (megabytes) => tally.begin(messagesIn(megabytes, size)) };
}

function sendToNats(connection: NatsConnection, size: number): Role {
  const bytes = new Uint8Array(size).fill(7);
  const received = nextOn(connection, "received");
  return {
    async round(megabytes: number): Promise<Timing> {
      const started = performance.now();
      const answer = received();
      await publishAll(connection, messagesIn(megabytes, size), () => {
        connection.publish("binaries", bytes);
        return size;
      });
      await answer;
      return { seconds: secondsSince(started) };
    },
  };
}
