/**
 * Gives each mailbox one address object within a service, so that addresses compare with `===`.
 *
 * The address of a live mailbox is held by the mailbox. All others are held weakly: as long as
 * somebody has the object, everybody gets that one; when nobody has it, nobody can tell that the
 * next one is another. That of a closed mailbox is left out if nobody was told its text or bytes
 * (`local-address.ts`): who guesses them gets a dead address. An address made for a mailbox of this
 * node that does not exist is dead, and stays so when the number comes up later: the number is then
 * passed over.
 */
import type { Address } from "../core/address.ts";
import {
  formatMailboxId,
  type MailboxId,
  type MailboxRef,
  mailboxRefFromBytes,
  type NodeId,
  parseMailboxId,
} from "../core/mailbox-id.ts";
import type { AddressHost } from "./address-host.ts";
import type { AnyAddress } from "./any-address.ts";
import { LocalAddress } from "./local-address.ts";
import { RemoteAddress } from "./remote-address.ts";
import type { Route } from "./route.ts";

export interface AddressSources {
  /** The address of a live mailbox of this node. */
  liveAddress(number: number): AnyAddress<never> | undefined;
  routeTo(nodeId: NodeId): Route;
}

export class AddressBook {
  readonly #host: AddressHost;
  readonly #sources: AddressSources;
  /** Dead addresses of this incarnation by number, all others by id. */
  readonly #interned = new Map<number | MailboxId, WeakRef<Address>>();
  readonly #cleanup = new FinalizationRegistry<number | MailboxId>((key) => {
    if (this.#interned.get(key)?.deref() === undefined) this.#interned.delete(key);
  });

  constructor(host: AddressHost, sources: AddressSources) {
    this.#host = host;
    this.#sources = sources;
  }

  /** The one object for a mailbox. */
  of(ref: MailboxRef): Address {
    const { self } = this.#host;
    const isOwn = ref.nodeId === self.nodeId && ref.epoch === self.epoch;
    return isOwn ? this.#own(ref.number) : this.#foreign(ref);
  }

  /** Reads any of the forms of an address. `REIGN_ILLEGAL_ADDRESS_FORMAT` for anything else. */
  read(input: string | Uint8Array): Address {
    if (typeof input === "string") return this.of(parseMailboxId(input));
    if (input instanceof Uint8Array) return this.of(mailboxRefFromBytes(input));
    throw new TypeError(`Expected the text, bytes or id of an address, got ${typeof input}.`);
  }

  /** The address of a mailbox that is closed, of which the text or the bytes were given out. */
  keep(address: Address & MailboxRef): void {
    this.#intern(address.number, address);
  }

  /** Whether somebody holds an address with this number, made before there was such a mailbox. */
  isTaken(number: number): boolean {
    return this.#interned.has(number);
  }

  /** A node has come into the cluster: addresses of it that are held come alive. */
  reroute(nodeId: NodeId): void {
    const route = this.#sources.routeTo(nodeId);
    for (const held of this.#interned.values()) {
      const address = held.deref();
      if (address instanceof RemoteAddress && address.nodeId === nodeId) address.reroute(route);
    }
  }

  #own(number: number): Address {
    const live = this.#sources.liveAddress(number);
    live?.show();
    return (
      live ??
      this.#interned.get(number)?.deref() ??
      this.#intern(number, new LocalAddress<never>(this.#host, number, undefined))
    );
  }

  #foreign(ref: MailboxRef): Address {
    const id = formatMailboxId(ref);
    const known = this.#interned.get(id)?.deref();
    if (known !== undefined) return known;
    const route = this.#sources.routeTo(ref.nodeId);
    return this.#intern(id, new RemoteAddress<never>(this.#host, ref, route));
  }

  #intern(key: number | MailboxId, address: Address): Address {
    this.#interned.set(key, new WeakRef(address));
    this.#cleanup.register(address, key);
    return address;
  }
}
