/**
 * xstate: actors that handle a message within `send`, unless they are at work already.
 *
 * Actors of a callback are its lightest; those of a transition keep a state and tell whoever has
 * subscribed.
 */
import { type CallbackActorRef, createActor, fromCallback, fromTransition } from "xstate";
import type { Role } from "./case.ts";
import { kept } from "./kept.ts";
import {
  inBursts,
  ringSize,
  type Tick,
  TickCounter,
  type Token,
  tick,
  timed,
  token,
} from "./local-role.ts";

function actor<M extends { readonly type: string }>(handle: (message: M) => void) {
  return createActor(fromCallback<M>(({ receive }) => receive(handle))).start();
}

export function oneWay(): Role {
  const counter = new TickCounter();
  const target = actor<Tick>(counter.got);
  return timed(async (count) => {
    const received = counter.expect(count);
    await inBursts(count, (id) => target.send(tick(id)));
    await received;
  });
}

export function oneWayByState(): Role {
  const counter = new TickCounter();
  const logic = fromTransition((count: number, message: Tick) => {
    counter.got(message);
    return count + 1;
  }, 0);
  const target = createActor(logic).start();
  return timed(async (count) => {
    const received = counter.expect(count);
    await inBursts(count, (id) => target.send(tick(id)));
    await received;
  });
}

export function pingPong(): Role {
  interface Ball {
    readonly type: "ball";
    readonly id: number;
    readonly from: CallbackActorRef<Ball>;
  }
  let last = 0;
  let done = () => {};
  const right: CallbackActorRef<Ball> = actor<Ball>(({ id, from }) => {
    from.send({ type: "ball", id, from: right });
  });
  const left: CallbackActorRef<Ball> = actor<Ball>(({ id, from }) => {
    if (id === last) done();
    else from.send({ type: "ball", id: id + 1, from: left });
  });
  return timed((count) => {
    last = count - 1;
    const ended = new Promise<void>((resolve) => {
      done = resolve;
    });
    right.send({ type: "ball", id: 0, from: left });
    return ended;
  });
}

/** A thousand sends, each within the one before, are more than the stack holds. */
const mostNested = 100;

export function ring(): Role {
  let done = () => {};
  const members: CallbackActorRef<Token>[] = [];
  for (let i = 0; i < ringSize; i++) {
    const member = actor<Token>(({ left }) => {
      const next = members[(i + 1) % ringSize];
      if (left === 0) done();
      else if (i % mostNested === 0) queueMicrotask(() => next?.send(token(left - 1)));
      else next?.send(token(left - 1));
    });
    members.push(member);
  }
  return timed((count) => {
    const ended = new Promise<void>((resolve) => {
      done = resolve;
    });
    members[0]?.send(token(count));
    return ended;
  });
}

export function lifetime(): Role {
  return timed(async (count) => {
    const counter = new TickCounter();
    const received = counter.expect(count);
    await inBursts(count, (id) => {
      const made = actor<Tick>(counter.got);
      made.send(tick(id));
      made.stop();
    });
    await received;
  });
}

export function idle(): Role {
  return kept(
    () => actor<Tick>(() => {}),
    (made) => made.stop(),
  );
}
