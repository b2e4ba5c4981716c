/**
 * Receives from whichever of several mailboxes has a message first.
 *
 * One receiver stands in the line of each mailbox; the first that gets a message takes the others
 * out of their lines, in the same step. `Promise.race` over several receives cannot do that: each
 * of them takes a message, and all but one are lost.
 */
import { Receiver } from "../core/message-queue.ts";
import type { AnyMailbox, Mailbox } from "./mailbox.ts";
import { LocalMailbox } from "./mailbox.ts";
import { mailboxClosedError } from "./pending-receive.ts";
import type { LimitedWait, ReceiveOptions, ReceiveWithoutTimeout } from "./receive-options.ts";
import { checkReceiveOptions, WaitLimits } from "./receive-options.ts";

/** A message, and the one of the mailboxes `B` that it was taken from. */
export type ReceivedFrom<B extends AnyMailbox> =
  B extends Mailbox<infer M> ? { readonly mailbox: B; readonly message: M } : never;

/**
 * Waits for a message in any of the mailboxes, and takes exactly one from exactly one of them.
 *
 * If several have a message, the first of them in the array is served: put first what is urgent.
 *
 * Rejects with `REIGN_MAILBOX_CLOSED` when one of the mailboxes is closed, before or while waiting;
 * `details.id` says which. Messages go first: as long as one of the others has a message, that is
 * taken, closed mailbox or not. `timeout` and `signal` are as for `receive`: whenever this does not
 * resolve to a message, none has been taken.
 *
 * The mailboxes are those of a service in this process; anything else is a `TypeError`, as is an
 * empty array.
 *
 * Go: `select`.
 */
export function receiveAny<const B extends AnyMailbox>(
  mailboxes: readonly B[],
  options?: ReceiveWithoutTimeout,
): Promise<ReceivedFrom<B>>;
export function receiveAny<const B extends AnyMailbox>(
  mailboxes: readonly B[],
  options: ReceiveOptions,
): Promise<ReceivedFrom<B> | undefined>;
export function receiveAny(
  mailboxes: readonly AnyMailbox[],
  options: ReceiveOptions = {},
): Promise<Received | undefined> {
  const locals = toLocalMailboxes(mailboxes);
  checkReceiveOptions(options);
  if (options.signal?.aborted === true) return Promise.reject(options.signal.reason);
  for (const mailbox of locals) {
    const message = mailbox.take();
    if (message !== undefined) return Promise.resolve({ mailbox, message });
  }
  const closed = locals.find((mailbox) => mailbox.closed);
  if (closed !== undefined) return Promise.reject(mailboxClosedError(closed));
  if (options.timeout === 0) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    new WaitAtAll(resolve, reject).begin(locals, options);
  });
}

interface Received {
  readonly mailbox: AnyMailbox;
  readonly message: unknown;
}

function toLocalMailboxes(mailboxes: readonly AnyMailbox[]): readonly LocalMailbox<unknown>[] {
  if (!Array.isArray(mailboxes) || mailboxes.length === 0) {
    throw new TypeError("Expected an array of at least one mailbox.");
  }
  return mailboxes.map((mailbox: AnyMailbox, index) => {
    if (isLocalMailbox(mailbox)) return mailbox;
    throw new TypeError(`Expected a mailbox of this process at index ${index} of the array.`);
  });
}

function isLocalMailbox(mailbox: AnyMailbox): mailbox is LocalMailbox<unknown> {
  return mailbox instanceof LocalMailbox;
}

/** The wait as a whole: whatever comes first ends it, and empties its places in all lines. */
class WaitAtAll implements LimitedWait {
  readonly #places: Place[] = [];
  readonly #resolve: (received: Received | undefined) => void;
  readonly #reject: (reason: unknown) => void;
  #limits: WaitLimits | undefined = undefined;

  constructor(
    resolve: (received: Received | undefined) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(mailboxes: readonly LocalMailbox<unknown>[], options: ReceiveOptions): void {
    for (const mailbox of mailboxes) {
      // The mailboxes of one wait share the clock of the first.
      this.#limits ??= new WaitLimits(mailbox.clock, options, this);
      const place = new Place(mailbox, this);
      this.#places.push(place);
      mailbox.wait(place);
    }
  }

  end(received: Received | undefined): void {
    this.#leave();
    const resolve = this.#resolve;
    resolve(received);
  }

  timedOut(): void {
    this.end(undefined);
  }

  aborted(reason: unknown): void {
    this.#leave();
    const reject = this.#reject;
    reject(reason);
  }

  #leave(): void {
    this.#limits?.release();
    for (const place of this.#places) place.leave();
  }
}

/** A place in the line of one of the mailboxes. */
class Place extends Receiver<unknown> {
  readonly #mailbox: LocalMailbox<unknown>;
  readonly #wait: WaitAtAll;

  constructor(mailbox: LocalMailbox<unknown>, wait: WaitAtAll) {
    super(undefined);
    this.#mailbox = mailbox;
    this.#wait = wait;
  }

  leave(): void {
    this.#mailbox.cancel(this);
  }

  override accept(message: unknown): void {
    this.#wait.end({ mailbox: this.#mailbox, message });
  }

  override fail(error: unknown): void {
    this.#wait.aborted(error);
  }

  override closed(): void {
    this.#wait.aborted(mailboxClosedError(this.#mailbox));
  }
}
