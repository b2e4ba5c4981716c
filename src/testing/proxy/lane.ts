/**
 * One direction of a connection: takes bytes from one socket and gives them to the other, as late
 * and as slowly as its faults say.
 *
 * - At most one write is with the system at a time. What it has not taken pushes back: nothing is
 *   read meanwhile. Bytes that wait for their time are held here, up to a bound.
 * - How the sender ended stands behind its bytes, as on a real network: a fin, or a reset. While
 *   the direction is stalled or silent it is not told, but not forgotten either.
 * - A direction whose receiver is gone goes on reading and throws away: otherwise it would never
 *   hear that its sender is gone as well.
 */
import type { Socket } from "node:net";
import type { Random } from "../../ports/random.ts";
import { createSeededRandom } from "../seeded-random.ts";
import type { Change, CutFault, LaneFaults } from "./faults.ts";
import { afterReading, endSocket, resetSocket } from "./socket-ends.ts";

/** What has become of the bytes of one direction so far. */
export interface ProxyTraffic {
  /** Passed on: written to the receiver's socket. */
  readonly bytes: number;
  /** Thrown away. */
  readonly discardedBytes: number;
  /** Taken from the sender, and still here. */
  readonly heldBytes: number;
}

export interface LaneEvents {
  /** The bytes that were to pass before a cut have passed. */
  onCut(how: CutFault["with"]): void;
  /** Nothing will pass any more that the sender could still say. */
  onSettled(): void;
}

interface Held {
  readonly bytes: Uint8Array;
  readonly dueAt: number;
}

interface Ending {
  readonly kind: "fin" | "reset";
  readonly dueAt: number;
}

/** With a delay, so much is under way. Without one, a chunk is read when the last has passed. */
const mostHeldBytes = 1024 * 1024;
const mostHeldChunks = 4096;

export class Lane implements ProxyTraffic {
  bytes = 0;
  discardedBytes = 0;
  heldBytes = 0;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #events: LaneEvents;
  #faults: LaneFaults;
  #random: Random | undefined;
  #cutAt: number | undefined;
  #queue: Held[] = [];
  #ending: Ending | undefined;
  /** When the pace allows the next piece, and when the last chunk is due. */
  #nextAt = 0;
  #lastDueAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #started = false;
  #writing = false;
  /** Nothing that is read from now on is passed on. */
  #closed = false;
  #stopped = false;
  #receiverGone = false;
  #senderEnded = false;
  /** How the receiver has been told that the sender ended, and whether its system knows. */
  #told: Ending["kind"] | undefined;
  #toldForSure = false;

  constructor(from: Socket, to: Socket, faults: LaneFaults, events: LaneEvents) {
    this.#from = from;
    this.#to = to;
    this.#events = events;
    this.#faults = faults;
    this.#begin(faults);
    from
      .pause()
      .on("data", (bytes: Uint8Array) => this.#take(bytes))
      .on("end", () => this.#onEnding("fin"))
      .on("error", () => this.#onEnding("reset"));
    to.on("close", () => {
      this.#receiverGone = true;
      this.#dropHeld();
      this.#pump();
    });
  }

  /** Whether how the sender ended has been told, or never will be. */
  get settled(): boolean {
    if (!this.#senderEnded) return false;
    return this.#toldForSure || this.#receiverGone || this.#faults.hold === "discard";
  }

  /** Both sockets are there. */
  start(): void {
    this.#started = true;
    this.#pump();
  }

  change(change: Change): void {
    const before = this.#faults;
    const after = change(before);
    this.#faults = after;
    if (after.pace !== before.pace) this.#nextAt = 0;
    this.#begin(after, before);
    if (after.hold === "discard") this.#dropHeld();
    this.#pump();
  }

  /** Ends the stream behind what is held. */
  halfClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#appendEnding("fin");
    this.#pump();
  }

  /** Passes nothing on any more, what is held included. */
  stop(): void {
    this.#closed = true;
    this.#stopped = true;
    this.#dropHeld();
    this.#clearTimer();
    this.#from.resume();
  }

  /** Begins what is new in the faults. */
  #begin({ delay, cut }: LaneFaults, before?: LaneFaults): void {
    if (delay !== before?.delay) {
      this.#random = delay === undefined ? undefined : createSeededRandom(delay.seed);
    }
    if (cut !== before?.cut) this.#cutAt = cut === undefined ? undefined : this.bytes + cut.after;
  }

  #take(bytes: Uint8Array): void {
    if (this.#closed || this.#receiverGone || this.#faults.hold === "discard") {
      this.discardedBytes += bytes.length;
      return;
    }
    this.#queue.push({ bytes, dueAt: this.#arrival() });
    this.heldBytes += bytes.length;
    this.#pump();
  }

  #onEnding(kind: Ending["kind"]): void {
    this.#senderEnded = true;
    this.#appendEnding(kind);
    this.#pump();
  }

  /** A reset takes the place of a fin: it is the last word there can be. */
  #appendEnding(kind: Ending["kind"]): void {
    if (this.#ending !== undefined && kind === "fin") return;
    this.#ending = { kind, dueAt: this.#arrival() };
  }

  /** When what is read now is to be passed on: not before what was read earlier. */
  #arrival(): number {
    const { delay } = this.#faults;
    const now = performance.now();
    if (delay === undefined) return Math.max(now, this.#lastDueAt);
    const jitter = (2 * (this.#random?.fraction() ?? 0.5) - 1) * delay.jitterMs;
    this.#lastDueAt = Math.max(this.#lastDueAt, now + delay.ms + jitter);
    return this.#lastDueAt;
  }

  /** Does what can be done now, and sees to it that it is called again for the rest. */
  #pump(): void {
    this.#clearTimer();
    const free = this.#started && !this.#stopped && !this.#writing;
    if (free && this.#faults.hold === undefined) this.#passNext();
    this.#read();
    if (this.settled) this.#events.onSettled();
  }

  #passNext(): void {
    if (this.#cutAt !== undefined && this.bytes >= this.#cutAt) {
      this.#events.onCut(this.#faults.cut?.with ?? "rst");
      return;
    }
    const [next] = this.#queue;
    const ending = this.#ending?.kind === this.#told ? undefined : this.#ending;
    const dueAt = next === undefined ? ending?.dueAt : this.#paced(next.dueAt);
    if (dueAt === undefined) return;
    const waitMs = dueAt - performance.now();
    if (waitMs > 0) this.#timer = setTimeout(() => this.#pump(), Math.ceil(waitMs));
    else if (next === undefined) this.#passEnding();
    else this.#passPiece(next);
  }

  #paced(dueAt: number): number {
    return this.#faults.pace === undefined ? dueAt : Math.max(dueAt, this.#nextAt);
  }

  #passPiece({ bytes, dueAt }: Held): void {
    const { pace } = this.#faults;
    const left = (this.#cutAt ?? Number.POSITIVE_INFINITY) - this.bytes;
    const piece = bytes.subarray(0, Math.min(left, pace?.pieceBytes ?? bytes.length));
    if (piece.length === bytes.length) this.#queue.shift();
    else this.#queue[0] = { bytes: bytes.subarray(piece.length), dueAt };
    this.heldBytes -= piece.length;
    this.bytes += piece.length;
    if (pace !== undefined) {
      const from = Math.max(this.#nextAt, performance.now() - pace.slackMs);
      this.#nextAt = from + pace.fixedMs + pace.perByteMs * piece.length;
    }
    this.#writing = true;
    // An error is the end of the other socket, which is heard of from that.
    this.#to.write(piece, () => {
      this.#writing = false;
      this.#pump();
    });
  }

  #passEnding(): void {
    this.#closed = true;
    this.#told = this.#ending?.kind;
    if (this.#told === "reset") {
      afterReading(() => resetSocket(this.#to));
      return;
    }
    endSocket(this.#to, () => {
      this.#toldForSure = true;
      this.#pump();
    });
  }

  #dropHeld(): void {
    this.discardedBytes += this.heldBytes;
    this.heldBytes = 0;
    this.#queue = [];
  }

  #read(): void {
    if (this.#mayRead()) this.#from.resume();
    else this.#from.pause();
  }

  #mayRead(): boolean {
    if (this.#receiverGone || this.#closed) return true;
    const { hold, delay } = this.#faults;
    if (hold !== undefined) return hold === "discard";
    if (!this.#started || this.#writing) return false;
    if (delay === undefined) return this.#queue.length === 0;
    return this.heldBytes < mostHeldBytes && this.#queue.length < mostHeldChunks;
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
