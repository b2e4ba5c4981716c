/**
 * Decides which connections must go so that strangers stay few and an honest node still gets in.
 *
 * Who knocks is a stranger until TLS has proven which node it is, and counts until the cluster's
 * handshake has admitted it. Of strangers there are at most so many, and at most so many of one
 * address; one more is let in, and the oldest of the address that holds most goes in its place. A
 * flood from one address thus pushes out itself. Who has proven itself no longer competes with
 * strangers, or a flood would push out the node that is half in; it has a bound of its own instead.
 */
import type { NodeId } from "../../core/mailbox-id.ts";

export interface PendingLimits {
  readonly maxPending: number;
  readonly maxPendingPerAddress: number;
}

/** Two, since a node may come again before it is noticed that its former try is dead. */
const maxProvenPerNode = 2;

interface Knock {
  readonly address: string;
  peer?: NodeId;
}

export class PendingHandshakes<K> {
  readonly #limits: PendingLimits;
  /** In order of arrival. */
  readonly #knocks = new Map<K, Knock>();

  constructor(limits: PendingLimits) {
    this.#limits = limits;
  }

  /** All that wait, strangers and proven ones, in order of arrival. */
  get waiting(): readonly K[] {
    return [...this.#knocks.keys()];
  }

  /** Takes in a stranger. Returns who goes in its place, if anybody. */
  knock(key: K, address: string): K | undefined {
    const strangers = [...this.#knocks].filter(([, { peer }]) => peer === undefined);
    const held = new Map<string, number>();
    for (const [, knock] of strangers) held.set(knock.address, (held.get(knock.address) ?? 0) + 1);
    const crowded = this.#crowdedAddress(address, strangers.length, held);
    const [victim] = strangers.find(([, knock]) => knock.address === crowded) ?? [];
    if (victim !== undefined) this.#knocks.delete(victim);
    this.#knocks.set(key, { address });
    return victim;
  }

  /**
   * The stranger is `peer`. Returns an older connection of that peer that goes, if there are too
   * many.
   */
  prove(key: K, peer: NodeId): K | undefined {
    const knock = this.#knocks.get(key);
    if (knock === undefined) return undefined;
    knock.peer = peer;
    const same = [...this.#knocks].filter(([, other]) => other.peer === peer);
    const [oldest] = same.length > maxProvenPerNode ? (same[0] ?? []) : [];
    if (oldest !== undefined) this.#knocks.delete(oldest);
    return oldest;
  }

  /** The connection is admitted, or gone. Whether it was still waiting. */
  leave(key: K): boolean {
    return this.#knocks.delete(key);
  }

  #crowdedAddress(
    newcomer: string,
    strangers: number,
    held: ReadonlyMap<string, number>,
  ): string | undefined {
    if ((held.get(newcomer) ?? 0) >= this.#limits.maxPendingPerAddress) return newcomer;
    if (strangers < this.#limits.maxPending) return undefined;
    let [crowded, most] = ["", 0];
    for (const [address, count] of held) if (count > most) [crowded, most] = [address, count];
    return crowded;
  }
}
