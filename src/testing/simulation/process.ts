/**
 * One process of a simulated world: what it has to run, what it sees of time, and what it sees of
 * the network.
 *
 * It is one event loop. Timers run in order of their moment; input and what was asked with
 * `Clock.soon` run in order of asking, as Node's poll and check phases do. When both are due,
 * chance decides which comes first: in Node, that depends on where the loop stood.
 *
 * A process can stand still (SIGSTOP, or a computation that takes too long), be slow, have its
 * clock jump, and die. What comes while it stands still waits, as in the buffers of a kernel, which
 * are bounded: beyond that the network holds back.
 */
import type { Carrier, Link, LinkEvents, Listener } from "../../ports/carrier.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import { type DueEntry, DueQueue } from "../due-queue.ts";
import { Overlay } from "./overlay.ts";

/** How a process ends. "lost" is its machine: nobody is told. */
export type Death = "reset" | "closed" | "lost";
export const deaths: readonly Death[] = ["reset", "closed", "lost"];

export interface ProcessPorts {
  /** The time of the world, which no process can change. */
  now(): number;
  /** Throws when the world is not driven now. */
  checkDriven(): void;
  /** Decides whether timers or input come first. */
  readonly random: Random;
  /** Its kernel takes no more from `peer`, or takes again. */
  holdBack(peer: string, held: boolean): void;
  /** Bytes that it is given; for the trace. */
  onBytes(bytes: Uint8Array): void;
}

/** As much as a kernel keeps for a process that does not read. */
const inputRoomBytes = 256 * 1024;

interface Waiting {
  readonly run: () => void;
  /** How much room it takes in the kernel until it is run. */
  readonly byteCount: number;
}

export class SimulatedProcess {
  readonly name: string;
  /** Tells processes of a world apart, in the trace. */
  readonly number: number;
  readonly clock: Clock;
  readonly #ports: ProcessPorts;
  readonly #timers = new DueQueue();
  readonly #ready: Waiting[] = [];
  #readyDone = 0;
  #asked = 0;
  /** How far its clock is ahead of the world's. */
  #ahead = 0;
  /** It runs nothing before these moments of the world: it was told to stand still. */
  readonly #stillUntil = new Overlay();
  /** How long each callback takes it. */
  readonly #costMs = new Overlay();
  /** And when the last has taken its time. */
  #busyUntil = 0;
  #dead = false;
  #inputBytes = 0;
  readonly #held = new Set<string>();
  readonly #links = new Set<Link>();
  readonly #listeners = new Set<Listener>();
  readonly #dials = new Set<AbortController>();

  constructor(name: string, number: number, ports: ProcessPorts) {
    this.name = name;
    this.number = number;
    this.#ports = ports;
    this.clock = {
      now: () => ports.now() + this.#ahead,
      after: (delayMs, run) => this.#after(delayMs, run),
      soon: (run) => this.#push({ run, byteCount: 0 }),
    };
  }

  get dead(): boolean {
    return this.#dead;
  }

  get still(): boolean {
    return this.#freeAt > this.#ports.now();
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** The moment of the world at which it has something to run; `Infinity` without any. */
  nextMoment(): number {
    const now = this.#ports.now();
    const timer = this.#timers.first;
    let moment = Number.POSITIVE_INFINITY;
    if (this.#readyDone < this.#ready.length) moment = now;
    else if (timer !== undefined) moment = timer.dueAt - this.#ahead;
    return Math.max(moment, now, this.#freeAt);
  }

  /** Runs one callback, of which there is one that is due. */
  runNext(): void {
    const run = this.#takeNext();
    this.#spend();
    run();
  }

  /** Lets it stand still for `ms`, or until what is returned is called. */
  standStill(ms: number): () => void {
    return this.#stillUntil.add(this.#ports.now() + ms);
  }

  /** Whatever let it stand still is over. */
  goOn(): void {
    this.#stillUntil.clear();
  }

  /** From now on each callback takes it `costMs`, until what is returned is called. */
  slowDown(costMs: number): () => void {
    return this.#costMs.add(costMs);
  }

  jumpClock(ms: number): void {
    this.#ahead += ms;
  }

  /** Ends it: nothing of it runs any more. Its kernel ends what it had open. */
  die(death: Death): void {
    this.#dead = true;
    this.#ready.length = 0;
    this.#readyDone = 0;
    this.#timers.clear();
    this.#takeAgain();
    for (const dial of this.#dials) dial.abort();
    for (const listener of this.#listeners) void listener.close();
    for (const link of this.#links) {
      if (death === "closed") link.close();
      else link.destroy();
    }
  }

  /** Ends its links with a peer, as when something between them has ended them. */
  endLinks(peer: string): void {
    for (const link of this.#links) if (link.peer === peer) link.destroy();
  }

  /** What this process sees of a carrier. */
  within(carrier: Carrier): Carrier {
    return {
      listen: async (accept) => {
        const listener = await carrier.listen((link) => this.#accept(link, accept));
        this.#listeners.add(listener);
        if (this.#dead) void listener.close();
        return {
          address: listener.address,
          close: () => {
            this.#listeners.delete(listener);
            return listener.close();
          },
        };
      },
      dial: (peer, { signal }) => this.#dial(carrier, peer, signal),
    };
  }

  #after(delayMs: number, run: () => void): Disposable {
    if (!Number.isFinite(delayMs)) {
      throw new RangeError(`Expected a delay in milliseconds, got ${delayMs}.`);
    }
    this.#ports.checkDriven();
    this.#asked += 1;
    // Whole milliseconds, as Node has them: sums of fractions would round one way or the other.
    const dueAt = this.clock.now() + Math.max(0, Math.ceil(delayMs));
    const timer = new Timer(this.#timers, dueAt, this.#asked, run);
    if (!this.#dead) this.#timers.add(timer);
    return timer;
  }

  get #freeAt(): number {
    return Math.max(this.#stillUntil.largest, this.#busyUntil);
  }

  get #waitsForInput(): boolean {
    return !this.still && this.#readyDone === this.#ready.length;
  }

  #spend(): void {
    const cost = this.#costMs.largest;
    if (cost > 0) this.#busyUntil = this.#ports.now() + cost;
  }

  #push(waiting: Waiting): void {
    this.#ports.checkDriven();
    if (!this.#dead) this.#ready.push(waiting);
  }

  #takeNext(): () => void {
    const timer = this.#timers.first;
    const timerDue = timer !== undefined && timer.dueAt <= this.clock.now();
    const input = this.#ready[this.#readyDone];
    const first =
      input === undefined || (timerDue && this.#ports.random.fraction() < 0.5) ? timer : undefined;
    if (first !== undefined) {
      this.#timers.remove(first);
      return first.run;
    }
    this.#readyDone += 1;
    if (this.#readyDone * 2 >= this.#ready.length) {
      this.#ready.splice(0, this.#readyDone);
      this.#readyDone = 0;
    }
    this.#freeRoom(input?.byteCount ?? 0);
    return input?.run ?? nothing;
  }

  /** Input is seen at once by a process that waits for it, and else behind what waits. */
  #input(run: () => void, peer = "", byteCount = 0): void {
    if (this.#dead) return;
    if (this.#waitsForInput) {
      this.#spend();
      run();
      return;
    }
    this.#push({ run, byteCount });
    this.#inputBytes += byteCount;
    if (this.#inputBytes <= inputRoomBytes || this.#held.has(peer) || peer === "") return;
    this.#held.add(peer);
    this.#ports.holdBack(peer, true);
  }

  #freeRoom(byteCount: number): void {
    this.#inputBytes -= byteCount;
    if (this.#inputBytes <= inputRoomBytes / 2) this.#takeAgain();
  }

  #takeAgain(): void {
    if (this.#held.size === 0) return;
    for (const peer of this.#held) this.#ports.holdBack(peer, false);
    this.#held.clear();
  }

  #accept(link: Link, accept: (link: Link) => void): void {
    const seen = this.#seen(link);
    if (this.#dead) link.destroy();
    else this.#input(() => accept(seen));
  }

  async #dial(carrier: Carrier, peer: string, signal: AbortSignal): Promise<Link> {
    const dial = new AbortController();
    const abort = (): void => dial.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    this.#dials.add(dial);
    try {
      const link = this.#seen(await carrier.dial(peer, { signal: dial.signal }));
      if (this.#dead) link.destroy();
      return await new Promise((resolve) => this.#input(() => resolve(link)));
    } catch (error) {
      await new Promise<void>((resolve) => this.#input(resolve));
      throw error;
    } finally {
      this.#dials.delete(dial);
      signal.removeEventListener("abort", abort);
    }
  }

  /** The same link, whose events wait for this process. */
  #seen(link: Link): Link {
    this.#links.add(link);
    const subscribe = link.subscribe.bind(link);
    link.subscribe = (events) => subscribe(this.#events(link, events));
    return link;
  }

  #events(link: Link, events: LinkEvents): LinkEvents {
    const { peer } = link;
    return {
      onBytes: (bytes) => {
        const kept = this.#waitsForInput ? bytes : Uint8Array.from(bytes);
        const run = (): void => {
          this.#ports.onBytes(kept);
          events.onBytes(kept);
        };
        this.#input(run, peer, kept.length);
      },
      onDrain: () => this.#input(() => events.onDrain()),
      onDown: (end) => {
        this.#links.delete(link);
        this.#input(() => events.onDown(end));
      },
    };
  }
}

class Timer implements DueEntry, Disposable {
  readonly dueAt: number;
  readonly order: number;
  readonly run: () => void;
  place = -1;
  readonly #queue: DueQueue;

  constructor(queue: DueQueue, dueAt: number, order: number, run: () => void) {
    this.#queue = queue;
    this.dueAt = dueAt;
    this.order = order;
    this.run = run;
  }

  [Symbol.dispose](): void {
    this.#queue.remove(this);
  }
}

function nothing(): void {}
