/**
 * The account of messages while processes come and go. Pure.
 *
 * When nothing moves, `sent` is `delivered` and all of `lost` together, over all processes. One
 * that leaves says its last figures. If a link was lost before it could say goodbye, what was in
 * doubt of it stays so for ever and is counted as lost, also what had arrived: then that many may
 * be counted twice. One that is killed takes its figures with it; then the account of the others is
 * off by what it had taken from them and given to them since all was last at rest, and by no more.
 * What it is off by is carried over, so that the next account is exact again.
 */
import { type Account, unaccounted } from "../reliability/ledger.ts";

/** What one process says. */
export interface Books {
  readonly node: number;
  readonly process: number;
  readonly account: Account;
  /** How often its program called `send`, by the node that the address was of. */
  readonly sentTo: Readonly<Record<number, number>>;
  /** How many messages its program was given, by the node that sent them. */
  readonly gotFrom: Readonly<Record<number, number>>;
}

export interface Departures {
  /** The last figures of those that have left. */
  readonly left: readonly Books[];
  /** How many messages came to be in doubt with that: between them and those who stayed. */
  readonly doubt: number;
  readonly killed: readonly { readonly node: number; readonly process: number }[];
}

export interface Balance {
  /** Messages that nobody knows the fate of, or that are counted twice when it is below 0. */
  readonly gap: number;
  /** What is allowed: both 0 unless somebody was killed, or left without a goodbye. */
  readonly least: number;
  readonly most: number;
}

export class Accounts {
  /** At the last rest. */
  #books: ReadonlyMap<number, Books> = new Map();
  #carried = 0;

  /** How the books of those who live, and of those who are gone since, add up. */
  balance(living: readonly Books[], { left, doubt, killed }: Departures): Balance {
    const all = [...living, ...left];
    const goneWith = killed.flatMap(({ process }) => this.#books.get(process)?.account ?? []);
    const gap = gapOf(all) - (this.#carried - unaccounted(goneWith));
    if (killed.length === 0) return { gap, least: 0 - doubt, most: 0 };
    const dead = nodesOf(killed);
    const taken = this.#sentSince(all, dead);
    const given = this.#since(all, ({ gotFrom }) => sum(dead.map((node) => gotFrom[node] ?? 0)));
    const refused = this.#since(all, ({ account: { lost } }) => {
      return lost.closed + lost.mailbox_full + lost.unreadable + lost.unknown_type;
    });
    return { gap, least: -(given + refused + doubt), most: taken };
  }

  /**
   * How many more messages are in doubt than before, beyond those with processes that are gone
   * since: that is known of them which were sent to the killed, and what was in doubt with those
   * who left. Between processes that have met again nothing is.
   */
  undueDoubt(living: readonly Books[], { doubt, killed }: Departures): number {
    const more = this.#since(living, ({ account }) => account.lost.in_doubt);
    return Math.max(0, more - doubt - this.#sentSince(living, nodesOf(killed)));
  }

  #sentSince(all: readonly Books[], nodes: readonly number[]): number {
    return this.#since(all, ({ sentTo }) => sum(nodes.map((node) => sentTo[node] ?? 0)));
  }

  #since(all: readonly Books[], of: (books: Books) => number): number {
    return sum(
      all.map((books) => of(books) - of(this.#books.get(books.process) ?? nothing(books))),
    );
  }

  /** All is at rest, and this is where the next account begins. */
  rest(living: readonly Books[]): void {
    this.#books = new Map(living.map((books) => [books.process, books]));
    this.#carried = gapOf(living);
  }
}

function nodesOf(killed: Departures["killed"]): readonly number[] {
  return [...new Set(killed.map(({ node }) => node))];
}

/** How far it is from what is allowed. */
export function outside({ gap, least, most }: Balance): number {
  return gap < least ? gap - least : gap > most ? gap - most : 0;
}

function gapOf(all: readonly Books[]): number {
  return unaccounted(all.map(({ account }) => account));
}

/** The books of a process that has begun since. */
function nothing(books: Books): Books {
  const lost = Object.fromEntries(Object.keys(books.account.lost).map((cause) => [cause, 0]));
  const account = { sent: 0, delivered: 0, lost: lost as Account["lost"] };
  return { ...books, account, sentTo: {}, gotFrom: {} };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
