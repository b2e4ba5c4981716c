/**
 * A lock for a whole cluster: one node keeps it, and the others find that one by name.
 *
 * Whoever wants the lock asks for it with the address of a mailbox, again and again. Each grant is
 * a lease: it is good for 30 s from the moment of asking, by the clock of the one who asked. The
 * keeper counts from the moment at which it heard of that, so its end of the lease is the later
 * one. To give the lock up is to close the mailbox, and the keeper is told.
 *
 * Two never hold it at once, as long as their clocks go at the same pace. What the first has sent
 * may still be under way when the second begins. So each grant has a token, greater than all before
 * it, and what the lock guards takes nothing with a token that is smaller than the last.
 *
 * How it is tested: `lock-service-simulation.ts`.
 */
import {
  type Address,
  type CloseReason,
  type Mailbox,
  MailboxClosed,
  MultipleClaim,
  type NodeService,
  noClustering,
} from "reign";
import { createVirtualClock } from "reign/testing";

const leaseMs = 30_000;
/** Two of three askings may be lost, and the lease goes on. */
const askEveryMs = 10_000;
/** Clocks of two machines differ by some milliseconds after half a minute. This is plenty. */
const graceMs = 1_000;

interface Ask {
  readonly from: Address<Grant>;
  /** By the clock of the one who asks: it comes back with the grant. */
  readonly askedAt: number;
}
interface Grant {
  readonly token: number;
  readonly askedAt: number;
}

export interface KeeperOptions {
  /** Gives a greater number each time, whatever crashes in between: it is kept on a disk. */
  readonly nextToken: () => number;
  /** Whether a holder of whom this is told is at work no longer. `isGone`, unless a test says. */
  readonly gone?: (reason: CloseReason) => boolean;
}

/** `noconnection` is "unknown", not "gone": the holder may well be at work. Its lease runs out. */
export function isGone(reason: CloseReason): boolean {
  return reason !== "noconnection";
}

/**
 * Keeps the lock on this node, until the service is terminated. Rejects when another node keeps it
 * as well: whoever started both has to say which.
 */
export async function keepLock(service: NodeService, options: KeeperOptions): Promise<void> {
  const { address, mailbox } = service.newMailbox<Ask | MailboxClosed | MultipleClaim>();
  const keeper = new Keeper(service, address, options);
  service.names.register("lock", address);
  try {
    for await (const message of mailbox) {
      if (message instanceof MailboxClosed) {
        keeper.onClosed(service.address(message.id), message.reason);
      } else if (message instanceof MultipleClaim) {
        const nodes = message.claimants.map(({ nodeId }) => nodeId).sort();
        throw new Error(`The lock is kept on nodes ${nodes.join(" and ")}: it is no lock then.`);
      } else {
        keeper.onAsk(message);
      }
    }
  } finally {
    keeper.stop();
    mailbox.close();
  }
}

class Keeper {
  readonly #service: NodeService;
  readonly #address: Address<MailboxClosed>;
  readonly #options: KeeperOptions;
  /** When each of them asked, in the order in which they came. */
  readonly #waiting = new Map<Address<Grant>, number>();
  #holder: { readonly address: Address<Grant>; readonly token: number } | undefined;
  /** Undefined while the lock is free. */
  #lease: Disposable | undefined;

  constructor(service: NodeService, address: Address<MailboxClosed>, options: KeeperOptions) {
    this.#service = service;
    this.#address = address;
    this.#options = options;
    // An earlier run of this node may have granted it, just before it crashed.
    this.#startLease();
  }

  onAsk({ from, askedAt }: Ask): void {
    from.onCloseNotify(this.#address);
    if (from === this.#holder?.address) {
      this.#startLease();
      from.send({ token: this.#holder.token, askedAt });
    } else {
      this.#waiting.set(from, askedAt);
      if (this.#lease === undefined) this.#grantNext();
    }
  }

  onClosed(address: Address<Grant>, reason: CloseReason): void {
    const { gone = isGone } = this.#options;
    // Who is only out of reach asks again.
    this.#waiting.delete(address);
    if (address === this.#holder?.address && gone(reason)) this.#free();
  }

  /** Nothing is granted any more. */
  stop(): void {
    this.#lease?.[Symbol.dispose]();
  }

  #startLease(): void {
    this.stop();
    this.#lease = this.#service.clock.after(leaseMs + graceMs, () => this.#free());
  }

  #free(): void {
    this.stop();
    this.#lease = undefined;
    this.#holder = undefined;
    this.#grantNext();
  }

  #grantNext(): void {
    const [next] = this.#waiting;
    if (next === undefined) return;
    const [address, askedAt] = next;
    this.#waiting.delete(address);
    this.#holder = { address, token: this.#options.nextToken() };
    this.#startLease();
    address.send({ token: this.#holder.token, askedAt });
  }
}

/** Waits until this node has the lock. Rejects when the service is terminated meanwhile. */
export async function acquireLock(service: NodeService): Promise<HeldLock> {
  const { mailbox } = service.newMailbox<Grant>();
  for (;;) {
    const keeper = await service.names.wait<Ask>("lock");
    keeper.send({ from: mailbox.address, askedAt: service.clock.now() });
    const grant = await mailbox.receive({ timeout: askEveryMs });
    if (grant !== undefined) return new HeldLock(service, mailbox, grant);
  }
}

export class HeldLock {
  /** Goes along with everything that is done under the lock. */
  readonly token: number;
  readonly #service: NodeService;
  readonly #mailbox: Mailbox<Grant>;
  #until: number;

  constructor(service: NodeService, mailbox: Mailbox<Grant>, { token, askedAt }: Grant) {
    this.token = token;
    this.#service = service;
    this.#mailbox = mailbox;
    this.#until = askedAt + leaseMs;
    // It fails in one way only: the mailbox is closed.
    this.#renew().catch(() => {});
  }

  /** Look at it each time before you do something: a lock can be lost. */
  get held(): boolean {
    return this.#service.clock.now() < this.#until;
  }

  /** Gives the lock up. */
  release(): void {
    this.#until = Number.NEGATIVE_INFINITY;
    this.#mailbox.close();
  }

  async #renew(): Promise<void> {
    const { clock, names } = this.#service;
    const from = this.#mailbox.address;
    while (this.held) {
      const grant = await this.#mailbox.receive({ timeout: askEveryMs });
      if (grant === undefined) names.lookup<Ask>("lock")?.send({ from, askedAt: clock.now() });
      else if (grant.token === this.token) this.#until = grant.askedAt + leaseMs;
    }
    this.release();
  }
}

/** Something that the lock guards. */
export interface Entry {
  readonly token: number;
  readonly text: string;
}

/** Where a ledger is kept: it outlives the process. */
export interface Pages {
  readonly last: () => Entry | undefined;
  readonly write: (entry: Entry) => void;
}

/** Keeps a ledger into which only the last holder of the lock writes. */
export async function keepLedger(service: NodeService, { last, write }: Pages): Promise<void> {
  const { address, mailbox } = service.newMailbox<Entry | MultipleClaim>();
  service.names.register("ledger", address);
  for await (const message of mailbox) {
    if (message instanceof MultipleClaim) throw new Error("There are two ledgers.");
    // Else its sender had the lock when it sent this, and has lost it since.
    if (message.token >= (last()?.token ?? 0)) write(message);
  }
}

export async function main(print: (line: string) => void = console.log): Promise<void> {
  const clock = createVirtualClock();
  const service = noClustering({ clock });
  let tokens = 0;
  const keeping = keepLock(service, { nextToken: () => ++tokens });
  const first = acquireLock(service);
  const second = acquireLock(service);
  // A keeper that comes up waits until no lease of an earlier run can be good any more.
  await clock.advanceBy(leaseMs + graceMs);

  const lock = await first;
  print(`The first has the lock, with token ${lock.token}.`);
  await clock.advanceBy(10 * leaseMs);
  print(`It still has it after five minutes: ${lock.held}.`);
  lock.release();
  await clock.settle();
  const next = await second;
  print(`Now the second has it, with token ${next.token}.`);
  next.release();

  await service.terminate();
  await keeping;
}

// By itself: `node examples/lock-service.ts`, from Node 22.18 on.
if (process.argv[1] === import.meta.filename) await main();
