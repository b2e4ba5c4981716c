/**
 * Lies that one process tells on purpose, each of which breaks a rule: to see that it is found.
 *
 * A check that has never failed is not known to look at anything.
 */
import { openSync } from "node:fs";
import type { Account } from "../reliability/ledger.ts";
import type { Claimants } from "./name-views.ts";

export const plants = ["duplicate", "notice", "loss", "name", "descriptor"] as const;
export type Plant = (typeof plants)[number];

/** One of so many. */
const seldom = { message: 20, notice: 4 } as const;

export class Lies {
  readonly #plants: ReadonlySet<Plant>;
  #messages = 0;
  #notices = 0;

  constructor(chosen: readonly Plant[]) {
    this.#plants = new Set(chosen);
  }

  /** How often a message that came is looked at. */
  timesOfMessage(): number {
    this.#messages += 1;
    return this.#plants.has("duplicate") && this.#messages % seldom.message === 0 ? 2 : 1;
  }

  timesOfNotice(): number {
    this.#notices += 1;
    return this.#plants.has("notice") && this.#notices % seldom.notice === 0 ? 2 : 1;
  }

  /** One message less than there were. */
  account(account: Account): Account {
    if (!this.#plants.has("loss")) return account;
    return { ...account, delivered: account.delivered - 1 };
  }

  /** One name less than there are. */
  claims(claims: Claimants): Claimants {
    if (!this.#plants.has("name")) return claims;
    return Object.fromEntries(Object.entries(claims).slice(1));
  }

  /** One file more that is open. */
  look(): void {
    if (this.#plants.has("descriptor")) openSync(process.execPath, "r");
  }
}
