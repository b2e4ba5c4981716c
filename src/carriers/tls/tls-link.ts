/**
 * One TLS connection, whose other end has proven which node it is, as a link.
 *
 * The socket reads ahead a little before anybody has subscribed, and then stops by itself until
 * somebody does: at most what its buffer holds. Errors are listened to from the first moment, since
 * under TLS 1.3 the dialling side is done before the other has looked at its certificate, so that a
 * refusal comes as an error, or as a plain end, of a link that seemed to be up.
 *
 * A peer that floods gets no more than its turn: the socket stands still until the next one.
 */
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { turnBytes } from "../../core/input-turn.ts";
import type { NodeId } from "../../core/mailbox-id.ts";
import type { Link, LinkEnd, LinkEvents } from "../../ports/carrier.ts";
import type { Clock } from "../../ports/clock.ts";
import { closedEarly, describeDown, isRefusal } from "./refusal.ts";

export interface TlsLinkOptions {
  readonly socket: TLSSocket;
  /** The connection below: it alone knows of the bytes of a record that is not whole. */
  readonly connection: Socket;
  readonly peer: NodeId;
  readonly clock: Clock;
  /** Whether this node dialled: then the other side may still refuse this node's certificate. */
  readonly dialled: boolean;
  readonly onAdmit?: () => void;
}

/** How long `close` waits for what is queued, and for the other side to end too. */
const closeGraceMs = 1000;
const closedHere = "closed by this node";
const closedThere = "closed by the other side";

export class TlsLink implements Link {
  readonly peer: NodeId;
  readonly #socket: TLSSocket;
  readonly #connection: Socket;
  readonly #clock: Clock;
  readonly #onAdmit: (() => void) | undefined;
  #events: LinkEvents | undefined;
  #pendingBytes = 0;
  /**
   * What was given out since this link last ended a turn. That it may have been in several turns
   * does no harm: one more costs little.
   */
  #givenBytes = 0;
  #refused = false;
  /** Whether a silent end may still mean that the other side refused this node's certificate. */
  #mayBeRefused: boolean;
  /** The first cause of the end is the one that counts. */
  #reason: string | undefined;
  /** After this nothing is delivered but `onDown`. */
  #ended = false;
  #closing: Disposable | undefined;
  #down = false;

  constructor(options: TlsLinkOptions) {
    this.peer = options.peer;
    this.#socket = options.socket;
    this.#connection = options.connection;
    this.#clock = options.clock;
    this.#onAdmit = options.onAdmit;
    this.#mayBeRefused = options.dialled;
    options.socket
      .on("error", (error) => this.#fail(error))
      .on("end", () => this.#otherSideEnded())
      .on("close", () => this.#closed());
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get receivedBytes(): number {
    return this.#connection.bytesRead;
  }

  subscribe(events: LinkEvents): void {
    this.#events = events;
    if (this.#down) this.#clock.soon(() => events.onDown(this.#howItEnded()));
    else this.#socket.on("data", (bytes: Uint8Array) => this.#deliver(bytes));
  }

  write(bytes: Uint8Array): void {
    this.#pendingBytes += bytes.length;
    if (bytes.length === 0 || this.#ended || this.#closing !== undefined) return;
    this.#socket.write(bytes, (error) => {
      // An error is the link's end, which is told by the socket itself.
      if (error === undefined || error === null) this.#written(bytes.length);
    });
  }

  admit(): void {
    this.#mayBeRefused = false;
    this.#onAdmit?.();
  }

  close(): void {
    if (this.#ended || this.#closing !== undefined) return;
    this.#reason ??= closedHere;
    this.#closing = this.#clock.after(closeGraceMs, () => this.destroy());
    this.#socket.end();
    // Without a reader the other side's end would never be seen.
    if (this.#events === undefined) this.#socket.resume();
  }

  destroy(): void {
    this.destroyFor(closedHere);
  }

  /** Ends the link at once, with a reason of the carrier's own. */
  destroyFor(reason: string): void {
    if (this.#ended) return;
    this.#reason ??= reason;
    this.#ended = true;
    this.#socket.destroy();
  }

  #deliver(bytes: Uint8Array): void {
    if (this.#ended) return;
    this.#mayBeRefused = false;
    this.#givenBytes += bytes.length;
    if (this.#givenBytes >= turnBytes) this.#endTurn();
    this.#events?.onBytes(bytes);
  }

  /** Node.js reads up to 2 MiB from one connection before it looks at anything else. */
  #endTurn(): void {
    this.#givenBytes = 0;
    this.#socket.pause();
    this.#clock.soon(() => this.#socket.resume());
  }

  #written(length: number): void {
    if (this.#ended) return;
    this.#pendingBytes -= length;
    if (this.#pendingBytes === 0) this.#events?.onDrain();
  }

  #fail(error: Error): void {
    this.#reason ??= describeDown(error, this.#mayBeRefused);
    this.#refused ||= this.#mayBeRefused && isRefusal(error);
    this.#ended = true;
    // Node.js tells of a record that TLS could not take, and leaves the socket open.
    this.#socket.destroy();
  }

  #otherSideEnded(): void {
    this.#reason ??= this.#mayBeRefused ? closedEarly : closedThere;
    // A link that is closing here has bytes to hand over; the socket ends by itself after them.
    if (this.#closing === undefined) this.destroyFor(closedThere);
  }

  #closed(): void {
    if (this.#down) return;
    this.#down = true;
    this.#ended = true;
    this.#closing?.[Symbol.dispose]();
    this.#events?.onDown(this.#howItEnded());
  }

  #howItEnded(): LinkEnd {
    return { reason: this.#reason ?? closedThere, refused: this.#refused };
  }
}
