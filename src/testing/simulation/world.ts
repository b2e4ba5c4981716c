/**
 * The time of a simulation, and whose turn it is: one event after the other, over all processes.
 *
 * Of the processes that have something to run at the same moment, chance takes one for each event,
 * so that what happens at once happens in every order. Callbacks take no time, unless a process was
 * told to be slow.
 */
import type { Random } from "../../ports/random.ts";
import type { SimulatedProcess } from "./process.ts";

/** As many callbacks at one moment are taken for callbacks that ask for each other for ever. */
const endless = 100_000;

export interface WorldPorts {
  readonly random: Random;
  /** The process is about to run a callback. */
  readonly onStep: (moment: number, process: SimulatedProcess) => void;
}

export class World {
  /** Whether callbacks run now, and the promises that they settle. Whoever drives it says so. */
  driven = false;
  readonly #ports: WorldPorts;
  readonly #processes: SimulatedProcess[] = [];
  #now = 0;
  #steps = 0;
  #stepsOfMoment = 0;

  constructor(ports: WorldPorts) {
    this.#ports = ports;
  }

  get now(): number {
    return this.#now;
  }

  /** How many callbacks have run. */
  get steps(): number {
    return this.#steps;
  }

  get processes(): readonly SimulatedProcess[] {
    return this.#processes;
  }

  /**
   * Throws unless it is driven now: what runs at any other time has waited for something that no
   * seed decides.
   */
  readonly checkDriven = (): void => {
    if (this.driven) return;
    throw new Error(
      "A simulation was used outside its turn: what runs in it has waited for something that is " +
        "not of it (a file, a socket, a timer of Node.js, another simulation), or it has ended. " +
        "Wait for cluster.advance(ms), node.sleep(ms) or messages alone.",
    );
  };

  add(process: SimulatedProcess): void {
    this.#processes.push(process);
  }

  remove(process: SimulatedProcess): void {
    const at = this.#processes.indexOf(process);
    if (at >= 0) this.#processes.splice(at, 1);
  }

  /** Runs the next callback, and returns whose it was; `undefined` when nothing is left to run. */
  step(): SimulatedProcess | undefined {
    const { random, onStep } = this.#ports;
    let earliest = Number.POSITIVE_INFINITY;
    let chosen: SimulatedProcess | undefined;
    let equals = 0;
    for (const process of this.#processes) {
      const moment = process.nextMoment();
      if (moment > earliest || moment === Number.POSITIVE_INFINITY) continue;
      equals = moment === earliest ? equals + 1 : 1;
      earliest = moment;
      if (equals === 1 || random.fraction() * equals < 1) chosen = process;
    }
    if (chosen === undefined) return undefined;
    this.#count(earliest);
    onStep(earliest, chosen);
    chosen.runNext();
    return chosen;
  }

  #count(moment: number): void {
    this.#stepsOfMoment = moment === this.#now ? this.#stepsOfMoment + 1 : 1;
    this.#now = moment;
    this.#steps += 1;
    if (this.#stepsOfMoment <= endless) return;
    throw new Error(`${endless} callbacks ran at ${moment} ms: they ask for each other for ever.`);
  }
}
