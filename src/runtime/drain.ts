/**
 * How a node leaves so that nobody loses work by it: first nobody finds it any more, then what is
 * there already is dealt with, and then its network ends.
 *
 * Whether a mailbox has been emptied is looked at from time to time: a hook in every receive would
 * cost all programs something, all the time, for the sake of their last seconds.
 */
import type { Clock } from "../ports/clock.ts";
import type { AnyLocalMailbox } from "./mailbox.ts";
import type { Mailboxes } from "./mailboxes.ts";
import type { ServiceNames } from "./names.ts";
import type { Peers } from "./peers.ts";
import { type WaitOptions, waitFor } from "./waiting.ts";

export interface DrainPorts {
  readonly clock: Clock;
  readonly names: ServiceNames;
  readonly mailboxes: Mailboxes;
  readonly peers: Peers;
  stop(): Promise<void>;
}

const lookMs = 10;

export async function drain(ports: DrainPorts, options: WaitOptions): Promise<void> {
  const drained = waitFor<void>(ports.clock, options, "the mailboxes to be emptied", (waiter) => {
    const looking = new Looking(ports.clock);
    void leave(ports, looking).then(
      () => waiter.resolve(),
      (error: unknown) => waiter.reject(error),
    );
    return () => looking.end();
  });
  try {
    await drained;
  } finally {
    await ports.stop();
  }
}

async function leave(ports: DrainPorts, looking: Looking): Promise<void> {
  const { names, mailboxes, peers } = ports;
  const emptied = whetherEmptied(mailboxes);
  names.withdraw();
  await names.sync();
  await looking.until(() => emptied() && peers.idle);
  await ports.stop();
  // With the last words of the peers there came what they had sent before they knew.
  await looking.until(emptied);
}

/** Looks first at the mailbox that was not empty the last time: there may be a million others. */
function whetherEmptied(mailboxes: Mailboxes): () => boolean {
  let waitedFor: AnyLocalMailbox | undefined;
  return () => {
    if (waitedFor !== undefined && waitedFor.messageCount > 0) return false;
    waitedFor = mailboxes.notEmpty();
    return waitedFor === undefined;
  };
}

class Looking {
  readonly #clock: Clock;
  #timer: Disposable | undefined;
  #ended = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Settles when `check` says so; never if looking has ended. */
  until(check: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#ended) return;
        if (check()) resolve();
        else this.#timer = this.#clock.after(lookMs, look);
      };
      look();
    });
  }

  end(): void {
    this.#ended = true;
    this.#timer?.[Symbol.dispose]();
  }
}
