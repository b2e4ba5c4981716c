/**
 * The names of a service: carries out what the name table decides.
 *
 * A change is applied here before the call returns, is told to the peers in the stream of
 * everything else, and is told to the local claimant when it leaves a name with several of them.
 */
import { type Address, shownAddress } from "../core/address.ts";
import { DecodeError, ReignError } from "../core/errors.ts";
import type { Incarnation, MailboxRef } from "../core/mailbox-id.ts";
import { MultipleClaim } from "../core/multiple-claim.ts";
import { maxNameBytes, NameTable } from "../core/name-table.ts";
import { utf8Length } from "../core/utf8.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { NamesCopy, type NamesDebugger } from "./names-debugger.ts";
import type { PeerChannel } from "./peer-channel.ts";
import { type Waiter, type WaitOptions, waitFor } from "./waiting.ts";

/** Names that the whole cluster knows. Several nodes may claim one name; then all are told. */
export interface Names {
  /**
   * Claims `name` in the cluster for a mailbox of this node, in place of any other of this node.
   *
   * Takes effect on this node before the call returns and travels to the others in the background.
   * The mailbox is to stand ready for `MultipleClaim`: a claimant is told, on its own node,
   * whenever the set of claimants changes and holds two or more. Its names go when the mailbox is
   * closed.
   *
   * Throws `REIGN_CANT_GLOBALLY_REGISTER` unless the address is of a live mailbox of this node, a
   * `TypeError` for a name that is no well-formed text, and a `RangeError` for one beyond 1,024
   * bytes of UTF-8, the 100,001st of this node, or when its names come to more than 8 MiB.
   *
   * Erlang: `global:register_name/2`, without a winner; as a group of one member a node,
   * `pg:join/2`.
   */
  register(name: string, address: Address<MultipleClaim>): void;
  /** Gives the name up. Ignored unless the address is the present claimant of this node. */
  unregister(name: string, address: Address<never>): void;
  /**
   * One of the claimants: that of this node if there is one, else one drawn at random. Whether its
   * mailbox still lives is not looked at, since the answer could be out of date at once: watch it.
   *
   * Erlang: `global:whereis_name/1`.
   */
  lookup<M = unknown>(name: string): Address<M> | undefined;
  /** Everybody known to claim the name. */
  lookupAll<M = unknown>(name: string): Address<M>[];
  /** As `lookup`; throws `REIGN_NO_ADDRESS_REGISTERED` where that finds nobody. */
  require<M = unknown>(name: string): Address<M>;
  /**
   * Sends `message` to everybody known to claim the name, to each at most once, and returns for how
   * many `send` was `true`. Those of other nodes come first: what cannot travel throws, as `send`
   * does, before a mailbox of this node has it, and what that does to it does not travel.
   *
   * Go: the send by name that reaches every claimant, which the comments promise.
   */
  sendAll(name: string, message: unknown): number;
  /**
   * Waits until somebody claims the name; settles at once when somebody does. Rejects with the
   * reason of `signal`, with `REIGN_TIMEOUT`, or with `REIGN_STOPPED` when the service is
   * terminated.
   */
  wait<M = unknown>(name: string, options?: WaitOptions): Promise<Address<M>>;
  /**
   * Settles when everything that was registered and unregistered here before has been applied on
   * every node that is connected now. A node lost meanwhile no longer counts. Rejects with the
   * reason of `signal` or with `REIGN_TIMEOUT`.
   *
   * Erlang: `global:sync/0`.
   */
  sync(options?: WaitOptions): Promise<void>;
  /** For each name whether any claim to it is known here. */
  seenNames(...names: readonly string[]): boolean[];
  /** Changes of names that are not handed to every connected peer yet. */
  readonly messageCount: number;
  /** Names with two or more claimants, as far as this node knows. */
  readonly multipleClaimCount: number;
  /**
   * A copy of all names and claims that this node knows of, to look at: linear in the names.
   *
   * Erlang: `global:registered_names/0`.
   */
  debugger(): NamesDebugger;
}

/** What the names need of their service. */
export interface NamesPorts {
  readonly self: Incarnation;
  readonly clock: Clock;
  readonly random: Random;
  addressOf(ref: MailboxRef): Address;
  /** The number of a live mailbox of this node. */
  liveNumber(address: Address<never>): number | undefined;
  /** Puts a notice into a mailbox of this node. */
  notify(mailbox: number, notice: MultipleClaim): void;
  channels(): Iterable<PeerChannel>;
}

const maxNamesOfNode = 100_000;
const maxBytesOfNode = 8 * 1024 * 1024;

export class ServiceNames implements Names {
  readonly #ports: NamesPorts;
  readonly #table: NameTable;
  readonly #waiters = new Map<string, Set<Waiter<Address>>>();
  /** What the names of this node come to in bytes, since a peer is told all of them at once. */
  #ownBytes = 0;
  /** The other nodes are told of no name of this node any more. */
  #withdrawn = false;
  #ended: ReignError | undefined;

  constructor(ports: NamesPorts) {
    this.#ports = ports;
    this.#table = new NameTable(ports.self.nodeId, ports.self.epoch);
  }

  register(name: string, address: Address<MultipleClaim>): void {
    const bytes = checkName(name);
    const mailbox = this.#ports.liveNumber(address);
    if (mailbox === undefined) throw cannotRegister(name, address);
    const { nodeId } = this.#ports.self;
    if (this.#table.ownClaim(name) === undefined) {
      if (this.#table.countOf(nodeId) >= maxNamesOfNode) {
        throw new RangeError(`Expected at most ${maxNamesOfNode} names of a node, got one more.`);
      }
      if (this.#ownBytes + bytes > maxBytesOfNode) {
        throw new RangeError(
          `Expected at most ${maxBytesOfNode} bytes of names of a node, got more.`,
        );
      }
      this.#ownBytes += bytes;
    }
    if (!this.#table.claim(name, mailbox)) return;
    for (const channel of this.#told()) channel.sendClaim(name, mailbox);
    this.#onClaimed(name);
  }

  unregister(name: string, address: Address<never>): void {
    const mailbox = this.#ports.liveNumber(address);
    if (mailbox === undefined || !this.#table.release(name, mailbox)) return;
    this.#tellRelease(name, mailbox);
  }

  lookup<M = unknown>(name: string): Address<M> | undefined {
    const claimants = this.#table.claimants(name);
    const { self, random } = this.#ports;
    const own = claimants.find((claimant) => claimant.nodeId === self.nodeId);
    const chosen = own ?? claimants[Math.floor(random.fraction() * claimants.length)];
    return chosen === undefined ? undefined : this.#ports.addressOf(chosen);
  }

  lookupAll<M = unknown>(name: string): Address<M>[] {
    return this.#table.claimants(name).map((claimant) => this.#ports.addressOf(claimant));
  }

  require<M = unknown>(name: string): Address<M> {
    const address = this.lookup<M>(name);
    if (address !== undefined) return address;
    const text = `Nobody is registered under the name ${JSON.stringify(name)}.`;
    throw new ReignError("REIGN_NO_ADDRESS_REGISTERED", text, { name });
  }

  sendAll(name: string, message: unknown): number {
    const { nodeId } = this.#ports.self;
    // Made before the first send, which may run code that changes who claims the name.
    const all = this.lookupAll(name);
    const others = all.filter((address) => address.nodeId !== nodeId);
    const own = all.filter((address) => address.nodeId === nodeId);
    return [...others, ...own].filter((address) => address.send(message)).length;
  }

  wait<M = unknown>(name: string, options: WaitOptions = {}): Promise<Address<M>> {
    const what = `the name ${JSON.stringify(name)}`;
    return waitFor<Address<M>>(this.#ports.clock, options, what, (waiter) => {
      const address = this.lookup<M>(name);
      if (address !== undefined) waiter.resolve(address);
      else if (this.#ended !== undefined) waiter.reject(this.#ended);
      const waiters = this.#waiters.get(name) ?? new Set();
      this.#waiters.set(name, waiters.add(waiter));
      return () => {
        waiters.delete(waiter);
        if (waiters.size === 0) this.#waiters.delete(name);
      };
    });
  }

  sync(options: WaitOptions = {}): Promise<void> {
    return waitFor<void>(this.#ports.clock, options, "every node to apply names", (waiter) => {
      const waitedFor = new Set(this.#ports.channels());
      if (waitedFor.size === 0) waiter.resolve();
      const leaves = [...waitedFor].map((channel) =>
        channel.sync(() => {
          waitedFor.delete(channel);
          if (waitedFor.size === 0) waiter.resolve();
        }),
      );
      return () => {
        for (const leave of leaves) leave();
      };
    });
  }

  seenNames(...names: readonly string[]): boolean[] {
    return names.map((name) => this.#table.has(name));
  }

  get messageCount(): number {
    let count = 0;
    for (const channel of this.#ports.channels()) count += channel.pendingNameChanges;
    return count;
  }

  get multipleClaimCount(): number {
    return this.#table.multipleClaimCount;
  }

  get nameCount(): number {
    return this.#table.nameCount;
  }

  debugger(): NamesDebugger {
    return new NamesCopy(this.#table.copy(), this);
  }

  /** A mailbox of this node is closed. */
  onMailboxClosed(mailbox: number): void {
    for (const name of this.#table.releaseMailbox(mailbox)) this.#tellRelease(name, mailbox);
  }

  /** A link is up: the peer is told every claim of this node. */
  onLinkUp(channel: PeerChannel): void {
    if (this.#withdrawn) return;
    for (const [name, mailbox] of this.#table.ownClaims()) channel.sendClaim(name, mailbox);
  }

  /** Gives up every name of this node in the cluster, for good. Here they go on. */
  withdraw(): void {
    for (const channel of this.#told()) {
      for (const [name, mailbox] of this.#table.ownClaims()) channel.sendRelease(name, mailbox);
    }
    this.#withdrawn = true;
  }

  /** A link is down: the claims of its node are unknown from now on. */
  onLinkDown(channel: PeerChannel): void {
    for (const name of this.#table.dropNode(channel.peer)) this.#tellClaimant(name);
  }

  onClaim(claimant: MailboxRef, name: string): void {
    if (!this.#table.claimOfPeer(name, claimant)) return;
    if (this.#table.countOf(claimant.nodeId) > maxNamesOfNode) {
      throw new DecodeError("more names than a node may have");
    }
    this.#onClaimed(name);
  }

  onRelease(claimant: MailboxRef, name: string): void {
    const { nodeId, number } = claimant;
    if (this.#table.releaseOfPeer(name, nodeId, number)) this.#tellClaimant(name);
  }

  /** Ends every wait, and those to come. */
  end(error: ReignError): void {
    this.#ended = error;
    for (const waiters of [...this.#waiters.values()]) {
      for (const waiter of [...waiters]) waiter.reject(error);
    }
  }

  /** The peers that hear of names of this node. */
  #told(): Iterable<PeerChannel> {
    return this.#withdrawn ? [] : this.#ports.channels();
  }

  #onClaimed(name: string): void {
    this.#tellClaimant(name);
    const waiters = this.#waiters.get(name);
    // An address is made only for somebody who waits for it.
    const address = waiters === undefined ? undefined : this.lookup(name);
    if (waiters === undefined || address === undefined) return;
    for (const waiter of [...waiters]) waiter.resolve(address);
  }

  #tellRelease(name: string, mailbox: number): void {
    this.#ownBytes -= utf8Length(name) ?? 0;
    for (const channel of this.#told()) channel.sendRelease(name, mailbox);
    this.#tellClaimant(name);
  }

  /** The claimants of a name have changed: the one of this node is to know, if there are others. */
  #tellClaimant(name: string): void {
    const own = this.#table.ownClaim(name);
    const claimants = this.#table.claimants(name);
    if (own === undefined || claimants.length < 2) return;
    this.#ports.notify(own, new MultipleClaim(name, this.lookupAll(name)));
  }
}

/** How many bytes the name comes to. */
function checkName(name: string): number {
  if (typeof name !== "string") {
    throw new TypeError(`Expected a name to be a string, got ${typeof name}.`);
  }
  const bytes = utf8Length(name);
  // Half a surrogate pair would become another name on its way.
  if (bytes === undefined) {
    throw new TypeError("Expected a name to be well-formed text, got half a surrogate pair in it.");
  }
  if (bytes > maxNameBytes) {
    throw new RangeError(
      `Expected a name of at most ${maxNameBytes} bytes of UTF-8, got ${bytes}.`,
    );
  }
  return bytes;
}

function cannotRegister(name: string, address: Address<never>): ReignError {
  const id = String(address?.id);
  return new ReignError(
    "REIGN_CANT_GLOBALLY_REGISTER",
    `Expected the address of a live mailbox of this node for the name ${JSON.stringify(name)}, ` +
      `got ${shownAddress(address)}.`,
    { name, id },
  );
}
