/**
 * A network within one process, for tests: every node has a carrier on it, and the test decides
 * what becomes of the paths between them.
 *
 * What a service sends is turned into bytes and copied, as over a real network. Given the same
 * clock, the same seed and the same calls, the same events happen in the same order: each comes
 * through `Clock.soon` or a timer, and chance only from the `Random` it was given.
 *
 * Four things can happen to a path, in one direction or in both:
 *
 * - *cut*: links between the two nodes go down on both ends, and dials fail. A cable pulled out of
 *   a machine that notices.
 * - *cut in silence*: nothing comes through and nobody is told, neither of bytes nor of an end that
 *   goes down. The sender's system takes bytes as before, so that `pendingBytes` tells nothing, and
 *   dials hang. What was sent comes through when the cut is healed while both ends are still up, as
 *   TCP sends again what was not acknowledged.
 * - *stalled*: nothing is read, so that `pendingBytes` grows at the sender, and dials hang.
 * - *healed*, or *resumed*.
 */
import { type NodeId, toNodeId } from "../../core/mailbox-id.ts";
import type { Carrier } from "../../ports/carrier.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import { MemoryCarrier } from "./memory-carrier.ts";
import type { MemoryPath } from "./memory-path.ts";
import { MemorySwitchboard } from "./memory-switchboard.ts";

/** What a network in memory lives by. The same clock, chance and calls give the same events. */
export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** Needed by `chunk` and `delayMs`, and by nothing else. */
  readonly random?: Random;
  /**
   * Whether bytes arrive in pieces with random borders. Off unless said: in whole writes or more.
   */
  readonly chunk?: boolean;
  /** The least and the most that bytes and dials are under way each way. 0 unless said. */
  readonly delayMs?: readonly [least: number, most: number];
  /**
   * An accepted link that is not admitted within so many milliseconds goes down. 5,000 unless said.
   */
  readonly handshakeTimeout?: number;
}

/** What is wrong with one carrier. */
export interface MemoryCarrierSettings {
  /**
   * Makes each link from and to the carrier fail. "tls": a dial rejects with
   * `REIGN_CLUSTER_HANDSHAKE_FAILED`, stage `tls`. "cluster": the link comes up, and closes when
   * the first bytes of the cluster handshake arrive at either end; they are not handed over, so
   * that neither end can take the handshake for done.
   */
  readonly failHandshake?: "tls" | "cluster";
}

/** One direction: what `from` sends to `to`. */
export interface OneWay {
  readonly from: NodeId | number;
  readonly to: NodeId | number;
}

/** A network within this process, whose paths a test cuts, stalls and heals. */
export interface MemoryNetwork {
  /**
   * A carrier that is `nodeId`, without proof. Two for one node are two processes that both claim
   * to be it: either can dial, and one at a time can listen.
   */
  carrier(nodeId: NodeId | number, settings?: MemoryCarrierSettings): Carrier;

  /** Cuts both directions between two nodes. */
  cut(a: NodeId | number, b: NodeId | number, options?: { readonly silent?: boolean }): void;
  /**
   * Cuts one direction, which is always silent: who could tell the sender? Dials hang both ways.
   */
  cut(oneWay: OneWay): void;
  /** Undoes cuts, of either kind. Links that went down stay down; dials that hang go on. */
  heal(a: NodeId | number, b: NodeId | number): void;
  /** Undoes the cut of one direction. */
  heal(oneWay: OneWay): void;
  /** Undoes all cuts. */
  heal(): void;

  /** Stops all reading between two nodes, or in one direction. */
  stall(a: NodeId | number, b: NodeId | number): void;
  /** Stops all reading in one direction. */
  stall(oneWay: OneWay): void;
  /** Undoes `stall`: what was held back comes through, in order. */
  resume(a: NodeId | number, b: NodeId | number): void;
  /** Undoes the stall of one direction. */
  resume(oneWay: OneWay): void;
  /** Undoes all stalls. */
  resume(): void;

  /** Links of which one end at least is up. 0 at the end of a test that leaves nothing behind. */
  readonly links: number;
}

/** Makes a network without nodes: each carrier that is asked for is one. */
export function createMemoryNetwork(options: MemoryNetworkOptions): MemoryNetwork {
  return new FaultyNetwork(options);
}

class FaultyNetwork implements MemoryNetwork {
  readonly #switchboard: MemorySwitchboard;

  constructor(options: MemoryNetworkOptions) {
    const { clock, random, chunk = false, delayMs = [0, 0], handshakeTimeout = 5000 } = options;
    checkDelay(delayMs);
    if (random === undefined && (chunk || delayMs[0] !== delayMs[1])) {
      throw new TypeError("Expected a random beside chunk or delayMs, got none.");
    }
    if (!(handshakeTimeout > 0)) {
      throw new RangeError(`Expected a handshakeTimeout above 0 ms, got ${handshakeTimeout}.`);
    }
    this.#switchboard = new MemorySwitchboard({
      transit: { clock, random, chunk, delayMs },
      handshakeTimeoutMs: handshakeTimeout,
    });
  }

  get links(): number {
    return this.#switchboard.connectionCount;
  }

  carrier(nodeId: NodeId | number, settings: MemoryCarrierSettings = {}): Carrier {
    return new MemoryCarrier({
      nodeId: toNodeId(nodeId),
      failHandshake: settings.failHandshake,
      switchboard: this.#switchboard,
    });
  }

  cut(
    a: NodeId | number | OneWay,
    b?: NodeId | number,
    { silent = false }: { readonly silent?: boolean } = {},
  ): void {
    const cut = silent || typeof a === "object" ? "silent" : "told";
    for (const path of this.#pathsBetween(a, b)) path.cut = cut;
    this.#switchboard.pathsChanged();
  }

  heal(a?: NodeId | number | OneWay, b?: NodeId | number): void {
    for (const path of this.#pathsOf(a, b)) path.cut = undefined;
    this.#switchboard.pathsChanged();
  }

  stall(a: NodeId | number | OneWay, b?: NodeId | number): void {
    for (const path of this.#pathsBetween(a, b)) path.stalled = true;
    this.#switchboard.pathsChanged();
  }

  resume(a?: NodeId | number | OneWay, b?: NodeId | number): void {
    for (const path of this.#pathsOf(a, b)) path.stalled = false;
    this.#switchboard.pathsChanged();
  }

  #pathsOf(a?: NodeId | number | OneWay, b?: NodeId | number): Iterable<MemoryPath> {
    const all = a === undefined && b === undefined;
    return all ? this.#switchboard.paths.all() : this.#pathsBetween(a, b);
  }

  #pathsBetween(a?: NodeId | number | OneWay, b?: NodeId | number): readonly MemoryPath[] {
    const { paths } = this.#switchboard;
    if (typeof a === "object") return [paths.get(toNodeId(a.from), toNodeId(a.to))];
    if (a === undefined || b === undefined) {
      throw new TypeError("Expected two node ids or { from, to }, got one node id.");
    }
    const ends = [toNodeId(a), toNodeId(b)] as const;
    return [paths.get(ends[0], ends[1]), paths.get(ends[1], ends[0])];
  }
}

function checkDelay([least, most]: readonly [number, number]): void {
  if (least >= 0 && least <= most && Number.isFinite(most)) return;
  throw new RangeError(`Expected delayMs as [least, most] from 0 up, got [${least}, ${most}].`);
}
