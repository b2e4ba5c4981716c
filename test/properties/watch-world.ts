/**
 * Three real nodes whose mailboxes watch each other, and beside them the plainest account of who is
 * owed a notice: for each pair of watcher and mailbox whether it asked, and how many notices lie in
 * the watcher's mailbox.
 *
 * A receiver that wants nothing stands in each watcher's line, so that the account sees a notice in
 * the very call in which it is put into the mailbox.
 */
import { expect } from "vitest";
import { type CloseReason, MailboxClosed } from "../../src/core/close-notice.ts";
import type { MultipleClaim } from "../../src/core/multiple-claim.ts";
import type { Mailbox } from "../../src/runtime/mailbox.ts";
import type { Service } from "../../src/runtime/service.ts";
import { present, type TestCluster } from "../runtime/cluster.ts";
import type { Tally } from "./effort.ts";
import { Observer } from "./observer.ts";
import type { Reaction, WatchStep } from "./watch-steps.ts";

export const nodeIds = ["1", "2", "3"] as const;
const settings = { pingInterval: 500, maxReconnectDelay: 1_000 };
const watchersOfNode = 2;
const recent = 6;

interface Target {
  readonly node: number;
  readonly name: string;
  readonly mailbox: Mailbox<MultipleClaim>;
  /** The run of the node that it belongs to. */
  readonly service: Service;
  open: boolean;
}

interface Watcher {
  readonly node: number;
  readonly mailbox: Mailbox<MailboxClosed | Word>;
  readonly pairs: Map<Target, Pair>;
  /** The words that it has got, and the last of each speaker. */
  readonly heard: Set<number>;
  readonly last: Map<number, number>;
  reaction: Reaction | undefined;
  gone: boolean;
}

interface Pair {
  /** A notice is still to come. */
  asked: boolean;
  /** Notices that lie in the mailbox. */
  waiting: number;
  /** What had been said to the watcher, over the link of now, before the mailbox was closed. */
  saidBefore: readonly number[];
}

/** What a node says to a watcher: who speaks, and its number. */
interface Word {
  readonly node: number;
  readonly n: number;
}

export class WatchWorld {
  readonly #cluster: TestCluster;
  readonly #tally: Tally;
  readonly #observer = new Observer();
  readonly #services: Service[] = [];
  readonly #watchers: Watcher[][] = nodeIds.map(() => []);
  readonly #targets: Target[] = [];
  /** The nodes that each node has a link to, as its callbacks have said. */
  readonly #linked = nodeIds.map(() => new Set<number>());
  /** Links of which a loss was told, as "1 2", and whose callbacks are to follow at once. */
  readonly #lost = new Set<string>();
  /** What was said to a watcher by a node since their last link came up. */
  readonly #said = new Map<Watcher, Map<number, number[]>>();
  #words = 0;

  constructor(cluster: TestCluster, tally: Tally) {
    this.#cluster = cluster;
    this.#tally = tally;
  }

  async begin(): Promise<void> {
    for (const node of nodeIds.keys()) {
      await this.#start(node);
      this.#open(node);
    }
    await this.#cluster.clock.advanceBy(1_000);
  }

  async play(step: WatchStep): Promise<void> {
    this.#tally.commands += 1;
    await this.#act(step);
    this.#check();
  }

  /** All is healed and long over: who asked is owed a notice still, or the mailbox is open. */
  async settle(): Promise<void> {
    this.#cluster.network.heal();
    this.#cluster.network.resume();
    await this.#cluster.clock.advanceBy(30_000);
    this.#check();
    for (const { watcher, target } of this.#asked()) {
      expect(target.open).toBe(true);
      expect(target.service).toBe(this.#services[target.node]);
      if (target.node !== watcher.node) {
        expect(this.#linked[watcher.node]?.has(target.node)).toBe(true);
      }
    }
    for (const target of this.#targets) this.#close(target);
    await this.#cluster.clock.advanceBy(1_000);
    this.#check();
    expect([...this.#asked()]).toEqual([]);
    for (const node of nodeIds.keys()) for (let i = 0; i < watchersOfNode; i++) this.#read(node, i);
  }

  async #act(step: WatchStep): Promise<void> {
    const { network, clock } = this.#cluster;
    switch (step.do) {
      case "open":
        return this.#open(step.at);
      case "close":
        return this.#close(this.#target(step.target));
      case "watch":
        return this.#watch(this.#watcher(step.at, step.watcher), this.#target(step.target));
      case "unwatch":
        return this.#unwatch(this.#watcher(step.at, step.watcher), this.#target(step.target));
      case "crowd":
        return this.#crowd(step.at, this.#target(step.target), step.reaction);
      case "read":
        return this.#read(step.at, step.watcher);
      case "renew":
        return this.#renew(step.at, step.watcher);
      case "say":
        return this.#say(step.from, this.#watcher(step.at, step.watcher));
      case "cut":
        if (step.from !== step.to) this.#cut(step.from, step.to, step.how);
        return;
      case "heal":
        network.heal();
        return network.resume();
      case "restart":
        return this.#restart(step.at, step.how);
      case "wait":
        return clock.advanceBy(step.ms);
    }
  }

  /** What holds whenever nothing runs. */
  #check(): void {
    this.#observer.check();
    expect([...this.#lost]).toEqual([]);
    for (const { watcher, target } of this.#asked()) {
      // Nobody waits for a notice that could have been given at once.
      if (target.node === watcher.node) expect(target.open).toBe(true);
      else expect(this.#linked[watcher.node]?.has(target.node)).toBe(true);
    }
  }

  *#asked(): Generator<{ watcher: Watcher; target: Target }> {
    for (const watcher of this.#watchers.flat()) {
      for (const [target, { asked }] of watcher.pairs) if (asked) yield { watcher, target };
    }
  }

  #open(node: number): void {
    const service = present(this.#services[node]);
    const { address, mailbox } = service.newMailbox<MultipleClaim>();
    const name = `target ${this.#targets.length}`;
    service.names.register(name, address);
    this.#targets.push({ node, name, mailbox, service, open: true });
  }

  #close(target: Target): void {
    if (!target.open) return;
    target.open = false;
    for (const watcher of this.#watchers.flat()) {
      const pair = watcher.pairs.get(target);
      if (pair !== undefined) pair.saidBefore = this.#saidTo(watcher, target.node).slice();
    }
    target.mailbox.close();
  }

  #watch(watcher: Watcher, target: Target): void {
    const pair = pairOf(watcher, target);
    if (pair.asked) this.#tally.meet("asked twice");
    if (pair.waiting > 0) this.#tally.meet("asked again before the notice was read");
    pair.asked = true;
    const service = present(this.#services[watcher.node]);
    service.address(target.mailbox.address.id).onCloseNotify(watcher.mailbox.address);
  }

  /** All of a node ask, and one will do something about it when it gets a notice. */
  #crowd(node: number, target: Target, reaction: Reaction): void {
    const watchers = present(this.#watchers[node]);
    for (const watcher of watchers) this.#watch(watcher, target);
    present(watchers[0]).reaction = reaction;
  }

  #unwatch(watcher: Watcher, target: Target): void {
    const pair = pairOf(watcher, target);
    const { asked, waiting } = pair;
    Object.assign(pair, { asked: false, waiting: 0 });
    const service = present(this.#services[watcher.node]);
    const address = service.address(target.mailbox.address.id);
    expect(address.removeNotify(watcher.mailbox.address)).toBe(asked || waiting > 0);
    if (waiting > 0) this.#tally.meet("taken out of the mailbox");
    if (asked && !target.open) this.#tally.meet("taken back while the notice was on its way");
  }

  /** A notice is being put into the watcher's mailbox. */
  #onNotice(watcher: Watcher, { id, reason }: MailboxClosed): void {
    const target = present(this.#targets.find(({ mailbox }) => mailbox.address.id === id));
    const pair = pairOf(watcher, target);
    expect(pair.asked).toBe(true);
    pair.asked = false;
    pair.waiting += 1;
    this.#tally.meet(reason);
    const service = present(this.#services[watcher.node]);
    expect(service.names.lookupAll(target.name).map((address) => address.id)).not.toContain(id);
    this.#checkReason(watcher, target, reason);
    if (reason === "closed") {
      for (const n of pair.saidBefore) expect(watcher.heard).toContain(n);
      if (pair.saidBefore.length > 0) this.#tally.meet("closed after what was said");
    }
    this.#react(watcher, target);
  }

  #checkReason(watcher: Watcher, target: Target, reason: CloseReason): void {
    if (reason !== "noconnection") {
      expect(target.open).toBe(false);
      return;
    }
    expect(target.node).not.toBe(watcher.node);
    if (this.#linked[watcher.node]?.has(target.node)) {
      this.#lost.add(`${watcher.node} ${target.node}`);
    }
  }

  /** In the midst of the notices: takes one back that is due, or asks anew. */
  #react(watcher: Watcher, target: Target): void {
    const { reaction } = watcher;
    if (reaction === undefined) return;
    watcher.reaction = undefined;
    const other = this.#watcher(watcher.node, reaction.watcher);
    if (pairOf(other, target).asked) this.#tally.meet(`${reaction.do} of one that is due`);
    if (reaction.do === "watch") this.#watch(other, target);
    else this.#unwatch(other, target);
  }

  #onWord(watcher: Watcher, { node, n }: Word): void {
    expect(n).toBeGreaterThan(watcher.last.get(node) ?? 0);
    watcher.last.set(node, n);
    watcher.heard.add(n);
  }

  #read(node: number, index: number): void {
    const watcher = this.#watcher(node, index);
    for (;;) {
      const message = watcher.mailbox.tryReceive();
      if (message === undefined) break;
      if (!(message instanceof MailboxClosed)) continue;
      const { id } = message;
      const target = present(this.#targets.find(({ mailbox }) => mailbox.address.id === id));
      pairOf(watcher, target).waiting -= 1;
    }
    for (const { waiting } of watcher.pairs.values()) expect(waiting).toBe(0);
  }

  #renew(node: number, index: number): void {
    const old = this.#watcher(node, index);
    old.gone = true;
    old.mailbox.close();
    present(this.#watchers[node])[index] = this.#newWatcher(node);
  }

  #newWatcher(node: number): Watcher {
    const { mailbox } = present(this.#services[node]).newMailbox<MailboxClosed | Word>();
    const watcher: Watcher = {
      node,
      mailbox,
      pairs: new Map(),
      heard: new Set(),
      last: new Map(),
      reaction: undefined,
      gone: false,
    };
    const look = (message: MailboxClosed | Word): boolean => {
      if (watcher.gone) return false;
      this.#observer.watch(() => {
        if (message instanceof MailboxClosed) this.#onNotice(watcher, message);
        else this.#onWord(watcher, message);
      });
      return false;
    };
    mailbox.receive(look).catch(() => {});
    return watcher;
  }

  #say(from: number, watcher: Watcher): void {
    this.#words += 1;
    const n = this.#words;
    const service = present(this.#services[from]);
    const sent = service.address(watcher.mailbox.address.id).send({ node: from, n });
    if (sent) this.#saidTo(watcher, from).push(n);
  }

  #saidTo(watcher: Watcher, from: number): number[] {
    const bySpeaker = this.#said.get(watcher) ?? new Map<number, number[]>();
    this.#said.set(watcher, bySpeaker);
    const said = bySpeaker.get(from) ?? [];
    bySpeaker.set(from, said);
    return said;
  }

  #cut(from: number, to: number, how: "told" | "silent" | "one way" | "stall"): void {
    const { network } = this.#cluster;
    const [a, b] = [nodeIdOf(from), nodeIdOf(to)];
    if (how === "one way") network.cut({ from: a, to: b });
    else if (how === "stall") network.stall({ from: a, to: b });
    else network.cut(a, b, { silent: how === "silent" });
  }

  async #restart(node: number, how: "calm" | "told" | "silent"): Promise<void> {
    // Nobody is owed anything there any more.
    for (const watcher of present(this.#watchers[node])) {
      watcher.gone = true;
      watcher.pairs.clear();
    }
    for (const target of this.#targets) if (target.node === node) target.open = false;
    const others = [...nodeIds.keys()].filter((other) => other !== node && how !== "calm");
    for (const other of others) this.#cut(node, other, how === "told" ? how : "silent");
    const gone = present(this.#services[node]).terminate();
    await this.#cluster.clock.advanceBy(5_000);
    await gone;
    for (const other of others) this.#cluster.network.heal(nodeIdOf(node), nodeIdOf(other));
    this.#linked[node]?.clear();
    await this.#start(node);
  }

  async #start(node: number): Promise<void> {
    const service = this.#cluster.create(nodeIdOf(node), settings);
    this.#services[node] = service;
    service.addConnectionStatusCallback((peer, up) => {
      if (this.#services[node] !== service) return;
      this.#observer.watch(() => this.#onStatus(node, Number(peer) - 1, up));
    });
    this.#watchers[node] = Array.from({ length: watchersOfNode }, () => this.#newWatcher(node));
    await service.start();
  }

  #onStatus(node: number, peer: number, up: boolean): void {
    for (const watcher of present(this.#watchers[peer])) this.#said.get(watcher)?.delete(node);
    if (up) {
      this.#linked[node]?.add(peer);
      return;
    }
    // Every notice came before this call.
    this.#linked[node]?.delete(peer);
    this.#lost.delete(`${node} ${peer}`);
    for (const { watcher, target } of this.#asked()) {
      if (watcher.node === node) expect(target.node).not.toBe(peer);
    }
  }

  /** One of those that were opened last. */
  #target(index: number): Target {
    const last = this.#targets.slice(-recent);
    return present(last[index % last.length]);
  }

  #watcher(node: number, index: number): Watcher {
    return present(this.#watchers[node]?.[index]);
  }
}

function pairOf(watcher: Watcher, target: Target): Pair {
  const known = watcher.pairs.get(target);
  if (known !== undefined) return known;
  const pair: Pair = { asked: false, waiting: 0, saidBefore: [] };
  watcher.pairs.set(target, pair);
  return pair;
}

function nodeIdOf(node: number): string {
  return present(nodeIds[node]);
}
