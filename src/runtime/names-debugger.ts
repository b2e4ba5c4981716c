/**
 * The names of a node at one moment, for whoever looks into it.
 *
 * Made by copying one reference for each name: the lists of claimants are never changed, only
 * replaced (`core/name-table.ts`). What costs more is made of the copy when it is asked for.
 */
import { formatMailboxId, type MailboxId, type MailboxRef } from "../core/mailbox-id.ts";

/**
 * The names as they were when `names.debugger()` was called, on this node: a copy, which does not
 * change. Safe in production; time and memory are linear in the number of claims, beyond sorting.
 *
 * Go: `NamesDebugger`, which looks at the table itself and is not to be used in production.
 */
export interface NamesDebugger {
  /** How many different mailboxes held a name. */
  readonly addressCount: number;
  /** Changes of names that were not handed to every connected peer yet. */
  readonly messageCount: number;
  /** Names with two or more claimants. */
  readonly multipleClaimCount: number;
  /** Every name that anybody claimed, sorted by code units. */
  allNames(): string[];
  /** For each name, in the same order, the mailboxes that claim it, oldest claim first. */
  dumpClaims(): Map<string, MailboxId[]>;
  /** That as the text of a JSON object. */
  dumpJSON(): string;
  /** For each name whether anybody claimed it. */
  seenNames(...names: readonly string[]): boolean[];
}

export class NamesCopy implements NamesDebugger {
  readonly messageCount: number;
  readonly multipleClaimCount: number;
  readonly #claims: ReadonlyMap<string, readonly MailboxRef[]>;

  constructor(
    claims: ReadonlyMap<string, readonly MailboxRef[]>,
    counts: Pick<NamesDebugger, "messageCount" | "multipleClaimCount">,
  ) {
    this.#claims = claims;
    this.messageCount = counts.messageCount;
    this.multipleClaimCount = counts.multipleClaimCount;
    Object.freeze(this);
  }

  get addressCount(): number {
    return new Set([...this.#claims.values()].flat().map(formatMailboxId)).size;
  }

  allNames(): string[] {
    return [...this.#claims.keys()].sort();
  }

  dumpClaims(): Map<string, MailboxId[]> {
    return new Map(this.allNames().map((name) => [name, this.#idsOf(name)]));
  }

  dumpJSON(): string {
    // By hand: the keys of an object that look like numbers would come first.
    const entries = this.allNames().map(
      (name) => `${JSON.stringify(name)}:${JSON.stringify(this.#idsOf(name))}`,
    );
    return `{${entries.join(",")}}`;
  }

  seenNames(...names: readonly string[]): boolean[] {
    return names.map((name) => this.#claims.has(name));
  }

  #idsOf(name: string): MailboxId[] {
    return (this.#claims.get(name) ?? []).map(formatMailboxId);
  }
}
