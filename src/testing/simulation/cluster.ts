/** A simulated cluster as the test of a program sees it. */
import { type NodeId, toNodeId } from "../../core/mailbox-id.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import { type Checks, expectFunction, textOf } from "./checks.ts";
import { checkFault } from "./fault-check.ts";
import type { FaultPlan, FaultStep } from "./fault-plan.ts";
import type { Machines } from "./machines.ts";
import { Nemesis } from "./nemesis.ts";
import type { Death } from "./process.ts";
import type { SimulatedNode } from "./simulated-node.ts";

type Id = NodeId | number;

/** What the function given to `simulate` works with. All times are virtual milliseconds. */
export interface SimulatedCluster {
  /** How long the simulation has gone on. */
  readonly now: number;
  /** The time of the test, which no fault touches. */
  readonly clock: Clock;
  /** Chance for the test, which the seed decides. */
  readonly random: Random;
  /** The faults that were given or drawn, each at its moment from the start. */
  readonly plan: FaultPlan;
  /** The nodes that run: the same list until one starts or ends. */
  readonly nodes: readonly SimulatedNode[];
  /**
   * Runs `program` on each node, in its process; after a crash it runs again, with the node of the
   * new run. One that rejects fails the simulation.
   *
   * What it keeps outside of itself outlives crashes, as a disk does. Make that in the function
   * given to `simulate`, which runs anew for each seed, and where `invariant` sees it.
   */
  run(program: (node: SimulatedNode) => void | Promise<void>): void;
  /** The present run of a node; the last, if it is down. Throws a `RangeError` for no node. */
  node(id: Id): SimulatedNode;

  /**
   * Lets nothing pass between nodes of different groups, in silence: what is sent is swallowed, and
   * links end when a node has waited too long for a sign of life. Nodes in no group reach all.
   */
  partition(...groups: readonly (readonly Id[])[]): void;
  /** Lets nothing pass from one side to the other; what is sent back passes. */
  blockOneWay(from: readonly Id[], to: readonly Id[]): void;
  /** Ends the links between two nodes, which both learn of it, and lets dials fail. */
  cut(a: Id, b: Id): void;
  /** Undoes all that the last three have done. Links that ended come up again by themselves. */
  heal(): void;

  /**
   * Ends the process of a node. "reset" and "closed", as its system does for a process that is
   * killed: peers learn of it at once. "lost", as a machine without power: they learn nothing.
   */
  crash(id: Id, death?: Death): void;
  /** Starts a new run of a node. One that is up is crashed first. */
  restart(id: Id): SimulatedNode;
  /** Stops the service of a node as a program would; settles when its process is gone. */
  stop(id: Id): Promise<void>;
  /** Lets the process of a node stand still for `ms`, or until `resume`. */
  pause(id: Id, ms?: number): void;
  /** Lets a node that stands still go on. */
  resume(id: Id): void;
  /** Begins any fault now, for its `ms`, whatever its `at`. Throws a `RangeError` for no fault. */
  inject(step: FaultStep): void;

  /** Lets `ms` go by. */
  advance(ms: number): Promise<void>;
  /**
   * Ends all faults, those of the plan and those of the test, for good, and waits until each node
   * that runs has a link to each other and all know each other's names. Nodes that the plan took
   * down run again; those that the test took down stay down.
   *
   * Rejects when that takes longer than `settleWithin`, and names the links that are missing.
   */
  settle(): Promise<void>;

  /**
   * Checked after every event from now on: throws when it does not hold. One that returns a boolean
   * or a promise fails, since neither would be looked at.
   */
  invariant(name: string, check: () => void): void;
  /**
   * Checked at the end, when everything has settled: throws or rejects when it does not hold. One
   * that returns a boolean fails.
   */
  eventually(name: string, check: () => void | Promise<void>): void;
  /** Counts that a state was reached, so that a test can see whether it reaches it at all. */
  sometimes(label: string): void;
  /** Adds a line to the timeline. */
  note(text: string): void;
}

/** How often `settle` looks. */
const lookEveryMs = 50;
const answerWithinMs = 1_000;
const forever = Number.POSITIVE_INFINITY;

export interface ClusterPorts {
  readonly machines: Machines;
  readonly checks: Checks;
  readonly note: (text: string) => void;
  readonly settleWithin: number;
}

export class Cluster implements SimulatedCluster {
  readonly #machines: Machines;
  readonly #checks: Checks;
  readonly #note: (text: string) => void;
  readonly #settleWithin: number;
  readonly #nemesis: Nemesis;
  #plan: FaultPlan = [];
  /** The faults that the test has begun: on the network until it heals, and others. */
  #network: Nemesis;
  #injected: Nemesis;

  constructor({ machines, checks, note, settleWithin }: ClusterPorts) {
    this.#machines = machines;
    this.#checks = checks;
    this.#note = note;
    this.#settleWithin = settleWithin;
    this.#nemesis = new Nemesis(machines, machines.test.clock);
    this.#network = new Nemesis(machines, machines.test.clock);
    this.#injected = new Nemesis(machines, machines.test.clock);
  }

  /** The faults of the plan that have begun. */
  get begun(): FaultPlan {
    return this.#nemesis.begun;
  }

  follow(plan: FaultPlan): void {
    this.#plan = plan;
    this.#nemesis.follow(plan);
  }

  get plan(): FaultPlan {
    return this.#plan;
  }

  get now(): number {
    return this.#machines.world.now;
  }

  get clock(): Clock {
    return this.#machines.test.clock;
  }

  get random(): Random {
    return this.#machines.random;
  }

  get nodes(): readonly SimulatedNode[] {
    return this.#machines.running;
  }

  run(program: (node: SimulatedNode) => void | Promise<void>): void {
    expectFunction("the program", program);
    this.#machines.addProgram(program);
  }

  node(id: Id): SimulatedNode {
    return this.#machines.node(toNodeId(id));
  }

  partition(...groups: readonly (readonly Id[])[]): void {
    this.#separate({ fault: "partition", groups: groups.map(ids), at: this.now, ms: forever });
  }

  blockOneWay(from: readonly Id[], to: readonly Id[]): void {
    this.#separate({ fault: "one_way", from: ids(from), to: ids(to), at: this.now, ms: forever });
  }

  cut(a: Id, b: Id): void {
    const between = [toNodeId(a), toNodeId(b)] as const;
    this.#separate({ fault: "cut", between, at: this.now, ms: forever });
  }

  heal(): void {
    this.#note("heals the network");
    void this.#network.end();
    this.#network = new Nemesis(this.#machines, this.clock);
  }

  crash(id: Id, death: Death = "reset"): void {
    this.#machines.takeDown(toNodeId(id), death);
  }

  restart(id: Id): SimulatedNode {
    this.#machines.restart(toNodeId(id));
    return this.node(id);
  }

  stop(id: Id): Promise<void> {
    return this.#machines.stop(toNodeId(id));
  }

  pause(id: Id, ms: number = forever): void {
    if (!(ms >= 0)) throw new RangeError(`Expected a duration of 0 ms or more, got ${ms}.`);
    this.#machines.pause(toNodeId(id), ms);
    this.#note(`pauses node ${id}`);
  }

  resume(id: Id): void {
    this.#machines.resume(toNodeId(id));
    this.#note(`resumes node ${id}`);
  }

  inject(step: FaultStep): void {
    checkFault("the fault", step, this.#machines.nodeIds);
    this.#injected.begin(step);
  }

  advance(ms: number): Promise<void> {
    if (!(Number.isFinite(ms) && ms >= 0)) {
      throw new RangeError(`Expected a duration of 0 ms or more, got ${ms}.`);
    }
    return new Promise((resolve) => this.clock.after(ms, resolve));
  }

  async settle(): Promise<void> {
    this.#note("ends all faults, and waits until everything has settled");
    for (const id of this.#machines.nodeIds) this.#machines.resume(id);
    await Promise.all([this.#nemesis.end(), this.#network.end(), this.#injected.end()]);
    this.#network = new Nemesis(this.#machines, this.clock);
    this.#injected = new Nemesis(this.#machines, this.clock);
    const until = this.now + this.#settleWithin;
    while (!(await this.#isSettled())) {
      if (this.now >= until) throw this.#unsettled();
      await this.advance(lookEveryMs);
    }
    this.#note("everything has settled");
  }

  invariant(name: string, check: () => void): void {
    this.#checks.always(name, check);
  }

  eventually(name: string, check: () => void | Promise<void>): void {
    this.#checks.atEnd(name, check);
  }

  sometimes(label: string): void {
    this.#checks.reached(label);
  }

  note(text: string): void {
    this.#note(text);
  }

  #separate(step: FaultStep): void {
    checkFault("the fault", step, this.#machines.nodeIds);
    this.#network.begin(step);
  }

  /** Names are told in the stream of everything else: who has answered `sync` has them. */
  async #isSettled(): Promise<boolean> {
    if (!this.#machines.meshed) return false;
    const { running } = this.#machines;
    const synced = running.map(({ service }) => service.names.sync({ timeout: answerWithinMs }));
    // In the time of the test: a node that crashes or stands still meanwhile has no time any more.
    const late = this.advance(answerWithinMs).then(() => false);
    const all = Promise.all(synced).then(
      () => true,
      () => false,
    );
    return (await Promise.race([all, late])) && this.#machines.meshed;
  }

  #unsettled(): Error {
    const missing = this.#machines.missingLinks();
    const what = missing.length > 0 ? `no link from ${missing.join(", ")}` : "names not told";
    return new Error(`Not settled within ${this.#settleWithin} ms of quiet: ${what}.`);
  }
}

function ids(group: readonly Id[]): string[] {
  if (!Array.isArray(group)) {
    throw new TypeError(`Expected nodes as a list of ids, got ${textOf(group)}.`);
  }
  return group.map(toNodeId);
}
