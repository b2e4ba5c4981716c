/**
 * Drives a world until a promise is settled, one callback after the other.
 *
 * Between two callbacks every promise that the first has settled is heard, however long the chain:
 * a simulation waits on nothing but its own clock, hence nothing is left out. It works in rounds,
 * which nothing else of this process comes between; where one round has ended and the next has not
 * begun, whatever still comes to the simulation has waited for something else, and is refused.
 */
import type { AmbientTraps } from "./ambient.ts";
import type { World } from "./world.ts";

export interface DriverPorts {
  readonly world: World;
  /** Undefined where the real clock and real chance may be used. */
  readonly traps: AmbientTraps | undefined;
  /** Runs after each callback and the promises it settled. A throw ends the drive. */
  readonly afterEach: () => void;
  /** The world may go on until this moment. */
  readonly limitMs: number;
}

/** Some milliseconds of work, after which the rest of the process has its turn. */
const turnsOfRound = 1024;
/** At the end of a round, for what waits for `process.nextTick` over and over, as streams do. */
const ticksAtEnd = 32;

const laterInThisProcess = setImmediate;
const nextTick = process.nextTick.bind(process);

const settled = Promise.resolve();

/** Node hears all promises before it takes the next tick. */
function whenHeard(run: () => void): void {
  void settled.then(() => nextTick(run));
}

function whenAllIsHeard(run: () => void, ticks: number): void {
  if (ticks === 0) run();
  else whenHeard(() => whenAllIsHeard(run, ticks - 1));
}

/**
 * Settles when `work` has, with what it came to. Rejects with what a callback throws, and when
 * nothing is left to run, or the limit is reached, and `work` still waits.
 */
export function drive<T>(work: () => Promise<T>, ports: DriverPorts): Promise<T> {
  return new Promise((resolve, reject) => new Drive(ports, resolve, reject).begin(work));
}

class Drive<T> {
  readonly #ports: DriverPorts;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  #ended = false;
  #turns = 0;
  /** Whether there was nothing left to run when it was looked last. */
  #idle = false;

  constructor(ports: DriverPorts, resolve: (value: T) => void, reject: (error: unknown) => void) {
    this.#ports = ports;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(work: () => Promise<T>): void {
    laterInThisProcess(() => {
      this.#enter();
      work().then(
        (value) => this.#succeed(value),
        (error: unknown) => this.#end(() => this.#reject(error)),
      );
      whenAllIsHeard(this.#pause, ticksAtEnd);
    });
  }

  readonly #turn = (): void => {
    if (this.#ended || !this.#attempt(() => this.#step())) return;
    this.#turns += 1;
    const roundEnds = this.#turns % turnsOfRound === 0;
    if (roundEnds || this.#idle) whenAllIsHeard(roundEnds ? this.#pause : this.#turn, ticksAtEnd);
    else whenHeard(this.#turn);
  };

  #step(): void {
    const { world, afterEach, limitMs } = this.#ports;
    afterEach();
    if (world.now > limitMs) {
      throw new Error(`The test still waits after ${limitMs} virtual ms, its option limit.`);
    }
    const nothingLeft = world.step() === undefined;
    if (nothingLeft && this.#idle) {
      throw new Error("The test waits for something, and nothing is left that can happen.");
    }
    this.#idle = nothingLeft;
  }

  readonly #pause = (): void => {
    this.#leave();
    if (!this.#ended) laterInThisProcess(this.#goOn);
  };

  readonly #goOn = (): void => {
    if (this.#ended) return;
    this.#enter();
    this.#turn();
  };

  #enter(): void {
    this.#ports.world.driven = true;
    this.#ports.traps?.set();
  }

  #leave(): void {
    const { world, traps } = this.#ports;
    if (!world.driven) return;
    traps?.lift();
    world.driven = false;
  }

  #succeed(value: T): void {
    const { world, afterEach } = this.#ports;
    const done = (): void => {
      world.checkDriven();
      afterEach();
    };
    if (this.#attempt(done)) this.#end(() => this.#resolve(value));
  }

  /** Returns whether it went well, and is to go on. */
  #attempt(run: () => void): boolean {
    try {
      run();
    } catch (error) {
      this.#end(() => this.#reject(error));
    }
    return !this.#ended;
  }

  #end(settle: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#leave();
    settle();
  }
}
