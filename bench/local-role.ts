/** What contestants in one process have in common. Each is alone in its own, so none spoils it. */
import type { Contestant, Role } from "./case.ts";
import { secondsSince } from "./elapsed.ts";

type Start = () => Role | Promise<Role>;

export function alone(
  name: string,
  start: Start,
  given: Pick<Contestant, "share"> = {},
): Contestant {
  return { name, roles: [{ name: "all", start: async () => await start() }], ...given };
}

/** Where something is sent to: an address, or a raw ring. */
export interface Target<M> {
  send(message: M): unknown;
}

/** Where it comes out: a mailbox, or the same ring. */
export interface Source<M> {
  receive(): Promise<M>;
}

/** A role whose rounds are `work`, from its call until it settles. */
export function timed(work: (count: number) => void | Promise<void>): Role {
  return {
    async round(count) {
      const started = performance.now();
      await work(count);
      return { seconds: secondsSince(started) };
    },
  };
}

/** Most local messages: an object of two fields. xstate asks for one that is called `type`. */
export interface Tick {
  readonly type: "tick";
  readonly id: number;
}

export function tick(id: number): Tick {
  return { type: "tick", id };
}

/** How many members a ring has, and what goes round: how many hops it has before it. */
export const ringSize = 1000;

export interface Token {
  readonly type: "token";
  readonly left: number;
}

export function token(left: number): Token {
  return { type: "token", left };
}

/** One that expects the ticks of a round, in order. */
export class TickCounter {
  #expected = 0;
  #count = 0;
  #done: () => void = () => {};

  /** Settles when so many have come. */
  expect(count: number): Promise<void> {
    this.#expected = 0;
    this.#count = count;
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  readonly got = ({ id }: Tick): void => {
    if (id !== this.#expected) throw new Error(`Expected message ${this.#expected}, got ${id}.`);
    this.#expected += 1;
    if (this.#expected === this.#count) this.#done();
  };
}

/** What is done before the event loop turns. In one turn no weak reference is given up. */
export const burst = 1000;

/**
 * Calls `each` with 0 and so on, in bursts, and lets the event loop turn between them: so the
 * receiver works off a backlog as it would behind a socket or a timer, and no queue grows to a
 * million.
 */
export async function inBursts(count: number, each: (id: number) => void): Promise<void> {
  for (let id = 0; id < count; ) {
    for (const end = Math.min(id + burst, count); id < end; id++) each(id);
    await turnOfTheLoop();
  }
}

export function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
