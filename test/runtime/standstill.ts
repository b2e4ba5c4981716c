/**
 * A process that can stand still, on the memory carrier and the virtual clock: while it does, its
 * timers come due and its input lies there, as with a computation that takes too long, or SIGSTOP.
 *
 * Where a process stood still decides what it sees first when it goes on. Out of a timer, Node
 * reads input next; out of input or `setImmediate`, it runs the timers that are overdue before it
 * reads anything.
 */
import type { Carrier, Link } from "../../src/ports/carrier.ts";
import type { Clock } from "../../src/ports/clock.ts";

export type First = "input first" | "timers first";

export interface Process {
  readonly clock: Clock;
  /** What a node of this process sees of a carrier. */
  within(carrier: Carrier): Carrier;
  standStill(): void;
  goOn(first: First): void;
}

export function createProcess(world: Clock): Process {
  let still = false;
  let timers: (() => void)[] = [];
  let input: (() => void)[] = [];

  const onTimer = (run: () => void): void => {
    if (still) timers.push(run);
    else run();
  };
  const onInput = (run: () => void): void => {
    if (still) input.push(run);
    else run();
  };

  function linkWithin(link: Link): Link {
    const subscribe = link.subscribe.bind(link);
    link.subscribe = (events) =>
      subscribe({
        onBytes(bytes) {
          const kept = still ? Uint8Array.from(bytes) : bytes;
          onInput(() => events.onBytes(kept));
        },
        onDrain: () => onInput(() => events.onDrain()),
        onDown: (end) => onInput(() => events.onDown(end)),
      });
    return link;
  }

  return {
    clock: {
      now: () => world.now(),
      after(delayMs, run) {
        let disposed = false;
        const timer = world.after(delayMs, () =>
          onTimer(() => {
            if (!disposed) run();
          }),
        );
        return {
          [Symbol.dispose]() {
            disposed = true;
            timer[Symbol.dispose]();
          },
        };
      },
      soon: (run) => world.soon(() => onInput(run)),
    },
    within: (carrier) => ({
      listen: (accept) => carrier.listen((link) => onInput(() => accept(linkWithin(link)))),
      async dial(peer, options) {
        const link = linkWithin(await carrier.dial(peer, options));
        await new Promise<void>((resolve) => onInput(resolve));
        return link;
      },
    }),
    standStill() {
      still = true;
    },
    goOn(first) {
      still = false;
      const [overdue, waiting] = [timers, input];
      timers = [];
      input = [];
      const inOrder = first === "timers first" ? [overdue, waiting] : [waiting, overdue];
      for (const run of inOrder.flat()) run();
    },
  };
}
