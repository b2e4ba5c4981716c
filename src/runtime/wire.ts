/**
 * A link with frames on it: what is appended in one turn of the event loop goes out together.
 *
 * Whoever has something to say appends it to `outbox` and calls `appended`. A flush is asked for at
 * the end of the turn (`Clock.soon`), so that what is said until then goes in the same write. A
 * batch that has grown long does not wait for the end of the turn. Nor does the first frame after
 * something was read, as long as there was no more than that to say the last time: so a question
 * and its answer lose no time, and a flood pays for one write more in all.
 *
 * Only little is handed to the link at a time (`windowBytes`), and the rest when the system has
 * taken that: what is handed over cannot be overtaken any more, not by a sign of life either.
 *
 * Who listens changes once in the life of a wire: the handshake first, then the session.
 */
import { DecodeError } from "../core/errors.ts";
import { maxFrameBytes } from "../core/frame.ts";
import { FrameReader, type FrameSink } from "../core/frame-reader.ts";
import { Outbox } from "../core/outbox.ts";
import type { Link, LinkEnd, LinkEvents } from "../ports/carrier.ts";
import type { Clock } from "../ports/clock.ts";

export interface WireListener {
  /**
   * One frame; its body lies in `bytes` during the call. A `DecodeError` is a violation. Of a piece
   * of a message so many bytes as `restBytes` says are still to come.
   */
  onFrame(type: number, bytes: Uint8Array, start: number, end: number, restBytes: number): void;
  /** More of the piece before. Left out by who takes no pieces. */
  onRest?(bytes: Uint8Array, start: number, end: number, restBytes: number): void;
  /** Bytes came, before the frames in them are handed on. */
  onRead(): void;
  /** A batch has been handed to the link, in which so many messages end. */
  onHanded(messages: number): void;
  /** The system has taken all that was handed to the link. */
  onAllTaken(): void;
  /** After `onAllTaken`: what waited has been handed over too, as far as there is room. */
  onDrain(): void;
  /** The peer broke the protocol. The wire has been ended; `onDown` is still to come. */
  onViolation(rule: string): void;
  /** The last event, exactly once. */
  onDown(end: LinkEnd): void;
}

/**
 * More is handed to the link while less than this waits there: enough for several turns of the
 * event loop, little beside what the system buffers.
 */
const windowBytes = 256 * 1024;
/** A piece of a big message is handed over only when one more would not wait there already. */
const pieceRoomBytes = 64 * 1024;
/** How long the ends of a link have to part in peace. */
const partingMs = 1_000;
const handshakeSlabBytes = 1024;

export class Wire implements LinkEvents, FrameSink {
  /** What is to go out. */
  outbox: Outbox = new Outbox(0, handshakeSlabBytes);
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #reader: FrameReader;
  #listener: WireListener | undefined;
  #flushAsked = false;
  /** How many frames were appended since a flush was due, or something was read. */
  #frames = 0;
  /** Whether it was one at most, the last time that a flush was asked for. */
  #calm = true;
  #handedBytes = 0;
  /** Set by `part`: the timer that ends what cannot end in peace. */
  #parting: Disposable | undefined;
  #closing = false;
  #ended = false;
  #down = false;

  constructor(link: Link, clock: Clock, limitBytes: number) {
    this.#link = link;
    this.#clock = clock;
    this.#reader = new FrameReader(limitBytes);
  }

  /** Begins to read, for `listener`. */
  open(listener: WireListener): void {
    this.#listener = listener;
    this.#link.subscribe(this);
  }

  /** From now on the wire is a peer's: another listens, and frames may be longer. */
  promote(listener: WireListener, maxOpenBytes: number): void {
    this.flush();
    this.#listener = listener;
    this.#reader.limitBytes = maxFrameBytes;
    this.outbox = new Outbox(maxOpenBytes);
    this.#link.admit();
  }

  /** Parting, closed or down: no more messages. */
  get ended(): boolean {
    return this.#ended || this.#parting !== undefined;
  }

  /** Bytes of messages and notices that wait here, and all that the system has not taken. */
  get pendingBytes(): number {
    return this.#link.pendingBytes + this.outbox.lineBytes;
  }

  /** Whether the system has taken everything that was appended. */
  get idle(): boolean {
    return this.outbox.empty && this.#link.pendingBytes === 0;
  }

  /** How many of the bytes that were ever handed to the link the system has taken. */
  get takenBytes(): number {
    return this.#handedBytes - this.#link.pendingBytes;
  }

  /** The bytes that have come in, as far as the carrier counts them. */
  get receivedBytes(): number {
    return this.#link.receivedBytes ?? 0;
  }

  /** Says that a whole frame has been added to the outbox. */
  appended(): void {
    this.#frames += 1;
    const first = this.#calm && this.#frames === 1 && !this.outbox.encoding;
    if (first || this.outbox.hasBatch()) this.flush();
    else if (!this.#flushAsked) {
      this.#flushAsked = true;
      this.#clock.soon(this.#flushSoon);
    }
  }

  /** Hands to the link what there is room for. */
  flush(): void {
    while (!this.#ended) {
      const room = this.outbox.pieceIsNext ? pieceRoomBytes : windowBytes;
      const { pendingBytes } = this.#link;
      if (pendingBytes >= room) break;
      const batch = this.outbox.next(pendingBytes);
      if (batch === undefined) break;
      this.#handedBytes += batch.bytes.length;
      this.#link.write(batch.bytes);
      this.#listener?.onHanded(batch.messages);
      if (this.outbox.empty) break;
    }
    if (this.#closing && this.outbox.empty) this.#link.close();
  }

  /**
   * From now on nothing is to be appended but the last words. The link is there until `close`, or
   * for a second, and what comes in is still read.
   */
  part(): void {
    if (this.ended) return;
    this.#parting = this.#clock.after(partingMs, () => this.destroy());
    this.flush();
  }

  /** Ends the link after what has been appended went out, or after the second of `part`. */
  close(): void {
    this.part();
    this.#closing = true;
    this.flush();
  }

  /** Ends the link at once. */
  destroy(): void {
    this.#ended = true;
    this.#parting?.[Symbol.dispose]();
    this.#link.destroy();
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#ended) return;
    if (!this.#flushAsked) this.#frames = 0;
    this.#listener?.onRead();
    try {
      this.#reader.push(bytes, this);
    } catch (error) {
      this.destroy();
      if (!(error instanceof DecodeError)) throw error;
      this.#listener?.onViolation(error.message);
    }
  }

  onFrame(type: number, bytes: Uint8Array, start: number, end: number, restBytes: number): boolean {
    this.#listener?.onFrame(type, bytes, start, end, restBytes);
    return !this.#ended;
  }

  onRest(bytes: Uint8Array, start: number, end: number, restBytes: number): boolean {
    this.#listener?.onRest?.(bytes, start, end, restBytes);
    return !this.#ended;
  }

  onDrain(): void {
    if (this.#ended) return;
    this.#listener?.onAllTaken();
    this.flush();
    this.#listener?.onDrain();
  }

  onDown(end: LinkEnd): void {
    if (this.#down) return;
    this.#down = true;
    this.#ended = true;
    this.#parting?.[Symbol.dispose]();
    this.#listener?.onDown(end);
  }

  readonly #flushSoon = (): void => {
    this.#flushAsked = false;
    this.#calm = this.#frames <= 1;
    this.#frames = 0;
    this.flush();
  };
}
