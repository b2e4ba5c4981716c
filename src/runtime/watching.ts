/**
 * Asks for close notices, and takes the request back: decides who is to be asked, or says at once
 * why there is nobody to ask.
 */
import { type Address, shownAddress } from "../core/address.ts";
import { MailboxClosed } from "../core/close-notice.ts";
import { ReignError } from "../core/errors.ts";
import { formatMailboxId, type MailboxRef } from "../core/mailbox-id.ts";
import type { AddressHost, Watching } from "./address-host.ts";
import { LocalAddress } from "./local-address.ts";
import type { Mailboxes } from "./mailboxes.ts";
import type { Monitors } from "./monitors.ts";
import type { Peers } from "./peers.ts";

export interface WatchingPorts {
  /** Whose addresses watchers have. */
  readonly host: AddressHost;
  readonly mailboxes: Mailboxes;
  readonly monitors: Monitors;
  readonly peers: Peers;
}

export class ServiceWatching implements Watching {
  readonly #ports: WatchingPorts;

  constructor(ports: WatchingPorts) {
    this.#ports = ports;
  }

  watch(target: MailboxRef, watcher: Address<MailboxClosed>): void {
    const { mailboxes, monitors, peers } = this.#ports;
    const local = this.#localNumber(watcher);
    // A watcher that is closed itself can be told nothing.
    if (mailboxes.get(local) === undefined) return;
    const { channel, known } = peers.routeTo(target.nodeId);
    const id = formatMailboxId(target);
    if (monitors.isDue(id, local)) return;
    const notice = (reason: MailboxClosed["reason"]) =>
      mailboxes.notify(local, new MailboxClosed(id, reason));
    if (this.#isOwn(target)) {
      if (mailboxes.get(target.number) === undefined) notice("noproc");
      else monitors.watchOwn(target.number, local);
    } else if (!known) notice("noproc");
    else if (channel === undefined) notice("noconnection");
    else if (channel.epoch !== target.epoch) notice("noproc");
    else monitors.watch(channel, target.number, local);
  }

  unwatch(target: MailboxRef, watcher: Address<MailboxClosed>): boolean {
    const { mailboxes, monitors, peers } = this.#ports;
    const local = this.#localNumber(watcher);
    const { channel } = peers.routeTo(target.nodeId);
    const asked = this.#isOwn(target)
      ? monitors.unwatchOwn(target.number, local)
      : channel?.epoch === target.epoch && monitors.unwatch(channel, target.number, local);
    const id = formatMailboxId(target);
    const due = monitors.takeDue(id, local);
    // One that an earlier request had brought may lie in the mailbox too.
    return mailboxes.takeNotices(local, id) || due || asked;
  }

  #isOwn(ref: MailboxRef): boolean {
    const { self } = this.#ports.host;
    return ref.nodeId === self.nodeId && ref.epoch === self.epoch;
  }

  /** The number of a mailbox of this node, open or closed. */
  #localNumber(watcher: Address<MailboxClosed>): number {
    const { host } = this.#ports;
    if (watcher instanceof LocalAddress && watcher.host === host) return watcher.number;
    const { nodeId } = host.self;
    const id = String(watcher?.id);
    const got = shownAddress(watcher);
    const wanted = `Expected the address of a mailbox of this node (${nodeId}) as the watcher`;
    throw new ReignError("REIGN_NOT_LOCAL_MAILBOX", `${wanted}, got ${got}.`, { id });
  }
}
