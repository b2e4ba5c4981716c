/**
 * One sender, one mailbox, small objects, each received with `await`.
 *
 * The sender sends in bursts and lets the event loop turn between them, so that the receiver works
 * off a backlog as it would behind a socket or a timer, and the queue neither stays empty nor grows
 * to a million.
 */
import { type Address, type Mailbox, noClustering, nullLogger } from "reign";
import type { Case, Timing } from "./case.ts";
import { RawQueue } from "./raw-queue.ts";

interface Tick {
  readonly kind: "tick";
  readonly id: number;
}

const burst = 1000;

export const localOneWay: Case = {
  id: "L1",
  title: "one sender, one mailbox, small objects, in one process",
  unit: "messages",
  size: { full: 1_000_000, quick: 20_000 },
  measure: "rate",
  remote: false,
  oneProcessor: false,
  contestants: [
    { name: "reign", roles: [{ name: "both", start: startReign }] },
    { name: "raw ring, promise", roles: [{ name: "both", start: startRaw }] },
  ],
  goals: [
    { contestant: "reign", beside: "Erlang/OTP", atLeast: 1.2 },
    { contestant: "reign, consume", beside: "Erlang/OTP", atLeast: 4 },
    { contestant: "reign", beside: "raw ring, promise", atLeast: 0.8 },
    { contestant: "reign, consume", beside: "raw ring, handler", atLeast: 0.8 },
  ],
};

async function startReign() {
  const { address, mailbox } = noClustering({ logger: nullLogger }).newMailbox<Tick>();
  return { round: (count: number) => reignRound(address, mailbox, count) };
}

async function reignRound(
  address: Address<Tick>,
  mailbox: Mailbox<Tick>,
  count: number,
): Promise<Timing> {
  const receive = async () => {
    for (let id = 0; id < count; id++) expectId(await mailbox.receive(), id);
  };
  const started = performance.now();
  const received = receive();
  for (let id = 0; id < count; ) {
    for (const end = Math.min(id + burst, count); id < end; id++) {
      address.send({ kind: "tick", id });
    }
    await turnOfTheLoop();
  }
  await received;
  return { seconds: (performance.now() - started) / 1000 };
}

async function startRaw() {
  const queue = new RawQueue<Tick>();
  return { round: (count: number) => rawRound(queue, count) };
}

/** The same once more, so that each contestant's calls are its own. */
async function rawRound(queue: RawQueue<Tick>, count: number): Promise<Timing> {
  const receive = async () => {
    for (let id = 0; id < count; id++) expectId(await queue.receive(), id);
  };
  const started = performance.now();
  const received = receive();
  for (let id = 0; id < count; ) {
    for (const end = Math.min(id + burst, count); id < end; id++) {
      queue.send({ kind: "tick", id });
    }
    await turnOfTheLoop();
  }
  await received;
  return { seconds: (performance.now() - started) / 1000 };
}

function expectId(tick: Tick, id: number): void {
  if (tick.id !== id) throw new Error(`Expected message ${id}, got ${tick.id}.`);
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
