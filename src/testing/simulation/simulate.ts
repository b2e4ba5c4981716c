/**
 * Runs a whole cluster in this process, in virtual time, in a way that one seed decides: deliveries
 * and their borders, delays, faults, and whose turn it is.
 *
 * The services are the real ones; only time, chance and the network are not.
 */
import { AmbientTraps } from "./ambient.ts";
import { Checks, textOf } from "./checks.ts";
import { Cluster, type SimulatedCluster } from "./cluster.ts";
import { drive } from "./driver.ts";
import { drawFaultPlan, type FaultPlan } from "./fault-plan.ts";
import { Machines } from "./machines.ts";
import { shrinkList } from "./shrink.ts";
import { SimulationFailed } from "./simulation-failed.ts";
import {
  mostSeed,
  type ResolvedOptions,
  resolveOptions,
  type SimulateOptions,
} from "./simulation-options.ts";
import { type TimelineEntry, Trace } from "./trace.ts";

/** What a simulation that went well has to tell. */
export interface Simulation {
  readonly seed: number;
  /** SHA-256 over every event: the same for the same seed, options and code. */
  readonly traceHash: string;
  /** How long it went on, in virtual ms. */
  readonly virtualMs: number;
  /** How many callbacks it ran. */
  readonly events: number;
  /** The faults that it met. */
  readonly plan: FaultPlan;
  /** How often each state given to `cluster.sometimes` was reached. */
  readonly sometimes: ReadonlyMap<string, number>;
  readonly timeline: readonly TimelineEntry[];
  /** Links that are still open after every service was stopped. None, unless something leaks. */
  readonly openLinks: number;
  /** Timers that nodes still have then: those of programs that never end. */
  readonly pendingTimers: number;
}

/** What is run against a cluster. It begins anew each time that it is called. */
export type SimulationBody = (cluster: SimulatedCluster) => void | Promise<void>;

/**
 * Runs `body` against a cluster of `nodes` services, all of which have been started. Time goes on
 * while `body` waits for anything of the simulation: a message, `cluster.advance`, `node.sleep`.
 *
 * `body` and the programs may wait for the simulation alone. Real time and real chance throw where
 * they are touched. What has waited for anything else, as a file or a socket, throws when it comes
 * back to the simulation. What `body` changes outside of itself it finds changed when it is run
 * again: it has to begin anew inside.
 *
 * When `body` is done, all faults end, the cluster has to settle (see `SimulatedCluster.settle`),
 * what was given to `eventually` has to hold, and the services are stopped, which invariants see.
 *
 * Rejects with `SimulationFailed` when an invariant does not hold, when `body`, a program or a
 * callback throws, when the cluster does not settle, or when `body` waits for what never comes. The
 * faults of the plan are made fewer before, as long as what fails begins with the same words, which
 * runs `body` again, up to `shrinkRuns` times.
 * Rejects with a `TypeError` or a `RangeError` for options that cannot be.
 */
export async function simulate(
  options: SimulateOptions,
  body: SimulationBody,
): Promise<Simulation> {
  if (typeof body !== "function") {
    throw new TypeError(`Expected what to run as a function, got ${String(body)}.`);
  }
  const resolved = resolveOptions(options, () => Math.floor(Math.random() * mostSeed));
  const outcome = await runOnce(resolved, planOf(resolved), body);
  if (outcome.failure === undefined) return outcome.simulation;
  throw await explain(resolved, outcome, body);
}

interface Outcome {
  readonly simulation: Simulation;
  /** What was thrown, in an array of one: it may be anything. */
  readonly failure: readonly [unknown] | undefined;
}

function planOf(options: ResolvedOptions): (machines: Machines) => FaultPlan {
  const { faults, nodeIds } = options;
  if (!("kinds" in faults)) return () => faults;
  const { kinds, meanGap, duration, longest } = faults;
  const wanted = {
    nodes: nodeIds,
    kinds,
    meanGapMs: meanGap,
    durationMs: duration,
    longestMs: longest,
  };
  return (machines) => drawFaultPlan(machines.planRandom, wanted);
}

/** The failure with as few faults as are needed for one. */
async function explain(
  options: ResolvedOptions,
  first: Outcome,
  body: SimulationBody,
): Promise<SimulationFailed> {
  let smallest = first;
  const head = headOf(first);
  const { plan } = first.simulation;
  const { runs } = await shrinkList(
    plan,
    async (candidate) => {
      const outcome = await runOnce(options, () => candidate, body);
      if (headOf(outcome) !== head) return false;
      smallest = outcome;
      return true;
    },
    options.shrinkRuns,
  );
  const { seed, virtualMs, timeline, traceHash } = smallest.simulation;
  const run = {
    seed,
    at: virtualMs,
    plan: smallest.simulation.plan,
    drawn: plan.length,
    shrinkRuns: runs,
    timeline,
    traceHash,
  };
  return new SimulationFailed(run, smallest.failure?.[0]);
}

/** What tells failures apart: names of invariants, whole; else no numbers, which change. */
function headOf({ failure }: Outcome): string | undefined {
  if (failure === undefined) return undefined;
  const text = textOf(failure[0]);
  return /^(Invariant )?".*?" does not hold/.exec(text)?.[0] ?? text.split(/[\d:]/, 1)[0];
}

async function runOnce(
  options: ResolvedOptions,
  planFor: (machines: Machines) => FaultPlan,
  body: SimulationBody,
): Promise<Outcome> {
  const trace = new Trace();
  const checks = new Checks();
  const failures: unknown[] = [];
  const machines = createMachines(options, trace, (error, where) => {
    trace.note(machines.world.now, "test", `${where} throws: ${textOf(error)}`);
    failures.push(error);
  });
  const note = (text: string) => trace.note(machines.world.now, "test", text);
  const cluster = new Cluster({ machines, checks, note, settleWithin: options.settleWithin });
  const plan = planFor(machines);
  let failure: readonly [unknown] | undefined;
  try {
    await drive(() => wholeLife(cluster, machines, checks, plan, body), {
      world: machines.world,
      traps: options.trapAmbient ? new AmbientTraps() : undefined,
      limitMs: options.limit,
      afterEach: () => {
        if (failures.length > 0) throw failures[0];
        checks.checkAlways();
      },
    });
  } catch (error) {
    failure = [error];
  }
  return { simulation: resultOf(options, machines, trace, checks, cluster.begun), failure };
}

async function wholeLife(
  cluster: Cluster,
  machines: Machines,
  checks: Checks,
  plan: FaultPlan,
  body: SimulationBody,
): Promise<void> {
  machines.startAll();
  cluster.follow(plan);
  await body(cluster);
  await cluster.settle();
  await checks.checkAtEnd();
  cluster.note("stops the services");
  await Promise.all(machines.running.map((node) => node.leave()));
}

function createMachines(
  options: ResolvedOptions,
  trace: Trace,
  onFailure: (error: unknown, where: string) => void,
): Machines {
  const { nodeIds, seed, settings, chunk, onEvent } = options;
  return new Machines({
    nodeIds,
    seed,
    settings,
    chunk,
    trace,
    onEvent,
    onFailure,
    delayMs: options.delay,
  });
}

function resultOf(
  options: ResolvedOptions,
  machines: Machines,
  trace: Trace,
  checks: Checks,
  plan: FaultPlan,
): Simulation {
  const { world, network } = machines;
  return {
    seed: options.seed,
    traceHash: trace.digest(),
    virtualMs: world.now,
    events: world.steps,
    plan,
    sometimes: checks.sometimes,
    timeline: trace.timeline,
    openLinks: network.links,
    pendingTimers: machines.pendingTimers,
  };
}
