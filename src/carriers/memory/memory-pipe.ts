/**
 * One direction of a link: bytes that one end has written and the other has not got yet, and behind
 * them how the stream ends.
 *
 * It behaves as TCP does, so that nothing can happen here that cannot happen on a real network.
 * Bytes arrive in order and without a gap or not at all. Into a path that is cut silently the
 * sender's system takes what it is given, and brings it across when the path is healed in time;
 * what says that an end is gone (a reset) is said once, and is lost there. An end that is gone and
 * still gets bytes answers with a reset, and that is how the other finds out.
 *
 * Each turn gives the receiver one chunk or the end, through `Clock.soon`, so that the events of
 * all links of a network mix.
 */
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import { ArrivalQueue } from "./arrival-queue.ts";
import type { MemoryPath } from "./memory-path.ts";

/** "fin": the sender has closed, after all it had to say. "reset": it is gone. */
export type PipeEnding = "fin" | "reset";

export interface PipeReceiver {
  /** False as long as nobody has subscribed: nothing is read before. */
  readonly ready: boolean;
  receive(bytes: Uint8Array): void;
  receiveEnding(ending: PipeEnding): void;
}

export interface PipeSender {
  /** Nothing is pending any more. Called through `Clock.soon`. */
  drained(): void;
  /** The receiver has got the "fin", and with it everything before it. */
  finGiven(): void;
}

/** How bytes travel in a network: what is the same for all its pipes. */
export interface Transit {
  readonly clock: Clock;
  readonly random: Random | undefined;
  /** Whether to give bytes out in pieces with random borders. */
  readonly chunk: boolean;
  /** The least and the most that a write is under way. */
  readonly delayMs: readonly [least: number, most: number];
}

export interface MemoryPipeOptions {
  readonly transit: Transit;
  readonly path: MemoryPath;
  readonly receiver: PipeReceiver;
  readonly sender: PipeSender;
}

/** As much as Node reads from a socket at once. */
const chunkLimitBytes = 65_536;

export class MemoryPipe {
  readonly #options: MemoryPipeOptions;
  readonly #queue = new ArrivalQueue();
  #ending: { readonly kind: PipeEnding; readonly arrivesAt: number } | undefined;
  /** How many of the bytes that are queued the sender's system has taken into a silent cut. */
  #takenBytes = 0;
  #turnAsked = false;
  #timer: Disposable | undefined;

  constructor(options: MemoryPipeOptions) {
    this.#options = options;
  }

  get pendingBytes(): number {
    return this.#queue.byteCount - this.#takenBytes;
  }

  write(bytes: Uint8Array): void {
    this.#queue.add(bytes, this.#nextArrival());
    this.wake();
  }

  /** Says, behind the bytes that are queued, how the stream ends. */
  end(kind: PipeEnding): void {
    this.#ending = { kind, arrivesAt: this.#nextArrival() };
    this.wake();
  }

  /** Drops what is in it: nobody is there any more to send it, or to take it. */
  discard(): void {
    this.#queue.clear();
    this.#takenBytes = 0;
    this.#ending = undefined;
    if (this.#timer === undefined) return;
    this.#timer[Symbol.dispose]();
    this.#timer = undefined;
    this.#turnAsked = false;
  }

  /**
   * Looks again at what can be done: something was written, or the path or the receiver changed.
   */
  wake(): void {
    const arrivesAt = this.#queue.nextArrival ?? this.#ending?.arrivesAt;
    if (this.#turnAsked || arrivesAt === undefined) return;
    this.#turnAsked = true;
    const { clock } = this.#options.transit;
    const waitMs = arrivesAt - clock.now();
    if (waitMs > 0) this.#timer = clock.after(waitMs, () => this.#askTurn());
    else this.#askTurn();
  }

  /** Also what a timer has brought is given as input is: after the timers that are due with it. */
  #askTurn(): void {
    this.#timer = undefined;
    this.#options.transit.clock.soon(() => this.#turn());
  }

  #turn(): void {
    this.#turnAsked = false;
    const { path, receiver } = this.#options;
    if (path.cut !== undefined) this.#enterCut();
    else if (!path.stalled && receiver.ready) this.#giveNext(receiver);
  }

  #giveNext(receiver: PipeReceiver): void {
    const now = this.#options.transit.clock.now();
    const arrived = this.#queue.arrived(now, chunkLimitBytes);
    const ending = this.#queue.byteCount === 0 ? this.#ending : undefined;
    try {
      if (arrived > 0) receiver.receive(this.#take(this.#chunkBytes(arrived)));
      else if (ending !== undefined && ending.arrivesAt <= now) this.#giveEnding(ending.kind);
    } finally {
      this.wake();
    }
  }

  #giveEnding(kind: PipeEnding): void {
    this.#ending = undefined;
    this.#options.receiver.receiveEnding(kind);
    if (kind === "fin") this.#options.sender.finGiven();
  }

  #take(count: number): Uint8Array {
    const wasPending = this.pendingBytes > 0;
    const bytes = this.#queue.take(count);
    this.#takenBytes = Math.max(0, this.#takenBytes - count);
    if (wasPending && this.pendingBytes === 0) this.#askDrain();
    return bytes;
  }

  #enterCut(): void {
    if (this.#ending?.kind === "reset") this.#ending = undefined;
    if (this.pendingBytes === 0) return;
    this.#takenBytes = this.#queue.byteCount;
    this.#askDrain();
  }

  #askDrain(): void {
    this.#options.transit.clock.soon(() => {
      if (this.pendingBytes === 0) this.#options.sender.drained();
    });
  }

  /** What is ahead in the queue may arrive later still, and then holds this up. */
  #nextArrival(): number {
    const { clock, delayMs, random } = this.#options.transit;
    return clock.now() + drawDelay(delayMs, random);
  }

  /**
   * Most of the time all of it. Of pieces small ones, single bytes among them, come often: that is
   * where parsers break.
   */
  #chunkBytes(arrived: number): number {
    const { chunk, random } = this.#options.transit;
    if (!chunk || random === undefined) return arrived;
    const drawn = 4 * random.fraction();
    return drawn >= 1 ? arrived : 1 + Math.floor(arrived * drawn ** 3);
  }
}

export function drawDelay([least, most]: Transit["delayMs"], random: Random | undefined): number {
  if (random === undefined) return least;
  return least + Math.floor(random.fraction() * (most - least + 1));
}
