/** Two loops that answer each other through two mailboxes, one message in flight. */
import { type Address, noClustering, nullLogger } from "reign";
import type { Case, Timing } from "./case.ts";
import { RawQueue } from "./raw-queue.ts";

/** Where something is sent to: an address, or a raw queue. */
interface Target<M> {
  send(message: M): unknown;
}

interface Source<M> {
  receive(): Promise<M>;
}

interface Ball<From> {
  readonly id: number;
  readonly from: From;
}

/** An address of reign in a message is to be answered, so here a raw queue is too. */
interface RawBall extends Ball<RawQueue<RawBall>> {}
interface ReignBall extends Ball<Address<ReignBall>> {}

export const localPingPong: Case = {
  id: "L2",
  title: "two mailboxes answer each other, in one process",
  unit: "round trips",
  size: { full: 500_000, quick: 10_000 },
  measure: "rate",
  remote: false,
  oneProcessor: false,
  contestants: [
    { name: "reign", roles: [{ name: "both", start: startReign }] },
    { name: "raw ring, promise", roles: [{ name: "both", start: startRaw }] },
  ],
  goals: [{ contestant: "reign", beside: "Erlang/OTP", atLeast: 1.5 }],
};

async function startReign() {
  const service = noClustering({ logger: nullLogger });
  const left = service.newMailbox<ReignBall>();
  const right = service.newMailbox<ReignBall>();
  return {
    round(count: number): Promise<Timing> {
      const echoed = echo(right.mailbox, right.address, count);
      return volley(left.mailbox, left.address, right.address, count, echoed);
    },
  };
}

async function startRaw() {
  const left = new RawQueue<RawBall>();
  const right = new RawQueue<RawBall>();
  return {
    round(count: number): Promise<Timing> {
      return volley(left, left, right, count, echo(right, right, count));
    },
  };
}

async function volley<A extends Target<Ball<A>>>(
  from: Source<Ball<A>>,
  own: A,
  other: A,
  count: number,
  echoed: Promise<void>,
): Promise<Timing> {
  const started = performance.now();
  for (let id = 0; id < count; id++) {
    other.send({ id, from: own });
    const ball = await from.receive();
    if (ball.id !== id) throw new Error(`Expected the answer ${id}, got ${ball.id}.`);
  }
  const seconds = (performance.now() - started) / 1000;
  await echoed;
  return { seconds };
}

async function echo<A extends Target<Ball<A>>>(
  source: Source<Ball<A>>,
  own: A,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const { id, from } = await source.receive();
    from.send({ id, from: own });
  }
}
