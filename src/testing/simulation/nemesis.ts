/** Carries out a plan of faults: begins each step at its moment, and undoes it after its time. */
import type { OneWay } from "../../carriers/memory/memory-network.ts";
import type { Clock } from "../../ports/clock.ts";
import { type FaultPlan, type FaultStep, formatFault } from "./fault-plan.ts";
import type { PathFault, PathFaults } from "./path-faults.ts";
import type { Death } from "./process.ts";

type Undo = () => void | Promise<void>;

/**
 * What a nemesis can do to the nodes of a cluster. Nodes that are down are left alone, and each
 * fault is undone for itself: what it returns takes back no other, nor anything of a later run.
 */
export interface Victims {
  readonly paths: PathFaults;
  pause(node: string, ms: number): Undo;
  slowDown(node: string, costMs: number): Undo;
  jumpClock(node: string, ms: number): void;
  /** Ends the links that the node has with a peer. */
  endLinks(node: string, peer: string): void;
  /** The undo starts the node again, if it is this that has taken it down. */
  crashFor(node: string, death: Death): Undo;
  /** Likewise, and settles when it has. */
  stopFor(node: string): Undo;
  /** Starts a second process with the identity of the node, and returns what ends it. */
  startTwin(node: string): Undo;
  note(text: string): void;
}

export class Nemesis {
  readonly #victims: Victims;
  readonly #clock: Clock;
  readonly #timers = new Set<Disposable>();
  readonly #active = new Set<Undo>();
  /** Undoing that takes its time: a service that still takes its leave. */
  readonly #undoing = new Set<Promise<void>>();
  readonly #begun: FaultStep[] = [];
  #ended = false;

  constructor(victims: Victims, clock: Clock) {
    this.#victims = victims;
    this.#clock = clock;
  }

  /** The steps that have begun so far. */
  get begun(): FaultPlan {
    return this.#begun;
  }

  /** Begins the steps of the plan at their moments, from now on. */
  follow(plan: FaultPlan): void {
    for (const step of plan) this.#after(step.at, () => this.begin(step));
  }

  /** Begins a step now, whatever its moment. */
  begin(step: FaultStep): void {
    this.#victims.note(formatFault(step));
    this.#begun.push(step);
    const undoThis = this.#begin(step);
    const undo = (): void | Promise<void> => undoThis();
    this.#active.add(undo);
    this.#after(step.ms, () => this.#undo(undo));
  }

  /** Begins nothing more, undoes what was begun, and settles when all of that is done. */
  async end(): Promise<void> {
    this.#ended = true;
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#timers.clear();
    for (const undo of this.#active) this.#undo(undo);
    await Promise.all(this.#undoing);
  }

  #undo(undo: Undo): void {
    if (!this.#active.delete(undo)) return;
    const done = undo();
    if (done !== undefined) this.#undoing.add(done);
  }

  #begin(step: FaultStep): Undo {
    const { paths } = this.#victims;
    switch (step.fault) {
      case "cut":
        return lay(paths, "told", bothWays([[step.between[0]], [step.between[1]]]));
      case "partition":
        return lay(paths, "silent", bothWays(step.groups));
      case "one_way":
        return lay(paths, "silent", across(step.from, step.to));
      case "clog":
        return lay(paths, "stalled", across([step.from], [step.to]));
      case "half_open":
        return this.#endOneSide(step);
      case "swizzle":
        return this.#swizzle(step);
      default:
        return this.#harm(step);
    }
  }

  #harm(step: Extract<FaultStep, { readonly node: string }>): Undo {
    const victims = this.#victims;
    const { node } = step;
    switch (step.fault) {
      case "pause":
        return victims.pause(node, step.ms);
      case "slow":
        return victims.slowDown(node, step.costMs);
      case "clock_jump":
        victims.jumpClock(node, step.ms);
        return nothing;
      case "crash":
        return victims.crashFor(node, step.death);
      case "stop":
        return victims.stopFor(node);
      case "twin":
        return victims.startTwin(node);
    }
  }

  /** What would tell the other side is swallowed, for as long as the fault lasts. */
  #endOneSide({ from, to }: Extract<FaultStep, { readonly fault: "half_open" }>): Undo {
    const undo = lay(this.#victims.paths, "silent", [{ from, to }]);
    this.#victims.endLinks(from, to);
    return undo;
  }

  /** The first half of its time it clogs one path after the other, the second it clears them. */
  #swizzle({ paths: list, order, ms }: Extract<FaultStep, { readonly fault: "swizzle" }>): Undo {
    const undos: (() => void)[] = [];
    const each = ms / 2 / list.length;
    list.forEach(([from, to], i) => {
      this.#after(i * each, () => {
        undos[i] = once(lay(this.#victims.paths, "stalled", [{ from, to }]));
      });
    });
    order.forEach((path, i) => {
      this.#after(ms / 2 + i * each, () => undos[path]?.());
    });
    return () => {
      for (const undo of undos) undo?.();
    };
  }

  #after(ms: number, run: () => void): void {
    if (this.#ended || ms === Number.POSITIVE_INFINITY) return;
    const timer = this.#clock.after(ms, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }
}

function lay(paths: PathFaults, fault: PathFault, over: readonly OneWay[]): () => void {
  for (const path of over) paths.add(fault, path);
  return () => {
    for (const path of over) paths.remove(fault, path);
  };
}

function across(from: readonly string[], to: readonly string[]): OneWay[] {
  return from.flatMap((a) => to.map((b) => ({ from: a, to: b }))).filter((p) => p.from !== p.to);
}

/** Every path between nodes of two different groups. */
function bothWays(groups: readonly (readonly string[])[]): OneWay[] {
  return groups.flatMap((group) =>
    groups.flatMap((other) => (other === group ? [] : across(group, other))),
  );
}

function once(undo: () => void): () => void {
  let done = false;
  return () => {
    if (!done) undo();
    done = true;
  };
}

function nothing(): void {}
