/**
 * The names that this node knows, and who claims them. Pure: it tells nobody; what is to be told is
 * what its functions return.
 *
 * Each node owns its claims, at most one for a name, and nobody else can touch them: a table is
 * filled for each node by that node's own link alone. Names so need no agreement. When a link comes
 * up each side says all its claims; from then on it says what changes; when the link goes, so do
 * the claims. After that nothing is left that could differ for good. The price, as in the seed: a
 * name may have many claimants, one a node, and they are told so instead of one of them being
 * chosen.
 */
import type { Epoch, MailboxRef, NodeId } from "./mailbox-id.ts";

/** The longest name, in bytes of UTF-8. */
export const maxNameBytes = 1024;

export class NameTable {
  readonly #self: NodeId;
  readonly #epoch: Epoch;
  /** For each name its claimants, at most one a node, in order of arrival. Never an empty list. */
  readonly #claimants = new Map<string, MailboxRef[]>();
  /** The names that each node claims. */
  readonly #namesOf = new Map<NodeId, Set<string>>();
  /** The names that each mailbox of this node claims. */
  readonly #namesOfMailbox = new Map<number, Set<string>>();
  #multiple = 0;

  constructor(self: NodeId, epoch: Epoch) {
    this.#self = self;
    this.#epoch = epoch;
  }

  /** Names with two or more claimants. */
  get multipleClaimCount(): number {
    return this.#multiple;
  }

  /** Names with a claimant at least. */
  get nameCount(): number {
    return this.#claimants.size;
  }

  claimants(name: string): readonly MailboxRef[] {
    return this.#claimants.get(name) ?? [];
  }

  /** Each name with its claimants: a copy, in which no list changes any more. */
  copy(): Map<string, readonly MailboxRef[]> {
    return new Map(this.#claimants);
  }

  has(name: string): boolean {
    return this.#claimants.has(name);
  }

  countOf(nodeId: NodeId): number {
    return this.#namesOf.get(nodeId)?.size ?? 0;
  }

  /** The claims of this node, as pairs of name and mailbox. */
  *ownClaims(): Iterable<[name: string, mailbox: number]> {
    for (const name of this.#namesOf.get(this.#self) ?? []) {
      const own = this.ownClaim(name);
      if (own !== undefined) yield [name, own];
    }
  }

  /** The mailbox of this node that claims the name. */
  ownClaim(name: string): number | undefined {
    return this.#claimOf(name, this.#self)?.number;
  }

  /**
   * A mailbox of this node claims a name, in place of any other of this node. `false`: it did so
   * already.
   */
  claim(name: string, mailbox: number): boolean {
    const previous = this.ownClaim(name);
    if (previous === mailbox) return false;
    if (previous !== undefined) this.#forgetMailboxName(previous, name);
    const names = this.#namesOfMailbox.get(mailbox);
    if (names === undefined) this.#namesOfMailbox.set(mailbox, new Set([name]));
    else names.add(name);
    this.#put(name, { nodeId: this.#self, epoch: this.#epoch, number: mailbox });
    return true;
  }

  /** A mailbox of this node gives a name up. `false`: it was not its claimant. */
  release(name: string, mailbox: number): boolean {
    if (this.ownClaim(name) !== mailbox) return false;
    this.#forgetMailboxName(mailbox, name);
    this.#take(name, this.#self);
    return true;
  }

  /** A mailbox of this node is gone. Returns the names that it had. */
  releaseMailbox(mailbox: number): string[] {
    const found = this.#namesOfMailbox.get(mailbox);
    if (found === undefined) return [];
    const names = [...found];
    for (const name of names) this.release(name, mailbox);
    return names;
  }

  /** Another node says that a mailbox of its own claims a name. `false`: nothing new. */
  claimOfPeer(name: string, claimant: MailboxRef): boolean {
    const previous = this.#claimOf(name, claimant.nodeId);
    if (previous?.number === claimant.number && previous.epoch === claimant.epoch) return false;
    this.#put(name, claimant);
    return true;
  }

  /** Another node takes back such a claim. `false`: it was overtaken by a newer one. */
  releaseOfPeer(name: string, nodeId: NodeId, mailbox: number): boolean {
    if (this.#claimOf(name, nodeId)?.number !== mailbox) return false;
    this.#take(name, nodeId);
    return true;
  }

  /** Another node is out of reach. Returns the names that it had claimed. */
  dropNode(nodeId: NodeId): string[] {
    const names = [...(this.#namesOf.get(nodeId) ?? [])];
    for (const name of names) this.#take(name, nodeId);
    return names;
  }

  #claimOf(name: string, nodeId: NodeId): MailboxRef | undefined {
    return this.#claimants.get(name)?.find((claimant) => claimant.nodeId === nodeId);
  }

  #put(name: string, claimant: MailboxRef): void {
    const others = this.claimants(name).filter((other) => other.nodeId !== claimant.nodeId);
    this.#set(name, [...others, claimant]);
    const names = this.#namesOf.get(claimant.nodeId);
    if (names === undefined) this.#namesOf.set(claimant.nodeId, new Set([name]));
    else names.add(name);
  }

  #take(name: string, nodeId: NodeId): void {
    this.#set(
      name,
      this.claimants(name).filter((claimant) => claimant.nodeId !== nodeId),
    );
    const names = this.#namesOf.get(nodeId);
    names?.delete(name);
    if (names?.size === 0) this.#namesOf.delete(nodeId);
  }

  #set(name: string, claimants: MailboxRef[]): void {
    const before = this.claimants(name).length >= 2 ? 1 : 0;
    const after = claimants.length >= 2 ? 1 : 0;
    this.#multiple += after - before;
    if (claimants.length === 0) this.#claimants.delete(name);
    else this.#claimants.set(name, claimants);
  }

  #forgetMailboxName(mailbox: number, name: string): void {
    const names = this.#namesOfMailbox.get(mailbox);
    names?.delete(name);
    if (names?.size === 0) this.#namesOfMailbox.delete(mailbox);
  }
}
