/**
 * A node of the cluster as its service keeps it: its peer, and the route to it. One that was taken
 * out is kept until its link is down.
 */
import type { Clock } from "../ports/clock.ts";
import type { Peer } from "./peer.ts";
import type { Route } from "./route.ts";

/** How long a peer has to take the goodbye, well within the five seconds of `stop`. */
const goodbyeMs = 3_000;
/** How long its link has to go down then. One that does not is taken for down. */
const giveUpMs = 4_500;

interface Ending {
  readonly settled: Promise<void>;
  onDown(): void;
}

export class Member {
  readonly peer: Peer;
  readonly route: Route;
  #ending: Ending | undefined;

  constructor(peer: Peer, route: Route) {
    this.peer = peer;
    this.route = route;
  }

  /** Ends its link with a goodbye, and every attempt at one. Settles when the link is down. */
  async end(clock: Clock, reason: string): Promise<void> {
    this.peer.stop(reason);
    if (this.peer.session !== undefined) this.#ending ??= this.#end(clock);
    await this.#ending?.settled;
  }

  /** Whether its link is up, or is down and somebody still waits to be told. */
  get isLinked(): boolean {
    return this.peer.session !== undefined || this.#ending !== undefined;
  }

  /** Its link is down. */
  onDown(): void {
    this.#ending?.onDown();
    this.#ending = undefined;
  }

  #end(clock: Clock): Ending {
    const { promise: settled, resolve } = withResolvers();
    const timers = [
      clock.after(goodbyeMs, () => this.peer.destroy()),
      clock.after(giveUpMs, () => this.peer.giveUp()),
    ];
    const onDown = (): void => {
      for (const timer of timers) timer[Symbol.dispose]();
      resolve();
    };
    return { settled, onDown };
  }
}

/** `Promise.withResolvers`, which Node.js 20 does not have. */
function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
