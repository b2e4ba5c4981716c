/**
 * Four real nodes that claim names, and beside them who claims what: for each node a name and its
 * mailbox. What a node is to know is the union over the nodes that it has a link to.
 */
import * as fc from "fast-check";
import { expect } from "vitest";
import { MultipleClaim } from "../../src/core/multiple-claim.ts";
import type { Mailbox } from "../../src/runtime/mailbox.ts";
import type { Service } from "../../src/runtime/service.ts";
import { present, type TestCluster } from "../runtime/cluster.ts";
import type { Tally } from "./effort.ts";
import { Observer } from "./observer.ts";

export const nodeIds = ["1", "2", "3", "4"] as const;
const nodes = [...nodeIds.keys()];
const names = ["x", "y", "__proto__"] as const;
const settings = { pingInterval: 500, maxReconnectDelay: 200 };
const boxesOfNode = 2;

export type NamesStep =
  | { readonly do: "register" | "unregister"; at: number; box: number; name: string }
  | { readonly do: "replace"; at: number; box: number }
  | { readonly do: "foreign"; at: number; of: number; box: number; name: string }
  | { readonly do: "sendAll"; at: number; name: string }
  | { readonly do: "cut"; from: number; to: number; how: "told" | "silent" | "one way" }
  | { readonly do: "heal" }
  | { readonly do: "restart"; at: number; how: "calm" | "told" | "silent" }
  | { readonly do: "wait"; ms: number };

const node = fc.nat(nodes.length - 1);
const box = fc.nat(boxesOfNode - 1);
const name = fc.constantFrom("x", "x", "y", "__proto__");

function step(
  weight: number,
  what: NamesStep["do"],
  fields: Record<string, fc.Arbitrary<unknown>>,
) {
  const arbitrary = fc.record({ do: fc.constant(what), ...fields }, { noNullPrototype: true });
  return { weight, arbitrary };
}

export const namesStep = fc.oneof(
  step(12, "register", { at: node, box, name }),
  step(4, "unregister", { at: node, box, name }),
  step(2, "replace", { at: node, box }),
  step(1, "foreign", { at: node, of: node, box, name }),
  step(3, "sendAll", { at: node, name }),
  step(3, "cut", { from: node, to: node, how: fc.constantFrom("told", "silent", "one way") }),
  step(2, "heal", {}),
  step(1, "restart", { at: node, how: fc.constantFrom("calm", "told", "silent") }),
  step(6, "wait", { ms: fc.constantFrom(0, 0, 5, 20, 100, 3_000) }),
) as fc.Arbitrary<NamesStep>;

/** What a `sendAll` sends. */
interface Parcel {
  readonly parcel: number;
}

export interface Box {
  readonly node: number;
  readonly mailbox: Mailbox<MultipleClaim | Parcel>;
  readonly id: string;
  /** The ids in each notice, in order, since somebody looked last. */
  readonly told: Map<string, string[][]>;
  /** The set that it was told of last, since it claimed the name. */
  readonly lastTold: Map<string, string>;
  readonly parcels: Set<number>;
}

export class NamesWorld {
  readonly boxes: Box[][] = nodes.map(() => []);
  readonly #cluster: TestCluster;
  readonly #tally: Tally;
  readonly #observer = new Observer();
  readonly #services: Service[] = [];
  readonly #claims = nodes.map(() => new Map<string, Box>());
  /** For each parcel the mailboxes that it was for, and how often `send` was true. */
  readonly #parcels: { readonly ids: readonly string[]; readonly sent: number }[] = [];

  constructor(cluster: TestCluster, tally: Tally) {
    this.#cluster = cluster;
    this.#tally = tally;
  }

  async begin(): Promise<void> {
    for (const at of nodes) await this.#start(at);
    await this.#cluster.clock.advanceBy(2_000);
  }

  async play(next: NamesStep): Promise<void> {
    this.#tally.commands += 1;
    await this.#act(next);
    this.#observer.check();
    for (const at of nodes) this.#check(at);
  }

  /** Everything is healed, and long enough has passed. */
  async settle(): Promise<void> {
    this.#cluster.network.heal();
    await this.#cluster.clock.advanceBy(10_000);
    this.#observer.check();
    for (const at of nodes) this.#check(at);
    for (const each of names) this.#checkUnion(each);
    for (const { parcels, id } of this.boxes.flat()) {
      for (const parcel of parcels) expect(this.#parcels[parcel]?.ids).toContain(id);
    }
    for (const [parcel, { sent }] of this.#parcels.entries()) {
      const got = this.boxes.flat().filter(({ parcels }) => parcels.has(parcel));
      expect(got.length).toBeLessThanOrEqual(sent);
    }
  }

  /** The claimants of a name that are on these nodes. */
  union(of: string, on: readonly number[] = nodes): Map<number, Box> {
    const claimants = on.flatMap((at): [number, Box][] => {
      const claimant = this.#claims[at]?.get(of);
      return claimant === undefined ? [] : [[at, claimant]];
    });
    return new Map(claimants);
  }

  claimantAt(at: number, of: string): Box | undefined {
    return this.#claims[at]?.get(of);
  }

  /** What a node knows of a name. */
  known(at: number, of: string): string[] {
    const { names: table } = present(this.#services[at]);
    return table
      .lookupAll(of)
      .map(({ id }) => id)
      .toSorted();
  }

  async #act(next: NamesStep): Promise<void> {
    switch (next.do) {
      case "register":
        return this.#register(next.at, this.#box(next.at, next.box), next.name);
      case "unregister":
        return this.#unregister(next.at, this.#box(next.at, next.box), next.name);
      case "replace":
        return this.#replace(next.at, next.box);
      case "foreign":
        return this.#registerForeign(next.at, this.#box(next.of, next.box), next.name);
      case "sendAll":
        return this.#sendAll(next.at, next.name);
      case "cut":
        return this.#cut(next.from, next.to, next.how);
      case "heal":
        return this.#cluster.network.heal();
      case "restart":
        return this.#restart(next.at, next.how);
      case "wait":
        return this.#cluster.clock.advanceBy(next.ms);
    }
  }

  #register(at: number, claimant: Box, of: string): void {
    const claims = present(this.#claims[at]);
    const before = claims.get(of);
    if (before !== claimant) claimant.lastTold.delete(of);
    // Before, since whoever claims may be told of it in this call.
    claims.set(of, claimant);
    present(this.#services[at]).names.register(of, claimant.mailbox.address);
    if (before !== undefined && before !== claimant)
      this.#tally.meet("claimed in place of another");
  }

  #unregister(at: number, claimant: Box, of: string): void {
    const claims = present(this.#claims[at]);
    if (claims.get(of) === claimant) claims.delete(of);
    present(this.#services[at]).names.unregister(of, claimant.mailbox.address);
  }

  #replace(at: number, index: number): void {
    const old = this.#box(at, index);
    const claims = present(this.#claims[at]);
    for (const [of, claimant] of claims) if (claimant === old) claims.delete(of);
    old.mailbox.close();
    const { names: table } = present(this.#services[at]);
    expect(() => table.register("x", old.mailbox.address)).toThrow(cannotRegister);
    present(this.boxes[at])[index] = this.#newBox(at);
  }

  /** What is another node's can be neither claimed nor given up. */
  #registerForeign(at: number, of: Box, claimed: string): void {
    if (of.node === at) return;
    const service = present(this.#services[at]);
    const address = service.address<MultipleClaim>(of.id);
    const before = this.known(at, claimed);
    expect(() => service.names.register(claimed, address)).toThrow(cannotRegister);
    expect(() => service.names.register(claimed, of.mailbox.address)).toThrow(cannotRegister);
    service.names.unregister(claimed, address);
    expect(this.known(at, claimed)).toEqual(before);
    this.#tally.meet("a foreign address");
  }

  #sendAll(at: number, of: string): void {
    const parcel = this.#parcels.length;
    const ids = this.known(at, of);
    // Before, since a mailbox of this node gets it in this call.
    this.#parcels.push({ ids, sent: ids.length });
    const sent = present(this.#services[at]).names.sendAll(of, { parcel });
    this.#parcels[parcel] = { ids, sent };
    expect(sent).toBeLessThanOrEqual(ids.length);
    if (sent > 1) this.#tally.meet("sent to several");
  }

  #cut(from: number, to: number, how: "told" | "silent" | "one way"): void {
    if (from === to) return;
    const [a, b] = [nodeIdOf(from), nodeIdOf(to)];
    if (how === "one way") this.#cluster.network.cut({ from: a, to: b });
    else this.#cluster.network.cut(a, b, { silent: how === "silent" });
  }

  async #restart(at: number, how: "calm" | "told" | "silent"): Promise<void> {
    const others = nodes.filter((other) => other !== at && how !== "calm");
    for (const other of others) this.#cut(at, other, how === "told" ? how : "silent");
    const gone = present(this.#services[at]).terminate();
    await this.#cluster.clock.advanceBy(5_000);
    await gone;
    for (const other of others) this.#cluster.network.heal(nodeIdOf(at), nodeIdOf(other));
    this.#claims[at]?.clear();
    await this.#start(at);
  }

  async #start(at: number): Promise<void> {
    this.#services[at] = this.#cluster.create(nodeIdOf(at), settings);
    this.boxes[at] = Array.from({ length: boxesOfNode }, () => this.#newBox(at));
    await this.#services[at]?.start();
  }

  #newBox(at: number): Box {
    const service = present(this.#services[at]);
    const { mailbox } = service.newMailbox<MultipleClaim | Parcel>();
    const { id } = mailbox.address;
    const made: Box = {
      node: at,
      mailbox,
      id,
      told: new Map(),
      lastTold: new Map(),
      parcels: new Set(),
    };
    // Sees each message as it comes; the mailbox is emptied behind it.
    const look = (message: MultipleClaim | Parcel): boolean => {
      this.#observer.watch(() => {
        if (message instanceof MultipleClaim) this.#onNotice(made, message);
        else this.#onParcel(made, message);
      });
      return false;
    };
    mailbox.receive(look).catch(() => {});
    void mailbox.consume(() => {});
    return made;
  }

  #onParcel(to: Box, { parcel }: Parcel): void {
    expect(to.parcels).not.toContain(parcel);
    to.parcels.add(parcel);
  }

  /** A notice is as the table of its node at that moment. */
  #onNotice(to: Box, { name: of, claimants }: MultipleClaim): void {
    const ids = claimants.map(({ id }) => id).toSorted();
    expect(this.claimantAt(to.node, of) ?? to).toBe(to);
    expect(ids).toEqual(this.known(to.node, of));
    expect(ids.length).toBeGreaterThanOrEqual(2);
    expect(ids).toContain(to.id);
    const key = ids.join();
    // Told of every change but those that left it alone.
    if (ids.length > 2) expect(key).not.toBe(to.lastTold.get(of));
    to.lastTold.set(of, key);
    to.told.set(of, [...(to.told.get(of) ?? []), ids]);
    this.#tally.meet(`${ids.length} claimants`);
  }

  /** What a node says of its table hangs together. */
  #check(at: number): void {
    const { names: table } = present(this.#services[at]);
    let several = 0;
    for (const of of names) {
      const ids = this.known(at, of);
      const own = this.claimantAt(at, of);
      if (own !== undefined) expect(table.lookup(of)).toBe(own.mailbox.address);
      else if (ids.length === 0) expect(table.lookup(of)).toBeUndefined();
      else expect(ids).toContain(table.lookup(of)?.id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(table.seenNames(of)).toEqual([ids.length > 0]);
      if (ids.length >= 2) several += 1;
    }
    expect(table.multipleClaimCount).toBe(several);
  }

  #checkUnion(of: string): void {
    const ids = [...this.union(of).values()].map(({ id }) => id).toSorted();
    for (const at of nodes) expect(this.known(at, of)).toEqual(ids);
    if (ids.length < 2) return;
    this.#tally.meet(`${ids.length} in the end`);
    for (const claimant of this.union(of).values()) {
      expect(claimant.lastTold.get(of)).toBe(ids.join());
    }
  }

  #box(at: number, index: number): Box {
    return present(this.boxes[at]?.[index]);
  }
}

const cannotRegister = expect.objectContaining({ code: "REIGN_CANT_GLOBALLY_REGISTER" });

function nodeIdOf(at: number): string {
  return present(nodeIds[at]);
}
