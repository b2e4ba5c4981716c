/** The message that tells a claimant of a name that it is not the only one. */
import type { Address } from "./address.ts";

/**
 * Sent to each claimant of a name, on its own node, whenever the set of claimants changes and holds
 * two or more. Nobody is unregistered: what to do is the claimants' business.
 *
 * Erlang: what `global` calls a name conflict, without the killing.
 */
export class MultipleClaim {
  readonly name: string;
  /** Everybody known to claim the name when this was sent; frozen. */
  readonly claimants: readonly Address[];

  constructor(name: string, claimants: readonly Address[]) {
    this.name = name;
    this.claimants = Object.freeze([...claimants]);
  }
}
