/** One sender, one mailbox, small objects, received one by one, or by a handler. */
import { noClustering, nullLogger } from "reign";
import type { Case, Role } from "./case.ts";
import { erlangHere } from "./erlang.ts";
import { alone, inBursts, type Source, type Tick, TickCounter, tick, timed } from "./local-role.ts";
import { HandlerRing, PromiseRing } from "./raw-ring.ts";

export const localOneWay: Case = {
  id: "L1",
  title: "one sender, one mailbox, small objects, in one process",
  unit: "messages",
  size: { full: 1_000_000, quick: 20_000 },
  measure: "rate",
  remote: false,
  oneProcessor: false,
  contestants: [
    alone("reign", startReign),
    alone("reign, consume", startConsume),
    alone("raw ring, promise", startPromiseRing),
    alone("raw ring, handler", startHandlerRing),
    erlangHere("one_way"),
    erlangHere("one_way", { oneScheduler: true }),
    alone("nact", async () => (await import("./peer-nact.ts")).oneWay(), { share: 0.1 }),
    alone("effect, take", async () => (await import("./peer-effect.ts")).oneWay()),
    alone("effect, takeAll", async () => (await import("./peer-effect.ts")).oneWayInBatches()),
    alone("xstate, transition", async () => (await import("./peer-xstate.ts")).oneWayByState()),
    alone("xstate, callback", async () => (await import("./peer-xstate.ts")).oneWay()),
  ],
  goals: [
    { contestant: "reign", beside: "Erlang/OTP", atLeast: 1.2 },
    { contestant: "reign, consume", beside: "Erlang/OTP", atLeast: 4 },
    { contestant: "reign", beside: "raw ring, promise", atLeast: 0.8 },
    { contestant: "reign, consume", beside: "raw ring, handler", atLeast: 0.8 },
  ],
};

async function receiveAll(source: Source<Tick>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const { id } = await source.receive();
    if (id !== i) throw new Error(`Expected message ${i}, got ${id}.`);
  }
}

function startReign(): Role {
  const { address, mailbox } = noClustering({ logger: nullLogger }).newMailbox<Tick>();
  return timed(async (count) => {
    const received = receiveAll(mailbox, count);
    await inBursts(count, (id) => void address.send(tick(id)));
    await received;
  });
}

function startConsume(): Role {
  const { address, mailbox } = noClustering({ logger: nullLogger }).newMailbox<Tick>();
  const counter = new TickCounter();
  const failed = mailbox.consume(counter.got);
  return timed(async (count) => {
    const received = counter.expect(count);
    await inBursts(count, (id) => void address.send(tick(id)));
    await Promise.race([received, failed]);
  });
}

function startPromiseRing(): Role {
  const ring = new PromiseRing<Tick>();
  return timed(async (count) => {
    const received = receiveAll(ring, count);
    await inBursts(count, (id) => ring.send(tick(id)));
    await received;
  });
}

function startHandlerRing(): Role {
  const counter = new TickCounter();
  const ring = new HandlerRing<Tick>(counter.got);
  return timed(async (count) => {
    const received = counter.expect(count);
    await inBursts(count, (id) => ring.send(tick(id)));
    await received;
  });
}
