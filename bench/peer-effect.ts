/**
 * effect: queues, and fibers that take from them.
 *
 * `whileLoop` and `offerUnsafe` are its ways without a generator and without a fiber for whoever
 * sends; both are faster than the usual ones.
 */
import { Effect, Queue } from "effect";
import type { Role } from "./case.ts";
import { kept } from "./kept.ts";
import { inBursts, ringSize, type Tick, type Token, tick, timed, token } from "./local-role.ts";

export function oneWay(): Role {
  const queue = Effect.runSync(Queue.unbounded<Tick>());
  return timed(async (count) => {
    const received = Effect.runPromise(repeat(count, () => Queue.take(queue), expectTick));
    await inBursts(count, (id) => void Queue.offerUnsafe(queue, tick(id)));
    await received;
  });
}

export function oneWayInBatches(): Role {
  const queue = Effect.runSync(Queue.unbounded<Tick>());
  return timed(async (count) => {
    let next = 0;
    const received = Effect.runPromise(
      Effect.whileLoop({
        while: () => next < count,
        body: () => Queue.takeAll(queue),
        step(ticks) {
          for (const each of ticks) expectTick(each, next++);
        },
      }),
    );
    await inBursts(count, (id) => void Queue.offerUnsafe(queue, tick(id)));
    await received;
  });
}

export function pingPong(): Role {
  interface Ball {
    readonly id: number;
    readonly from: Queue.Queue<Ball>;
  }
  const left = Effect.runSync(Queue.unbounded<Ball>());
  const right = Effect.runSync(Queue.unbounded<Ball>());
  return timed((count) => {
    const echo = repeat(
      count,
      () => Queue.take(right),
      ({ id, from }) => void Queue.offerUnsafe(from, { id, from: right }),
    );
    const volley = repeat(
      count,
      (id) => {
        Queue.offerUnsafe(right, { id, from: left });
        return Queue.take(left);
      },
      expectTick,
    );
    const both = Effect.all([echo, volley], { concurrency: 2, discard: true });
    return Effect.runPromise(both);
  });
}

export function ring(): Role {
  let done = () => {};
  const queues = Array.from({ length: ringSize }, () => Effect.runSync(Queue.unbounded<Token>()));
  queues.forEach((queue, i) => {
    const next = queues[(i + 1) % ringSize] as Queue.Queue<Token>;
    Effect.runFork(
      repeat(
        Infinity,
        () => Queue.take(queue),
        ({ left }) => {
          if (left === 0) done();
          else Queue.offerUnsafe(next, token(left - 1));
        },
      ),
    );
  });
  return timed((count) => {
    Queue.offerUnsafe(queues[0] as Queue.Queue<Token>, token(count));
    return new Promise((resolve) => {
      done = resolve;
    });
  });
}

export function lifetime(): Role {
  const once = (id: number) =>
    Effect.flatMap(Queue.unbounded<Tick>(), (queue) => {
      Queue.offerUnsafe(queue, tick(id));
      return Effect.tap(Queue.take(queue), Queue.shutdown(queue));
    });
  return timed((count) => Effect.runPromise(repeat(count, once, expectTick)));
}

export function idle(): Role {
  return kept(() => Effect.runSync(Queue.unbounded<Tick>()));
}

export function waiting(): Role {
  return kept(
    () => {
      const queue = Effect.runSync(Queue.unbounded<Tick>());
      Effect.runFork(
        repeat(
          Infinity,
          () => Queue.take(queue),
          () => {},
        ),
      );
      return queue;
    },
    (queue) => void Queue.shutdownUnsafe(queue),
  );
}

function repeat<A>(
  count: number,
  body: (index: number) => Effect.Effect<A>,
  step: (value: A, index: number) => void,
): Effect.Effect<void> {
  return Effect.suspend(() => {
    let index = 0;
    return Effect.whileLoop({
      while: () => index < count,
      body: () => body(index),
      step: (value) => step(value, index++),
    });
  });
}

function expectTick({ id }: { readonly id: number }, expected: number): void {
  if (id !== expected) throw new Error(`Expected message ${expected}, got ${id}.`);
}
