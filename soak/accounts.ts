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
  /** How many messages were in doubt when they had: between them and those who stayed. */
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
    const since = (of: (books: Books) => number): number =>
      sum(all.map((books) => of(books) - of(this.#books.get(books.process) ?? nothing(books))));
    const dead = [...new Set(killed.map(({ node }) => node))];
    const taken = since(({ sentTo }) => sum(dead.map((node) => sentTo[node] ?? 0)));
    const given = since(({ gotFrom }) => sum(dead.map((node) => gotFrom[node] ?? 0)));
    const refused = since(({ account: { lost } }) => {
      return lost.closed + lost.mailbox_full + lost.unreadable;
    });
    return { gap, least: -(given + refused + doubt), most: taken };
  }

  /** All is at rest, and this is where the next account begins. */
  rest(living: readonly Books[]): void {
    this.#books = new Map(living.map((books) => [books.process, books]));
    this.#carried = gapOf(living);
  }
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
