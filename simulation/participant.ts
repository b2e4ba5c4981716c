/**
 * What each run of a node does in a simulated life: sends, watches, claims names, opens and closes
 * mailboxes, at random, and reports everything to the histories.
 */
import {
  type Address,
  type Mailbox,
  MailboxClosed,
  type MailboxId,
  MultipleClaim,
  type NewMailbox,
  type NodeId,
  type Overflow,
  ReignError,
} from "reign";
import { Chance, type SimulatedNode } from "reign/testing";
import type { Colleague, Histories } from "./histories.ts";
import type { Numbered } from "./message-history.ts";
import { Watcher } from "./notice-history.ts";

type Received = Numbered | MailboxClosed | MultipleClaim;

const mailboxesOfNode = 4;
/** Of the mailboxes of a node; half of them have none. */
const bounds = ["none", "none", "none", "reject", "drop_oldest", "drop_newest"] as const;
const pieceBytes = 64 * 1024;
/** Whoever is told to stop acting has stopped after so long. */
const longestRestMs = 10_000;
const tooManyBytes = 200 * 1024;

export class Participant implements Colleague {
  readonly #node: SimulatedNode;
  readonly #histories: Histories;
  readonly #chance: Chance;
  readonly #paceMs: number;
  readonly #open: NewMailbox<Received>[] = [];
  /** Takes notices, and farewells of those whom it watches. */
  readonly #notices: NewMailbox<Received>;
  readonly #watcher: Watcher;
  /** Messages that reports were ahead of; they may come yet, or are lost. */
  readonly #overtaken = new Set<string>();
  #acting = true;

  constructor(node: SimulatedNode, histories: Histories, paceMs: number) {
    this.#node = node;
    this.#histories = histories;
    this.#chance = new Chance(node.random);
    this.#paceMs = paceMs;
    this.#notices = this.#openMailbox();
    void this.#receiveAll(this.#notices.mailbox);
    this.#watcher = new Watcher(this.#notices.address.id, node.id, histories);
    for (let i = 0; i < mailboxesOfNode; i++) this.#openAnother();
    node.service.addConnectionStatusCallback((peer, connected) => {
      if (!connected) this.#checkNoticedBefore(peer);
    });
  }

  get node(): SimulatedNode {
    return this.#node;
  }

  get watcher(): Watcher {
    return this.#watcher;
  }

  get inbox(): Address<Numbered> {
    return this.#notices.address;
  }

  async act(): Promise<void> {
    while (this.#acting) {
      await this.#node.sleep(Math.min(this.#chance.gap(this.#paceMs), longestRestMs));
      if (this.#acting) this.#actOnce();
    }
  }

  stopActing(): void {
    this.#acting = false;
  }

  send(to: Address<Numbered>, more: Partial<Numbered> = {}): boolean {
    const { messages, links } = this.#histories;
    const from = this.#node.name;
    const message = { from, to: to.id, n: messages.nextNumber(from, to.id), ...more };
    const link = links.number(this.#node, to.nodeId);
    const taken = to.send(message);
    messages.sent(message, { taken, link });
    this.#countRefusal(to, taken, message);
    return taken;
  }

  #actOnce(): void {
    const dice = this.#chance.fraction();
    if (dice < 0.45) this.#sendSome();
    else if (dice < 0.6) this.#watchOrNot();
    else if (dice < 0.72) this.#claimOrNot();
    else if (dice < 0.8) this.#replaceMailbox();
    else if (dice < 0.85) this.#sendBig();
    else if (dice < 0.9) this.#sendThrough();
    else if (dice < 0.95) this.#sendByName();
    else void this.#sendWhenReady();
  }

  #sendSome(): void {
    const to = this.#someAddress();
    const many = this.#chance.below(20) === 0 ? 200 : 8;
    const gift = this.#chance.below(4) === 0 ? this.#someAddress() : undefined;
    for (let i = this.#chance.below(many); i >= 0; i--) {
      this.send(to, gift === undefined ? {} : { gift, giftId: gift.id });
    }
  }

  #sendBig(): void {
    const to = this.#someAddress();
    const sizes = [pieceBytes - 100, pieceBytes + 1, 2 * pieceBytes, tooManyBytes];
    let bigs = 0;
    for (let i = this.#chance.below(4); i >= 0; i--) {
      if (this.send(to, { bytes: new Uint8Array(this.#chance.one(sizes)) })) bigs += 1;
    }
    if (this.send(to) && bigs > 0 && to.nodeId !== this.#node.id) {
      this.#histories.sometimes("a small message follows big ones to the same mailbox");
    }
  }

  /** To a third by itself, and by way of another node: the second may well come first. */
  #sendThrough(): void {
    const about = this.#someAddress();
    const by = this.#someAddress();
    this.send(about);
    const after = this.#histories.messages.nextNumber(this.#node.name, about.id) - 1;
    this.send(by, { relay: { about, after } });
  }

  #sendByName(): void {
    const { service } = this.#node;
    const name = this.#chance.one(this.#histories.names.names);
    const claimants = service.names.lookupAll(name).length;
    const stamp = this.#histories.nextStamp();
    const before = service.stats().sent;
    const taken = service.names.sendAll(name, { stamp });
    // Each of them is tried once, whether it takes the message or not.
    const tried = service.stats().sent - before;
    if (tried !== claimants || taken > tried) {
      const what = `sendAll tries ${tried} and reaches ${taken} of ${claimants} claimants`;
      this.#histories.violations.broken("G2", what);
    }
    if (taken > 2) this.#histories.sometimes("a send by name reaches three or more");
  }

  async #sendWhenReady(): Promise<void> {
    const to = this.#someAddress();
    const { clock } = this.#node;
    const asked = clock.now();
    this.#histories.sometimes("somebody asks for room");
    // Now and then until the queue is full, where it is a small one.
    for (let i = this.#chance.below(8) === 0 ? 0 : 5; i < 5; i++) {
      if (!this.send(to, { bytes: new Uint8Array(2 * pieceBytes) })) break;
    }
    await to.ready();
    if (clock.now() > asked) this.#histories.sometimes("somebody waits for room");
    this.send(to);
  }

  #watchOrNot(): void {
    const target = this.#chance.below(2) === 0 ? this.#someClaimant() : this.#someAddress();
    const { id } = target;
    if (this.#chance.below(3) > 0) {
      if (this.#watcher.watches(id)) this.#histories.sometimes("a mailbox is watched twice");
      const epoch = this.#histories.links.epoch(this.#node, target.nodeId);
      const foreign = epoch !== undefined && !id.startsWith(`${target.nodeId}:${epoch}:`);
      if (foreign) this.#histories.sometimes("a mailbox of another incarnation is watched");
      const link = this.#histories.links.number(this.#node, target.nodeId);
      target.onCloseNotify(this.#notices.address);
      this.#watcher.watched(id, foreign, link);
      return;
    }
    const answer = target.removeNotify(this.#notices.address);
    this.#watcher.unwatched(id, answer);
    this.#histories.sometimes(answer ? "a watch is taken back" : "there is no watch to take back");
  }

  #claimOrNot(): void {
    const { names } = this.#histories;
    const name = this.#chance.one(names.names);
    const { address } = this.#chance.one(this.#open);
    const isOwn = ({ nodeId }: Address) => nodeId === this.#node.id;
    if (this.#chance.below(3) > 0) {
      const [own] = this.#node.service.names.lookupAll(name).filter(isOwn);
      if (own !== undefined && own !== address) {
        this.#histories.sometimes("a node claims a name for another of its mailboxes");
      }
      this.#node.service.names.register(name, address);
      names.registered(this.#node, name, address.id);
    } else {
      this.#node.service.names.unregister(name, address);
      names.unregistered(this.#node, name, address.id);
    }
  }

  #replaceMailbox(): void {
    const [closing] = this.#open.splice(this.#chance.below(this.#open.length), 1);
    if (closing !== undefined) this.#close(closing);
    this.#openAnother();
  }

  #close({ mailbox, address }: NewMailbox<Received>): void {
    const { messages, links, colleagues } = this.#histories;
    for (const { node, watcher, inbox } of colleagues) {
      if (!watcher.watches(address.id) || !node.running) continue;
      // Its own receiver is busy with a farewell, and would not see the notice as it is delivered.
      if (node === this.#node && this.#chance.below(2) === 0) continue;
      const to = this.#node.service.address<Numbered>(inbox.id);
      const link = links.number(this.#node, to.nodeId);
      const big = this.#chance.below(2) === 0;
      this.send(to, big ? { bytes: new Uint8Array(2 * pieceBytes) } : {});
      this.#histories.sometimes(`a watched mailbox is closed${big ? " behind a big message" : ""}`);
      const n = messages.lastTaken(this.#node.name, to.id, link);
      watcher.farewell(address.id, { from: this.#node.name, link, n });
    }
    if (mailbox.messageCount > 0) this.#histories.sometimes("a mailbox is closed over messages");
    if (this.#hasName(address.id)) this.#histories.sometimes("a mailbox with a name is closed");
    mailbox.close();
    this.#histories.mailboxes.closed(address.id);
  }

  #hasName(id: MailboxId): boolean {
    const { names } = this.#node.service;
    return this.#histories.names.names.some((name) => {
      return names.lookupAll(name).some((claimant) => claimant.id === id);
    });
  }

  #openAnother(): void {
    const bound = this.#chance.one(bounds);
    const overflow = bound === "none" ? undefined : bound;
    const made = this.#openMailbox(overflow);
    this.#open.push(made);
    void this.#read(made.mailbox, overflow !== undefined);
  }

  #openMailbox(overflow?: Overflow): NewMailbox<Received> {
    const options = overflow === undefined ? {} : { maxMessages: 5, overflow };
    const made = this.#node.service.newMailbox<Received>(options);
    const { id } = made.address;
    const bounded = overflow !== undefined;
    this.#histories.mailboxes.add({ id, nodeId: this.#node.id, owner: this.#node, bounded });
    return made;
  }

  /** In one of three ways; slowly only where the mailbox has a bound. */
  #read(mailbox: Mailbox<Received>, bounded: boolean): Promise<void> {
    const way = this.#chance.below(bounded ? 3 : 2);
    if (way === 0) return mailbox.consume((message) => this.#received(message, mailbox.address.id));
    return this.#receiveAll(mailbox, way === 2);
  }

  async #receiveAll(mailbox: Mailbox<Received>, slow = false): Promise<void> {
    try {
      for (;;) {
        this.#received(await mailbox.receive(this.#look), mailbox.address.id);
        if (slow && this.#acting) await this.#node.sleep(this.#chance.duration(10, 3_000));
      }
    } catch (error) {
      if (ReignError.is(error, "REIGN_MAILBOX_CLOSED")) return;
      this.#histories.violations.broken("G8", `${mailbox.address.id}: ${String(error)}`);
    }
  }

  #received(message: Received, at: MailboxId): void {
    if (message instanceof MailboxClosed) this.#noticed(message, at);
    else if (message instanceof MultipleClaim) {
      this.#histories.names.told(this.#node, at, message);
      this.#histories.sometimes(`a name has ${Math.min(message.claimants.length, 4)} claimants`);
    } else if ("stamp" in message) this.#histories.stamped(String(message.stamp), at);
    else this.#receivedNumbered(message, at);
  }

  #receivedNumbered(message: Numbered, at: MailboxId): void {
    const { messages, violations } = this.#histories;
    messages.arrived(message, at);
    const { gift, giftId, relay, report } = message;
    if (giftId !== undefined && gift !== this.#node.service.address(giftId)) {
      violations.broken("G6", `the address ${giftId} is another object in a message`);
    }
    const sender = message.from.split("#", 1)[0];
    if (gift !== undefined && gift.nodeId !== this.#node.id && gift.nodeId !== sender) {
      this.#histories.sometimes("an address of a third node travels");
    }
    if (this.#overtaken.delete(`${message.from}>${at} ${message.n}`)) {
      this.#histories.sometimes("a message overtakes another by a third node");
    }
    if (relay !== undefined) {
      this.send(relay.about, { report: { from: message.from, after: relay.after } });
    }
    if (report === undefined) return;
    if (messages.lastReceived(report.from, at) >= report.after) return;
    this.#overtaken.add(`${report.from}>${at} ${report.after}`);
  }

  /** A matcher that wants everything, and sees a notice at the moment at which it is delivered. */
  readonly #look = (message: Received): boolean => {
    if (message instanceof MailboxClosed) this.#histories.names.checkGone(this.#node, message.id);
    return true;
  };

  #noticed({ id, reason }: MailboxClosed, at: MailboxId): void {
    if (at !== this.#watcher.id) {
      this.#histories.violations.broken("G9", `${at} has a notice, and watches nothing`);
    }
    this.#watcher.noticed(id, reason);
    this.#histories.sometimes(`a notice says ${reason}`);
  }

  /** The link to the peer is down, and callbacks run: its notices lie in the mailbox already. */
  #checkNoticedBefore(peer: NodeId): void {
    const owed = this.#watcher.owedOf(peer).length;
    if (owed > 5) this.#histories.sometimes("a link is lost under more than five watches");
    // A receiver that waited has been given the first, and has not run yet.
    if (this.#notices.mailbox.messageCount >= owed - 1) return;
    const { messageCount } = this.#notices.mailbox;
    const what = `${this.#node.name}: ${messageCount} notices of ${owed} when the callback runs`;
    this.#histories.violations.broken("G10", what);
  }

  #countRefusal(to: Address<Numbered>, taken: boolean, { bytes }: Partial<Numbered>): void {
    if (taken) return;
    const { links, mailboxes } = this.#histories;
    const connected = links.isUp(this.#node, to.nodeId);
    if ((bytes?.length ?? 0) >= tooManyBytes && connected) {
      this.#histories.sometimes("a message too large is refused, and the link stays");
    } else if (connected && mailboxes.isOpen(to.id)) {
      this.#histories.sometimes("a message is refused by a link that is up");
    } else if (mailboxes.get(to.id)?.owner.running === false) {
      this.#histories.sometimes("a message goes to an address of an earlier run");
    }
  }

  #someClaimant(): Address<Numbered> {
    const name = this.#chance.one(this.#histories.names.names);
    return this.#node.service.names.lookup<Numbered>(name) ?? this.#someAddress();
  }

  /** One of all there ever were, rather one of the last; as this node knows it. */
  #someAddress(): Address<Numbered> {
    const { ids } = this.#histories.mailboxes;
    const back = Math.min(ids.length, this.#chance.below(4) === 0 ? ids.length : 30);
    const id = ids[ids.length - 1 - this.#chance.below(back)] ?? this.#notices.address.id;
    return this.#node.service.address<Numbered>(id);
  }
}
