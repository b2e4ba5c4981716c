/**
 * A link with frames on it: what is appended in one turn of the event loop goes out in one write.
 *
 * Whoever has something to say appends it to `out` and calls `appended`. The first to do so in a
 * turn asks for a flush at its end (`Clock.soon`), so that the input waiting now is answered in the
 * same write. A batch that has grown to `flushBytes` does not wait for the end of the turn.
 *
 * Who listens changes once in the life of a wire: the handshake first, then the session.
 */
import { ByteWriter } from "../core/byte-writer.ts";
import { DecodeError } from "../core/errors.ts";
import { FrameReader, type FrameSink } from "../core/frame-reader.ts";
import type { Link, LinkEnd, LinkEvents } from "../ports/carrier.ts";
import type { Clock } from "../ports/clock.ts";

export interface WireListener {
  /** One frame; its body lies in `bytes` during the call. A `DecodeError` is a violation. */
  onFrame(type: number, bytes: Uint8Array, start: number, end: number): void;
  /** Bytes came, before the frames in them are handed on. */
  onRead(): void;
  /** A batch has been handed to the link. */
  onFlush(): void;
  /** Everything queued has been taken by the system. */
  onDrain(): void;
  /** The peer broke the protocol. The wire has been ended; `onDown` is still to come. */
  onViolation(rule: string): void;
  /** The last event, exactly once. */
  onDown(end: LinkEnd): void;
}

/**
 * Less than a slab of `ByteWriter`, so that a batch of small messages ends in the slab it began in.
 * As large as a slab, every batch outgrows it by its last message, and is copied to a larger one: a
 * quarter more time for each message sent.
 */
const flushBytes = 60 * 1024;
const handshakeSlabBytes = 1024;
const asideSlabBytes = 256;

export class Wire implements LinkEvents, FrameSink {
  /** What goes out with the next flush. */
  out: ByteWriter = new ByteWriter(handshakeSlabBytes);
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #reader: FrameReader;
  #listener: WireListener | undefined;
  #flushAsked = false;
  #ended = false;
  /** The messages in `out`, and in each write that the system has not taken. */
  #messages = 0;
  #written: { readonly bytes: number; readonly messages: number }[] = [];
  #writtenBytes = 0;
  /** Where a message is being written, and where meanwhile everything else goes. */
  #message: ByteWriter | undefined;
  #aside: ByteWriter | undefined;

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
  promote(listener: WireListener, limitBytes: number): void {
    this.#listener = listener;
    this.#reader.limitBytes = limitBytes;
    this.flush();
    this.out = new ByteWriter();
    this.#link.admit();
  }

  /** Ended by this side or down: nothing that is appended would go anywhere. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes that have been appended and that the system has not taken. */
  get pendingBytes(): number {
    return this.#link.pendingBytes + this.out.length;
  }

  /** Messages that have been appended and that the system has not taken; when down: those lost. */
  get pendingMessages(): number {
    let bytes = this.#link.pendingBytes;
    let messages = this.#messages;
    for (let i = this.#written.length - 1; i >= 0 && bytes > 0; i--) {
      messages += this.#written[i]?.messages ?? 0;
      bytes -= this.#written[i]?.bytes ?? 0;
    }
    return messages;
  }

  /**
   * Gives the writer for a message, whose encoding may run code of the user: a getter that closes a
   * mailbox, say. Until `endMessage` what others append goes behind the message, and nothing is
   * flushed.
   */
  beginMessage(): ByteWriter {
    const { out } = this;
    if (this.#message === undefined) {
      this.#message = out;
      this.#aside ??= new ByteWriter(asideSlabBytes);
      this.out = this.#aside;
    }
    return out;
  }

  /** The frame in `out` is whole, or has been rolled back. */
  endMessage(out: ByteWriter): void {
    // A message inside a message is the outer one's.
    if (this.#message !== out) return;
    const aside = this.out;
    this.#message = undefined;
    this.out = out;
    if (aside.length > 0) out.raw(aside.take());
  }

  /** Says that a whole frame, with `messages` messages in it, has been added to `out`. */
  appended(messages: 0 | 1): void {
    this.#messages += messages;
    if (this.out.length >= flushBytes) this.flush();
    else if (!this.#flushAsked) {
      this.#flushAsked = true;
      this.#clock.soon(this.#flushSoon);
    }
  }

  flush(): void {
    if (this.#ended || this.#message !== undefined || this.out.length === 0) return;
    const bytes = this.out.take();
    this.#forgetTaken();
    this.#written.push({ bytes: bytes.length, messages: this.#messages });
    this.#writtenBytes += bytes.length;
    this.#messages = 0;
    this.#link.write(bytes);
    this.#listener?.onFlush();
  }

  /** Ends the link after what has been appended went out. */
  close(): void {
    this.flush();
    this.#ended = true;
    this.#link.close();
  }

  /** Ends the link at once. */
  destroy(): void {
    this.#ended = true;
    this.#link.destroy();
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#ended) return;
    this.#listener?.onRead();
    try {
      this.#reader.push(bytes, this);
    } catch (error) {
      this.destroy();
      if (!(error instanceof DecodeError)) throw error;
      this.#listener?.onViolation(error.message);
    }
  }

  onFrame(type: number, bytes: Uint8Array, start: number, end: number): boolean {
    this.#listener?.onFrame(type, bytes, start, end);
    return !this.#ended;
  }

  onDrain(): void {
    this.#listener?.onDrain();
  }

  onDown(end: LinkEnd): void {
    this.#ended = true;
    this.#listener?.onDown(end);
  }

  /** Forgets the writes that the system has taken: the oldest, as far as less is pending. */
  #forgetTaken(): void {
    const { pendingBytes } = this.#link;
    for (;;) {
      const [oldest] = this.#written;
      if (oldest === undefined || this.#writtenBytes - oldest.bytes < pendingBytes) return;
      this.#written.shift();
      this.#writtenBytes -= oldest.bytes;
    }
  }

  readonly #flushSoon = (): void => {
    this.#flushAsked = false;
    this.flush();
  };
}
