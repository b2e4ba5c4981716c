/**
 * One way between two processes: as fast as the sender can, and no faster than `send` lets it.
 *
 * The sender's time runs until the receiver has answered that it got everything, in order.
 */
import type { TLSSocket } from "node:tls";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Address, MultipleClaim } from "reign";
import type { Case, Role, Setting, Timing } from "./case.ts";
import { secondsSince } from "./elapsed.ts";
import { erlangBetween } from "./erlang.ts";
import { expectItem, type Item, itemOf, itemRoom, readItem } from "./item.ts";
import { countOn, nats, nextOn, publishAll } from "./nats.ts";
import { startNamedNode, startSeekingNode } from "./pair-of-nodes.ts";
import { acceptRaw, connectRaw, drained, nextFrom, readFrames, writeFrame } from "./raw-tls.ts";
import { Tally } from "./tally.ts";

/** The first message of a round; items follow. */
interface Begin {
  readonly answerTo: Address<Received>;
}

interface Received {
  readonly received: number;
}

export const remoteOneWay: Case = {
  id: "R1",
  title: "one way between two processes over mutual TLS, 100-byte objects",
  unit: "messages",
  size: { full: 500_000, quick: 5_000 },
  measure: "rate",
  remote: true,
  oneProcessor: false,
  contestants: [
    {
      name: "reign",
      roles: [
        { name: "receiver", start: startReignReceiver },
        { name: "sender", start: startReignSender },
      ],
    },
    {
      name: "reign, consume",
      roles: [
        { name: "receiver", start: startReignConsumer },
        { name: "sender", start: startReignSender },
      ],
    },
    {
      name: "raw TLS, a write per message",
      roles: [
        { name: "receiver", start: startRawReceiver },
        { name: "sender", start: (setting) => startRawSender(setting, sendOneByOne) },
      ],
    },
    {
      name: "raw TLS, a write per turn",
      roles: [
        { name: "receiver", start: startRawReceiver },
        { name: "sender", start: (setting) => startRawSender(setting, sendInBatches) },
      ],
    },
    erlangBetween("TLS", "one_way", { share: 0.2 }),
    erlangBetween("TCP", "one_way", { share: 0.2 }),
    nats(receiveFromNats, sendToNats, { share: 0.2 }),
  ],
  goals: [
    { contestant: "reign", beside: "Erlang TLS", atLeast: 5 },
    // The raw receiver is called for each message, as a handler is.
    { contestant: "reign, consume", beside: "raw TLS, a write per turn", atLeast: 0.8 },
    { contestant: "reign", of: "CPU s/million", atMost: 1 },
    { contestant: "reign, consume", of: "CPU s/million", atMost: 1 },
  ],
};

async function startReignReceiver(setting: Setting): Promise<Role> {
  const { mailbox } = await startNamedNode<Begin | Item>(setting);
  return {
    async round(count: number): Promise<undefined> {
      const { answerTo } = (await mailbox.receive()) as Begin;
      for (let i = 0; i < count; i++) expectItem((await mailbox.receive()) as Item, i);
      answerTo.send({ received: count });
    },
  };
}

async function startReignConsumer(setting: Setting): Promise<Role> {
  const { mailbox } = await startNamedNode<Begin | Item>(setting);
  let answer = () => {};
  const tally = new Tally(() => answer());
  const consumed = mailbox.consume((message) => {
    if ("answerTo" in message) {
      answer = () => void message.answerTo.send({ received: tally.taken });
    } else if ("id" in message) {
      expectItem(message, tally.taken);
      tally.take();
    }
  });
  consumed.catch((error: unknown) => tally.fail(error));
  return { round: (count) => tally.begin(count) };
}

async function startReignSender(setting: Setting): Promise<Role> {
  const ends = await startSeekingNode<Begin | Item | MultipleClaim, Received>(setting);
  const { target, address, mailbox } = ends;
  return {
    async round(count: number): Promise<Timing> {
      const started = performance.now();
      target.send({ answerTo: address });
      for (let i = 0; i < count; i++) {
        while (!target.send(itemOf(i))) await target.ready();
      }
      await mailbox.receive();
      return { seconds: secondsSince(started) };
    },
  };
}

/** Counts items and answers the last one of a round with one byte. */
async function startRawReceiver(setting: Setting): Promise<Role> {
  let answer = () => {};
  const tally = new Tally(() => answer());
  const onFrame = (bytes: Buffer, start: number) => {
    try {
      expectItem(readItem(bytes, start), tally.taken);
      tally.take();
    } catch (error) {
      tally.fail(error);
    }
  };
  await acceptRaw(setting, (socket) => {
    answer = () => void socket.write(Buffer.of(1));
    readFrames(socket, onFrame);
  });
  return { round: (count) => tally.begin(count) };
}

type SendAll = (socket: TLSSocket, count: number) => Promise<void>;

async function startRawSender(setting: Setting, sendAll: SendAll): Promise<Role> {
  const socket = await connectRaw(setting);
  const answered = nextFrom(socket);
  return {
    async round(count: number): Promise<Timing> {
      const started = performance.now();
      const answer = answered();
      await sendAll(socket, count);
      await answer;
      return { seconds: secondsSince(started) };
    },
  };
}

/** As one would write it without a thought: a buffer and a write for each message. */
async function sendOneByOne(socket: TLSSocket, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const bytes = Buffer.allocUnsafe(itemRoom);
    const end = writeFrame(itemOf(i), bytes, 0);
    if (!socket.write(bytes.subarray(0, end))) await drained(socket);
  }
}

const batchBytes = 64 * 1024;
const pendingBytes = 1024 * 1024;

/** Everything of a turn in one buffer. */
async function sendInBatches(socket: TLSSocket, count: number): Promise<void> {
  for (let i = 0; i < count; ) {
    const bytes = Buffer.allocUnsafeSlow(batchBytes);
    let end = 0;
    for (; i < count && end + itemRoom <= batchBytes; i++) end = writeFrame(itemOf(i), bytes, end);
    socket.write(bytes.subarray(0, end));
    if (socket.writableLength > pendingBytes) await drained(socket);
  }
}

function receiveFromNats(connection: NatsConnection): Role {
  const tally = new Tally(() => connection.publish("received"));
  countOn(connection, "items", tally, (message) => {
    expectItem(message.json<Item>(), tally.taken);
    tally.take();
  });
  return { round: (count) => tally.begin(count) };
}

function sendToNats(connection: NatsConnection): Role {
  const received = nextOn(connection, "received");
  return {
    async round(count: number): Promise<Timing> {
      const started = performance.now();
      const answer = received();
      await publishAll(connection, count, (i) => {
        const text = JSON.stringify(itemOf(i));
        connection.publish("items", text);
        return text.length;
      });
      await answer;
      return { seconds: secondsSince(started) };
    },
  };
}
