/**
 * One connection through the proxy: two sockets, and a lane for each direction between them.
 *
 * Each end hears of the other through its lane and in no other way, so that faults of a direction
 * hold for ends and resets too. Two ends that are both over are let go even if neither was told.
 */
import type { Socket } from "node:net";
import {
  type Change,
  type CutFault,
  FaultControls,
  type LaneFaults,
  type ProxyDirection,
  type ProxyFaults,
} from "./faults.ts";
import { Lane, type LaneEvents, type ProxyTraffic } from "./lane.ts";
import { afterReading, dropSocket, endSocket, resetSocket } from "./socket-ends.ts";

/** A connection that somebody made to the proxy, and the proxy to its target. */
export interface ProxyConnection extends ProxyFaults {
  /** From the client to the target. */
  readonly up: ProxyTraffic;
  /** From the target to the client. */
  readonly down: ProxyTraffic;
  /** Settles when both sockets are closed. Does not reject. */
  readonly closed: Promise<void>;
}

export interface ConnectionEnds {
  /** Towards who dialled the proxy. */
  readonly client: Socket;
  /** Towards the target; may still be connecting. */
  readonly target: Socket;
}

/** How long an end that was sent a fin has to close as well. */
const closeGraceMs = 1000;

export class Connection extends FaultControls implements ProxyConnection {
  readonly closed: Promise<void>;
  readonly up: Lane;
  readonly down: Lane;
  readonly #sockets: readonly Socket[];
  #cut = false;
  #grace: NodeJS.Timeout | undefined;

  constructor(ends: ConnectionEnds, faults: Readonly<Record<ProxyDirection, LaneFaults>>) {
    super();
    const { client, target } = ends;
    const events: LaneEvents = {
      onCut: (how) => this.cutNow(how),
      onSettled: () => this.#onSettled(),
    };
    this.#sockets = [client, target];
    this.up = new Lane(client, target, faults.up, events);
    this.down = new Lane(target, client, faults.down, events);
    this.closed = this.#bothClosed();
    const start = (): void => {
      this.up.start();
      this.down.start();
    };
    // A target that could not be reached is one that is gone: the client hears of it as of that.
    target.once("connect", start).once("close", start);
  }

  /** Resets both ends, whatever the faults. */
  destroy(): void {
    this.#stopLanes();
    for (const socket of this.#sockets) dropSocket(socket);
  }

  change(directions: readonly ProxyDirection[], change: Change): void {
    for (const direction of directions) this[direction].change(change);
  }

  protected endOne(direction: ProxyDirection): void {
    this[direction].halfClose();
  }

  protected cutNow(how: CutFault["with"]): void {
    if (this.#cut) return;
    this.#cut = true;
    this.#stopLanes();
    if (how === "rst") {
      afterReading(() => {
        for (const socket of this.#sockets) resetSocket(socket);
      });
      return;
    }
    for (const socket of this.#sockets) endSocket(socket, () => undefined);
    this.#grace = setTimeout(() => this.#destroySockets(), closeGraceMs);
  }

  #stopLanes(): void {
    this.up.stop();
    this.down.stop();
  }

  #onSettled(): void {
    if (this.up.settled && this.down.settled) this.#destroySockets();
  }

  #destroySockets(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #bothClosed(): Promise<void> {
    const gone = this.#sockets.map(
      (socket) => new Promise<void>((resolve) => void socket.once("close", () => resolve())),
    );
    await Promise.all(gone);
    clearTimeout(this.#grace);
    this.#stopLanes();
  }
}
