/**
 * Decides which connections must go so that strangers stay few and an honest node still gets in.
 *
 * Who knocks is a stranger until TLS has proven which node it is, and counts until the cluster's
 * handshake has admitted it. Of strangers there are at most so many, and at most so many of one
 * address; one more is let in, and another goes in its place: of the address that holds most, and
 * there of the stage at which most stand, the oldest. A flood thus pushes out itself, address by
 * address and stage by stage: those who say nothing do not push out the node behind the same
 * address whose hello was answered, nor can a few who sent a hello and wait keep newcomers out.
 *
 * Nobody is judged before what it may have said already was read: a turn that takes in more
 * connections than there is room for would else close an honest node's with its hello unread. For
 * that time newcomers have a bound of their own, the same number.
 *
 * Who has proven itself no longer competes with strangers, or a flood would push out the node that
 * is half in; it has a bound of its own instead.
 */
import { invariant } from "../../core/invariant.ts";
import type { NodeId } from "../../core/mailbox-id.ts";

export interface PendingLimits {
  readonly maxPending: number;
  readonly maxPendingPerAddress: number;
}

/** How far a stranger has come: it said something, and what it said was worth an answer. */
export type Stage = "silent" | "speaking" | "answered";

/** Two, since a node may come again before it is noticed that its former try is dead. */
const maxProvenPerNode = 2;
/** The turn in which a connection came is not over until the next, in which its bytes are read. */
const roundsUntilHeard = 2;

interface Knock<K> {
  readonly key: K;
  readonly address: string;
  readonly round: number;
  peer?: NodeId;
}

export class PendingHandshakes<K> {
  readonly #limits: PendingLimits;
  readonly #stageOf: (key: K) => Stage;
  /** In order of arrival. */
  readonly #knocks = new Map<K, Knock<K>>();
  #round = 0;

  constructor(limits: PendingLimits, stageOf: (key: K) => Stage) {
    this.#limits = limits;
    this.#stageOf = stageOf;
  }

  /** All that wait, strangers and proven ones, in order of arrival. */
  get waiting(): readonly K[] {
    return [...this.#knocks.keys()];
  }

  /** Whether `nextRound` has somebody left to judge. */
  get hasUnheard(): boolean {
    return this.#strangers().some((knock) => !this.#isHeard(knock));
  }

  /**
   * Takes in a stranger, who is judged by `nextRound`. Returns who goes at once, if more have come
   * than can wait for that.
   */
  knock(key: K, address: string): K | undefined {
    this.#knocks.set(key, { key, address, round: this.#round });
    const unheard = this.#strangers().filter((knock) => !this.#isHeard(knock));
    if (unheard.length <= this.#limits.maxPending) return undefined;
    return this.#remove(oldestOf(largestGroup(unheard, byAddress)));
  }

  /**
   * A round of input was read. Returns those for whom there is no room. To be called in each turn
   * while `hasUnheard`.
   */
  nextRound(): readonly K[] {
    this.#round += 1;
    const victims: K[] = [];
    let left = this.#strangers().filter((knock) => this.#isHeard(knock));
    for (let crowd = this.#crowd(left); crowd !== undefined; crowd = this.#crowd(left)) {
      const victim = this.#oldestOfLargestStage(crowd);
      victims.push(this.#remove(victim));
      left = left.filter((knock) => knock !== victim);
    }
    return victims;
  }

  /** Gives up half of the strangers, those who would be the next to go. The last one stays. */
  shedHalf(): readonly K[] {
    let left = this.#strangers();
    const victims: K[] = [];
    for (const enough = Math.ceil(left.length / 2); left.length > enough; ) {
      const victim = this.#oldestOfLargestStage(largestGroup(left, byAddress));
      victims.push(this.#remove(victim));
      left = left.filter((knock) => knock !== victim);
    }
    return victims;
  }

  /**
   * The stranger is `peer`. Returns an older connection of that peer that goes, if there are too
   * many.
   */
  prove(key: K, peer: NodeId): K | undefined {
    const knock = this.#knocks.get(key);
    if (knock === undefined) return undefined;
    knock.peer = peer;
    const same = [...this.#knocks.values()].filter((other) => other.peer === peer);
    const [oldest] = same;
    if (oldest === undefined || same.length <= maxProvenPerNode) return undefined;
    return this.#remove(oldest);
  }

  /** The connection is admitted, or gone. Whether it was still waiting. */
  leave(key: K): boolean {
    return this.#knocks.delete(key);
  }

  #strangers(): readonly Knock<K>[] {
    return [...this.#knocks.values()].filter(({ peer }) => peer === undefined);
  }

  #isHeard({ round }: Knock<K>): boolean {
    return this.#round - round >= roundsUntilHeard;
  }

  /** Those of whom one must go, if any: all of one address. */
  #crowd(strangers: readonly Knock<K>[]): readonly Knock<K>[] | undefined {
    const { maxPending, maxPendingPerAddress } = this.#limits;
    const mute = largestGroup(
      strangers.filter(({ key }) => this.#stageOf(key) !== "answered"),
      byAddress,
    );
    if (mute.length > maxPendingPerAddress) return mute;
    return strangers.length > maxPending ? largestGroup(strangers, byAddress) : undefined;
  }

  #oldestOfLargestStage(crowd: readonly Knock<K>[]): Knock<K> {
    return oldestOf(largestGroup(crowd, ({ key }) => this.#stageOf(key)));
  }

  #remove(knock: Knock<K>): K {
    this.#knocks.delete(knock.key);
    return knock.key;
  }
}

const byAddress = ({ address }: { readonly address: string }): string => address;

/** The most that are alike; of groups of one size the one that has the oldest. */
function largestGroup<T>(items: readonly T[], likeness: (item: T) => string): readonly T[] {
  let largest: readonly T[] = [];
  // Groups come in the order of their oldest.
  for (const group of groups(items, likeness)) if (group.length > largest.length) largest = group;
  return largest;
}

function groups<T>(items: readonly T[], likeness: (item: T) => string): Iterable<readonly T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const group = found.get(likeness(item));
    if (group === undefined) found.set(likeness(item), [item]);
    else group.push(item);
  }
  return found.values();
}

function oldestOf<T>(group: readonly T[]): T {
  const [oldest] = group;
  invariant(oldest !== undefined, "who must go is one of those that are there");
  return oldest;
}
