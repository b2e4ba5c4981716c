/** nact: actors whose function is called with each message, one after the other. */
import { dispatch, spawnStateless, start, stop } from "nact";
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

type Actor<M> = ReturnType<typeof actor<M>>;

const system = start();

const names = { next: 0 };

/** By a name of our own: those that it makes up are alike now and then. */
function actor<M>(handle: (message: M) => void) {
  return spawnStateless(system, (message: M) => handle(message), `actor-${names.next++}`);
}

export function oneWay(): Role {
  const counter = new TickCounter();
  const target = actor<Tick>(counter.got);
  return timed(async (count) => {
    const received = counter.expect(count);
    await inBursts(count, (id) => dispatch(target, tick(id)));
    await received;
  });
}

export function pingPong(): Role {
  interface Ball {
    readonly id: number;
    readonly from: Actor<Ball>;
  }
  let last = 0;
  let done = () => {};
  const right: Actor<Ball> = actor<Ball>(({ id, from }) => dispatch(from, { id, from: right }));
  const left: Actor<Ball> = actor<Ball>(({ id, from }) => {
    if (id === last) done();
    else dispatch(from, { id: id + 1, from: left });
  });
  return timed((count) => {
    last = count - 1;
    dispatch(right, { id: 0, from: left });
    return new Promise((resolve) => {
      done = resolve;
    });
  });
}

export function ring(): Role {
  let done = () => {};
  const members: Actor<Token>[] = [];
  for (let i = 0; i < ringSize; i++) {
    const member = actor<Token>(({ left }) => {
      if (left === 0) done();
      else dispatch(members[(i + 1) % ringSize] as Actor<Token>, token(left - 1));
    });
    members.push(member);
  }
  return timed((count) => {
    dispatch(members[0] as Actor<Token>, token(count));
    return new Promise((resolve) => {
      done = resolve;
    });
  });
}

export function lifetime(): Role {
  return timed(async (count) => {
    const counter = new TickCounter();
    const received = counter.expect(count);
    await inBursts(count, (id) => {
      const made: Actor<Tick> = actor<Tick>((message) => {
        counter.got(message);
        stop(made);
      });
      dispatch(made, tick(id));
    });
    await received;
  });
}

export function idle(): Role {
  return kept(() => actor<Tick>(() => {}), stop);
}
