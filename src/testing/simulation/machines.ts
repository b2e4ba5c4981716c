/**
 * The machines of a simulated cluster: each runs one incarnation of its node after the other, and
 * chance and faults reach them here.
 */
import { createMemoryNetwork, type MemoryNetwork } from "../../carriers/memory/memory-network.ts";
import { createTermCodec } from "../../codecs/term/term-codec.ts";
import type { NodeId } from "../../core/mailbox-id.ts";
import type { Codec } from "../../ports/codec.ts";
import type { Random } from "../../ports/random.ts";
import type { TelemetryEvent } from "../../ports/telemetry.ts";
import type { ServiceSettings } from "../../runtime/settings.ts";
import { createSeededRandom } from "../seeded-random.ts";
import { Chance } from "./chance.ts";
import { textOf } from "./checks.ts";
import type { Victims } from "./nemesis.ts";
import { PathFaults } from "./path-faults.ts";
import { type Death, SimulatedProcess } from "./process.ts";
import { describeEvent, dialOnly, NodeRun, type SimulatedNode } from "./simulated-node.ts";
import { fingerprint, type Trace } from "./trace.ts";
import { World } from "./world.ts";

export interface MachinesOptions {
  readonly nodeIds: readonly NodeId[];
  readonly seed: number;
  readonly settings: ServiceSettings;
  /** Drawn when undefined. */
  readonly delayMs: readonly [least: number, most: number] | undefined;
  readonly chunk: boolean;
  readonly trace: Trace;
  readonly onEvent: ((node: SimulatedNode, event: TelemetryEvent) => void) | undefined;
  /** Something in the simulation failed: it ends there. */
  readonly onFailure: (error: unknown, where: string) => void;
}

/** What a node runs. */
export type Program = (node: SimulatedNode) => void | Promise<void>;

interface Machine {
  readonly id: NodeId;
  runs: number;
  node: NodeRun | undefined;
  /** Whether the test has taken it down: what a fault undoes must not start it again. */
  staysDown: boolean;
  /** How many twins it has had. */
  twins: number;
  /** Undoes the silence of a machine that is lost. */
  found: (() => void) | undefined;
}

/** Each source of chance is one of its own, so that a draw more in one changes no other. */
const streams = { order: 1, network: 2, test: 3, plan: 4, nodes: 16 };
const runsOfNode = 4_096;
/** Twins have the second half. */
const twinsOfNode = runsOfNode / 2;

export class Machines implements Victims {
  readonly world: World;
  readonly paths: PathFaults;
  readonly network: MemoryNetwork;
  /** The process of whoever runs the simulation. */
  readonly test: SimulatedProcess;
  readonly random: Random;
  readonly planRandom: Random;
  readonly #options: MachinesOptions;
  readonly #order: Random;
  readonly #programs: Program[] = [];
  readonly #machines = new Map<NodeId, Machine>();
  readonly #codecs: readonly Codec[] = [createTermCodec({ generateReaders: false })];
  #processes = 0;
  /** Undefined when a node has started or ended since it was asked for. */
  #running: readonly NodeRun[] | undefined;

  constructor(options: MachinesOptions) {
    const { seed, chunk } = options;
    this.#options = options;
    this.#order = stream(seed, streams.order);
    this.random = stream(seed, streams.test);
    this.planRandom = stream(seed, streams.plan);
    this.world = new World({
      random: this.#order,
      onStep: (moment, process) => options.trace.event(moment, process.number, 0),
    });
    const network = this.#createProcess("network");
    const random = stream(seed, streams.network);
    this.network = createMemoryNetwork({
      clock: network.clock,
      random,
      chunk,
      delayMs: options.delayMs ?? drawDelay(new Chance(random)),
      handshakeTimeout: options.settings.handshakeTimeout,
    });
    this.paths = new PathFaults(this.network);
    this.test = this.#createProcess("test");
    for (const id of options.nodeIds) {
      const fresh = { runs: 0, node: undefined, staysDown: false, twins: 0, found: undefined };
      this.#machines.set(id, { id, ...fresh });
    }
  }

  get nodeIds(): readonly NodeId[] {
    return this.#options.nodeIds;
  }

  /** The present or last run of a node. */
  node(id: NodeId): NodeRun {
    const { node } = this.#machine(id);
    if (node === undefined) throw new Error(`Node ${id} was never started.`);
    return node;
  }

  /** The same list until a node starts or ends: checks ask for it after every event. */
  get running(): readonly NodeRun[] {
    this.#running ??= Object.freeze(
      [...this.#machines.values()].flatMap(({ node }) => (node?.running ? [node] : [])),
    );
    return this.#running;
  }

  /** Of all nodes. */
  get pendingTimers(): number {
    const nodes = [...this.#machines.values()].flatMap(({ node }) => node ?? []);
    return nodes.reduce((sum, { process }) => sum + process.pendingTimers, 0);
  }

  /** Starts each node for the first time. */
  startAll(): void {
    for (const machine of this.#machines.values()) this.#start(machine);
  }

  /** Runs it on each node, and from now on at the start of each run of each. */
  addProgram(program: Program): void {
    this.#programs.push(program);
    for (const node of this.running) this.#begin(node, () => program(node));
  }

  /** Ends the run that a node has, and begins a new one. */
  restart(id: NodeId): void {
    const machine = this.#machine(id);
    machine.staysDown = false;
    this.#crash(machine, "reset");
    this.#start(machine);
  }

  /** Ends the process of a node for good, as far as faults are concerned. */
  takeDown(id: NodeId, death: Death): void {
    const machine = this.#machine(id);
    machine.staysDown = true;
    this.#crash(machine, death);
  }

  /** Stops the service of a node, likewise. Settles when its process is gone. */
  async stop(id: NodeId): Promise<void> {
    const machine = this.#machine(id);
    machine.staysDown = true;
    await this.#stop(machine);
  }

  crashFor(id: NodeId, death: Death): () => void {
    const machine = this.#machine(id);
    const { node } = machine;
    if (!this.#crash(machine, death)) return nothing;
    return () => this.#startAfter(machine, node);
  }

  stopFor(id: NodeId): () => void | Promise<void> {
    const machine = this.#machine(id);
    const { node } = machine;
    if (node?.running !== true) return nothing;
    const stopped = this.#stop(machine);
    return () => stopped.then(() => this.#startAfter(machine, node));
  }

  pause(id: NodeId, ms: number): () => void {
    return this.#machine(id).node?.process.standStill(ms) ?? nothing;
  }

  resume(id: NodeId): void {
    this.#machine(id).node?.process.goOn();
  }

  slowDown(id: NodeId, costMs: number): () => void {
    return this.#machine(id).node?.process.slowDown(costMs) ?? nothing;
  }

  jumpClock(id: NodeId, ms: number): void {
    this.#machine(id).node?.process.jumpClock(ms);
  }

  endLinks(id: NodeId, peer: NodeId): void {
    this.#machine(id).node?.process.endLinks(peer);
  }

  startTwin(id: NodeId): () => void {
    const machine = this.#machine(id);
    machine.twins += 1;
    const name = machine.twins === 1 ? `${id}-twin` : `${id}-twin#${machine.twins}`;
    const twin = this.#createRun(machine, name, twinsOfNode + machine.twins);
    this.#begin(twin, () => twin.service.start());
    return () => {
      twin.die("reset");
      this.world.remove(twin.process);
    };
  }

  note(text: string): void {
    this.#note("faults", text);
  }

  /** Every node that runs has a link to the present run of every other. */
  get meshed(): boolean {
    const { running } = this;
    return running.every((one) =>
      running.every((other) => {
        return one === other || one.linkedTo.get(other.id) === other.service.self.epoch;
      }),
    );
  }

  /** What `meshed` waits for, for people. */
  missingLinks(): string[] {
    const { running } = this;
    return running.flatMap((one) =>
      running
        .filter((other) => other !== one)
        .filter((other) => one.linkedTo.get(other.id) !== other.service.self.epoch)
        .map((other) => `${one.name} to ${other.name}`),
    );
  }

  #start(machine: Machine): void {
    const { id } = machine;
    if (machine.node?.process.dead === false) return;
    machine.found?.();
    machine.found = undefined;
    machine.runs += 1;
    const name = machine.runs === 1 ? id : `${id}#${machine.runs}`;
    const node = this.#createRun(machine, name, machine.runs);
    machine.node = node;
    this.#running = undefined;
    this.#note(name, "starts");
    this.#begin(node, () => node.service.start());
    for (const program of this.#programs) this.#begin(node, () => program(node));
  }

  /** Starts a node that a fault has taken down, unless that has been done, or must not be. */
  #startAfter(machine: Machine, ended: NodeRun | undefined): void {
    if (machine.node === ended && !machine.staysDown) this.#start(machine);
  }

  /** Returns whether there was anything to crash. */
  #crash(machine: Machine, death: Death): boolean {
    const { node } = machine;
    if (node === undefined || node.process.dead) return false;
    this.#note(node.name, `crashes (${death})`);
    if (death === "lost") this.#lose(machine);
    node.die(death);
    this.world.remove(node.process);
    return true;
  }

  async #stop({ node }: Machine): Promise<void> {
    if (node === undefined || node.process.dead) return;
    if (node.running) this.#note(node.name, "is stopped");
    await node.leave();
    if (!node.process.dead) node.die("closed");
    this.world.remove(node.process);
  }

  #createRun(machine: Machine, name: string, streamOfNode: number): NodeRun {
    const { nodeIds, seed, settings, trace, onEvent } = this.#options;
    const { id, runs } = machine;
    const place = nodeIds.indexOf(id);
    const carrier = this.network.carrier(id);
    return new NodeRun({
      id,
      run: runs,
      peers: nodeIds.filter((other) => other !== id),
      process: this.#createProcess(name, id),
      carrier: streamOfNode < twinsOfNode ? carrier : dialOnly(carrier),
      codecs: this.#codecs,
      settings,
      random: stream(seed, streams.nodes + place * runsOfNode + streamOfNode),
      onEvent: (node, event) => {
        const text = describeEvent(event);
        if (text !== undefined) trace.note(this.world.now, node.name, text);
        this.#tell(() => onEvent?.(node, event));
      },
      onNote: (who, text) => this.#note(who, text),
      onEnding: () => {
        this.#running = undefined;
      },
    });
  }

  #createProcess(name: string, id = name): SimulatedProcess {
    this.#processes += 1;
    const { world } = this;
    const { trace } = this.#options;
    const number = this.#processes;
    const process = new SimulatedProcess(name, number, {
      now: () => world.now,
      checkDriven: world.checkDriven,
      random: this.#order,
      holdBack: (peer, held) => {
        const path = { from: peer, to: id };
        if (held) this.paths.add("stalled", path);
        else this.paths.remove("stalled", path);
      },
      onBytes: (bytes) => trace.event(world.now, number, fingerprint(bytes)),
    });
    world.add(process);
    return process;
  }

  #lose(machine: Machine): void {
    const { id } = machine;
    const paths = this.nodeIds
      .filter((other) => other !== id)
      .flatMap((other) => [
        { from: id, to: other },
        { from: other, to: id },
      ]);
    for (const path of paths) this.paths.add("silent", path);
    machine.found = () => {
      for (const path of paths) this.paths.remove("silent", path);
    };
  }

  /** What the test throws there would be contained by the service. */
  #tell(hear: () => void): void {
    try {
      hear();
    } catch (error) {
      this.#options.onFailure(error, "onEvent");
    }
  }

  #begin(node: NodeRun, run: () => void | Promise<void>): void {
    node.clock.soon(() => this.#watch(node, run));
  }

  #watch(node: NodeRun, run: () => void | Promise<void>): void {
    const work = async (): Promise<void> => run();
    work().catch((error: unknown) => {
      if (!node.running) return;
      this.#note(node.name, `its program fails: ${textOf(error)}`);
      this.#options.onFailure(error, `the program of node ${node.name}`);
    });
  }

  #note(who: string, text: string): void {
    this.#options.trace.note(this.world.now, who, text);
  }

  #machine(id: NodeId): Machine {
    const machine = this.#machines.get(id);
    if (machine !== undefined) return machine;
    const nodes = this.nodeIds.join(", ");
    throw new RangeError(`Expected a node of the simulation (${nodes}), got ${String(id)}.`);
  }
}

/** From a network in one room to one around the world. */
function drawDelay(chance: Chance): [number, number] {
  const least = chance.below(31);
  return [least, least + chance.below(71)];
}

function stream(seed: number, number: number): Random {
  // A thousand nodes with their runs come to less than 2^22.
  return createSeededRandom(seed * 0x40_0000 + number);
}

function nothing(): void {}
