/**
 * One end of a link within a process. Its bytes are copied when they are written and when they are
 * given out, and what was given out is overwritten afterwards: whoever shares memory across a link,
 * or keeps what belongs to the link, is found out here and not in production.
 */
import { invariant } from "../../core/invariant.ts";
import type { NodeId } from "../../core/mailbox-id.ts";
import type { Link, LinkEvents } from "../../ports/carrier.ts";
import type { Clock } from "../../ports/clock.ts";
import type { MemoryPipe, PipeEnding, PipeReceiver, PipeSender } from "./memory-pipe.ts";

/** How long `close` waits for what is queued. */
const closeTimeoutMs = 1000;

const closedHere = "closed by this node";
const closedThere = "closed by the other side";
const broken = "the connection broke (ECONNRESET)";

/** What bytes that a reader has kept turn into. */
const overwritten = 0xdb;

export interface MemoryLinkOptions {
  readonly peer: NodeId;
  readonly clock: Clock;
  /** Of an accepted link, which is a stranger's until it is admitted. */
  readonly handshakeTimeoutMs: number | undefined;
  /** Whether the link ends when the first bytes of the cluster handshake arrive. */
  readonly failHandshake: boolean;
  /** Called once, when this end is down, from inside whatever brought it down. */
  readonly onGone: () => void;
}

export class MemoryLink implements Link, PipeReceiver, PipeSender {
  readonly peer: NodeId;
  readonly #options: MemoryLinkOptions;
  #pipes: { readonly outgoing: MemoryPipe; readonly incoming: MemoryPipe } | undefined;
  #events: LinkEvents | undefined;
  #state: "up" | "closing" | "down" = "up";
  #downReason = "";
  /** What the other side never got, when this end is down. */
  #lostBytes = 0;
  #admitted = false;
  /** While closing: what the two directions have come to. It is down when both have ended. */
  #finGiven = false;
  #finGot = false;
  /** The end of the handshake's time, later that of closing. */
  #deadline: Disposable | undefined;

  constructor(options: MemoryLinkOptions) {
    this.peer = options.peer;
    this.#options = options;
    const { clock, handshakeTimeoutMs } = options;
    if (handshakeTimeoutMs === undefined) return;
    this.#deadline = clock.after(handshakeTimeoutMs, () => {
      this.#goDown(`no handshake within ${handshakeTimeoutMs} ms`, "reset");
    });
  }

  join(pipes: { readonly outgoing: MemoryPipe; readonly incoming: MemoryPipe }): void {
    this.#pipes = pipes;
  }

  get admitted(): boolean {
    return this.#admitted;
  }

  get down(): boolean {
    return this.#state === "down";
  }

  get pendingBytes(): number {
    return this.down ? this.#lostBytes : this.#joined().outgoing.pendingBytes;
  }

  subscribe(events: LinkEvents): void {
    invariant(this.#events === undefined, "a link is subscribed to once");
    this.#events = events;
    if (this.down) this.#tellDown(events);
    else this.#joined().incoming.wake();
  }

  write(bytes: Uint8Array): void {
    if (this.#state === "up") this.#joined().outgoing.write(new Uint8Array(bytes));
    else this.#lostBytes += bytes.length;
  }

  admit(): void {
    if (this.#state !== "up" || this.#admitted) return;
    this.#admitted = true;
    this.#deadline?.[Symbol.dispose]();
  }

  close(): void {
    if (this.#state !== "up") return;
    this.#state = "closing";
    this.#deadline?.[Symbol.dispose]();
    this.#deadline = this.#options.clock.after(closeTimeoutMs, () => {
      this.#goDown(closedHere, "reset");
    });
    this.#joined().outgoing.end("fin");
    // Without a reader the other side's end would never be seen.
    this.#joined().incoming.wake();
  }

  destroy(): void {
    this.#goDown(closedHere, "reset");
  }

  /** The network has been cut: this end goes down, and cannot tell the other. */
  sever(): void {
    this.#goDown(broken, undefined);
  }

  get ready(): boolean {
    return this.#state !== "up" || this.#events !== undefined;
  }

  receive(bytes: Uint8Array): void {
    if (this.down) this.#joined().outgoing.end("reset");
    else if (this.#options.failHandshake) this.#goDown("the handshake was made to fail", "fin");
    else this.#giveBytes(bytes);
  }

  receiveEnding(ending: PipeEnding): void {
    if (ending === "reset") this.#goDown(broken, undefined);
    else if (this.#state === "up") this.#goDown(closedThere, "fin");
    this.#finGot = true;
    this.#finishClosing();
  }

  finGiven(): void {
    this.#finGiven = true;
    this.#finishClosing();
  }

  drained(): void {
    if (!this.down) this.#events?.onDrain();
  }

  #finishClosing(): void {
    if (this.#finGiven && this.#finGot) this.#goDown(closedHere, undefined);
  }

  #giveBytes(bytes: Uint8Array): void {
    try {
      this.#events?.onBytes(bytes);
    } finally {
      bytes.fill(overwritten);
    }
  }

  #goDown(reason: string, ending: PipeEnding | undefined): void {
    if (this.down) return;
    const { outgoing } = this.#joined();
    this.#state = "down";
    this.#downReason = reason;
    this.#lostBytes += outgoing.pendingBytes;
    this.#deadline?.[Symbol.dispose]();
    // What this end had queued is lost with it; a "fin" then says only that it is gone in peace.
    outgoing.discard();
    if (ending !== undefined) outgoing.end(ending);
    if (this.#events !== undefined) this.#tellDown(this.#events);
    this.#options.onGone();
  }

  #tellDown(events: LinkEvents): void {
    const { clock } = this.#options;
    clock.soon(() => events.onDown({ reason: this.#downReason, refused: false }));
  }

  #joined(): { readonly outgoing: MemoryPipe; readonly incoming: MemoryPipe } {
    invariant(this.#pipes !== undefined, "a link is joined to another before it is handed out");
    return this.#pipes;
  }
}
