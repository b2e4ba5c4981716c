/**
 * Round trips between two processes, one message in flight, each timed.
 *
 * On two processors this would time how long an idle one takes to wake, so both processes share one
 * where the system lets us choose. The raw contestant is an echo: bytes come back as they came.
 */
import type { NatsConnection } from "@nats-io/transport-node";
import type { Address, MultipleClaim } from "reign";
import { percentile } from "../measure/percentiles.ts";
import type { Case, Role, Setting, Timing } from "./case.ts";
import { erlangBetween } from "./erlang.ts";
import { expectItem, type Item, itemOf, itemRoom, readItem } from "./item.ts";
import { nats } from "./nats.ts";
import { startNamedNode, startSeekingNode } from "./pair-of-nodes.ts";
import { acceptRaw, connectRaw, readFrames, writeFrame } from "./raw-tls.ts";

interface Begin {
  readonly answerTo: Address<Item>;
}

export const remotePingPong: Case = {
  id: "R2",
  title: "round trips between two processes over mutual TLS, 100-byte objects",
  unit: "round trips",
  size: { full: 10_000, quick: 500 },
  measure: "p50",
  remote: true,
  oneProcessor: true,
  contestants: [
    {
      name: "reign",
      roles: [
        { name: "echo", start: startReignEcho },
        { name: "caller", start: startReignCaller },
      ],
    },
    {
      name: "raw TLS echo",
      roles: [
        { name: "echo", start: startRawEcho },
        { name: "caller", start: startRawCaller },
      ],
    },
    erlangBetween("TLS", "ping_pong"),
    erlangBetween("TCP", "ping_pong"),
    nats(echoOverNats, callOverNats, { share: 0.25 }),
  ],
  goals: [
    { contestant: "reign", beside: "raw TLS echo", atMost: 1.25 },
    { contestant: "reign", beside: "Erlang TLS", atMost: 1 },
  ],
};

async function startReignEcho(setting: Setting): Promise<Role> {
  const { mailbox } = await startNamedNode<Begin | Item>(setting);
  return {
    async round(count: number): Promise<undefined> {
      const { answerTo } = (await mailbox.receive()) as Begin;
      for (let i = 0; i < count; i++) answerTo.send((await mailbox.receive()) as Item);
    },
  };
}

async function startReignCaller(setting: Setting): Promise<Role> {
  const ends = await startSeekingNode<Begin | Item | MultipleClaim, Item>(setting);
  const { target, address, mailbox } = ends;
  return {
    round(count: number): Promise<Timing> {
      target.send({ answerTo: address });
      return timeEach(count, (item) => {
        target.send(item);
        return mailbox.receive();
      });
    },
  };
}

async function startRawEcho(setting: Setting): Promise<Role> {
  await acceptRaw(setting, (socket) => {
    socket.on("data", (bytes) => socket.write(bytes));
  });
  // It is only bytes to it: nothing tells one round from the next.
  return { round: () => Promise.resolve(undefined) };
}

async function startRawCaller(setting: Setting): Promise<Role> {
  const socket = await connectRaw(setting);
  let answered: (item: Item) => void = () => {};
  readFrames(socket, (bytes, start) => answered(readItem(bytes, start)));
  return {
    round: (count: number) =>
      timeEach(count, (item) => {
        const bytes = Buffer.allocUnsafe(itemRoom);
        socket.write(bytes.subarray(0, writeFrame(item, bytes, 0)));
        return new Promise((resolve) => {
          answered = resolve;
        });
      }),
  };
}

/** Not `request`: it makes a subject and a timer for each, which nobody else here does. */
function echoOverNats(connection: NatsConnection): Role {
  connection.subscribe("there", {
    callback: (_, message) => connection.publish("back", message.data),
  });
  return { round: () => Promise.resolve(undefined) };
}

function callOverNats(connection: NatsConnection): Role {
  let answered: (item: Item) => void = () => {};
  connection.subscribe("back", { callback: (_, message) => answered(message.json<Item>()) });
  return {
    round: (count: number) =>
      timeEach(count, (item) => {
        connection.publish("there", JSON.stringify(item));
        return new Promise((resolve) => {
          answered = resolve;
        });
      }),
  };
}

async function timeEach(count: number, call: (item: Item) => Promise<Item>): Promise<Timing> {
  const took = new Float64Array(count);
  const started = performance.now();
  let before = started;
  for (let i = 0; i < count; i++) {
    expectItem(await call(itemOf(i)), i);
    const now = performance.now();
    took[i] = (now - before) * 1000;
    before = now;
  }
  const seconds = (before - started) / 1000;
  took.sort();
  return { seconds, p50: percentile(took, 0.5), p99: percentile(took, 0.99) };
}
