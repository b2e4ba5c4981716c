/**
 * Drives a world until a promise is settled, one callback after the other.
 *
 * Each callback has a turn of the real event loop of its own (`setImmediate`), so that every
 * promise that it settles is heard before the next callback, however long the chain: a simulation
 * waits on nothing but its own clock, hence nothing is left out.
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

/** So many callbacks have their turns in one round of the event loop, and it is not asked between. */
const turnsOfRound = 64;

const laterInThisProcess = setImmediate;

/**
 * Settles when `work` has, with what it came to. Rejects with what a callback throws, and when
 * nothing is left to run, or the limit is reached, and `work` still waits.
 */
export function drive<T>(work: () => Promise<T>, ports: DriverPorts): Promise<T> {
  const { world, traps, limitMs } = ports;
  return new Promise((resolve, reject) => {
    let ended = false;

    function end(settle: () => void): void {
      if (ended) return;
      ended = true;
      traps?.lift();
      settle();
    }

    function turn(run: () => void): void {
      if (ended) return;
      try {
        run();
      } catch (error) {
        end(() => reject(error));
      }
    }

    function step(): void {
      ports.afterEach();
      if (world.now > limitMs) throw new Error(`It still waits after ${limitMs} virtual ms.`);
      const ran = world.step();
      if (ran === undefined) throw new Error("It waits for something, and nothing can happen.");
    }

    function round(first: () => void): void {
      traps?.set();
      turn(first);
      for (let i = 1; i < turnsOfRound; i++) laterInThisProcess(turn, step);
      laterInThisProcess(() => {
        traps?.lift();
        if (!ended) laterInThisProcess(round, step);
      });
    }

    laterInThisProcess(round, () => {
      work().then(
        (value) => end(() => resolve(value)),
        (error: unknown) => end(() => reject(error)),
      );
    });
  });
}
