/** Two loops that answer each other through two mailboxes, one message in flight. */
import { type Address, noClustering, nullLogger } from "reign";
import type { Case, Role } from "./case.ts";
import { erlangHere } from "./erlang.ts";
import { alone, type Source, type Target, timed } from "./local-role.ts";
import { PromiseRing } from "./raw-ring.ts";

interface Ball<From> {
  readonly id: number;
  readonly from: From;
}

/** An address of reign in a message is to be answered, so here a raw ring is too. */
interface RawBall extends Ball<PromiseRing<RawBall>> {}
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
    alone("reign", startReign),
    alone("raw ring, promise", startRaw),
    erlangHere("ping_pong"),
    erlangHere("ping_pong", { oneScheduler: true }),
    alone("nact", async () => (await import("./peer-nact.ts")).pingPong(), { share: 0.1 }),
    alone("effect", async () => (await import("./peer-effect.ts")).pingPong(), { share: 0.2 }),
    alone("xstate", async () => (await import("./peer-xstate.ts")).pingPong()),
  ],
  goals: [{ contestant: "reign", beside: "Erlang/OTP", atLeast: 1.5 }],
};

function startReign(): Role {
  const service = noClustering({ logger: nullLogger });
  const left = service.newMailbox<ReignBall>();
  const right = service.newMailbox<ReignBall>();
  return timed(async (count) => {
    const echoed = echo(right.mailbox, right.address, count);
    await volley(left.mailbox, left.address, right.address, count);
    await echoed;
  });
}

function startRaw(): Role {
  const left = new PromiseRing<RawBall>();
  const right = new PromiseRing<RawBall>();
  return timed(async (count) => {
    const echoed = echo(right, right, count);
    await volley(left, left, right, count);
    await echoed;
  });
}

async function volley<A extends Target<Ball<A>>>(
  from: Source<Ball<A>>,
  own: A,
  other: A,
  count: number,
): Promise<void> {
  for (let id = 0; id < count; id++) {
    other.send({ id, from: own });
    const ball = await from.receive();
    if (ball.id !== id) throw new Error(`Expected the answer ${id}, got ${ball.id}.`);
  }
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
