/**
 * What is wrong with each path of the network, counted: faults of several causes may lie over each
 * other, and a path works again when the last of them is undone.
 */
import type { MemoryNetwork, OneWay } from "../../carriers/memory/memory-network.ts";

/** As the memory network has them; "told" is always both ways. */
export type PathFault = "told" | "silent" | "stalled";

type Counts = Record<PathFault, number>;

export class PathFaults {
  readonly #network: MemoryNetwork;
  readonly #paths = new Map<string, Counts>();

  constructor(network: MemoryNetwork) {
    this.#network = network;
  }

  add(fault: PathFault, path: OneWay): void {
    const counts = this.#countsOf(path);
    counts[fault] += 1;
    if (counts[fault] === 1) this.#apply(path, counts);
  }

  remove(fault: PathFault, path: OneWay): void {
    const counts = this.#countsOf(path);
    counts[fault] -= 1;
    if (counts[fault] === 0) this.#apply(path, counts);
  }

  /** Whether anything is wrong with the path. */
  has(path: OneWay): boolean {
    const { told, silent, stalled } = this.#countsOf(path);
    return told + silent + stalled > 0;
  }

  #apply(path: OneWay, { told, silent, stalled }: Counts): void {
    if (told > 0) this.#network.cut(path.from, path.to);
    else if (silent > 0) this.#network.cut(path);
    else this.#network.heal(path);
    if (stalled > 0) this.#network.stall(path);
    else this.#network.resume(path);
  }

  #countsOf({ from, to }: OneWay): Counts {
    const key = `${from}>${to}`;
    const known = this.#paths.get(key);
    if (known !== undefined) return known;
    const counts = { told: 0, silent: 0, stalled: 0 };
    this.#paths.set(key, counts);
    return counts;
  }
}
