/**
 * What a node says on a link that is up, as frames in the outbox of its wire.
 *
 * A message is refused when too much waits for the peer. Other frames never are: a notice that was
 * dropped would be a promise broken. They have a reserve of their own, and a peer that makes this
 * node say more and more and does not listen loses its link when that is used up.
 */
import { type ByteWriter, TooManyBytes } from "../core/byte-writer.ts";
import { type CloseReason, closeReasons } from "../core/close-notice.ts";
import { beginFrame, endFrame, frameType, writeFrame, writeText } from "../core/frame.ts";
import type { LossCause } from "../core/loss.ts";
import type { Define, Encoder } from "../ports/codec.ts";
import type { Wire } from "./wire.ts";

export interface SendLimits {
  /** The largest message that both sides take. */
  readonly maxMessageBytes: number;
  readonly maxPendingBytes: number;
  readonly controlReserveBytes: number;
}

/**
 * How much room wakes those who wait for it: enough for thousands of messages at a time, and less
 * than the system's buffers hold, so that the peer has something to do while more is encoded.
 */
const roomBytes = 1024 * 1024;
/** Nor is there to be room for one message alone: the next is encoded too before it is refused. */
const roomOfRefused = 4;

export interface FrameSenderPorts {
  readonly wire: Wire;
  readonly limits: SendLimits;
  readonly createEncoder: (define: Define) => Encoder;
  /** More control frames wait than may. */
  readonly onReserveUsedUp: () => void;
}

export class FrameSender {
  /** How long the message refused last was, encoded, if it was at all. */
  refusedBytes: number | undefined;
  readonly limits: SendLimits;
  readonly #wire: Wire;
  readonly #encoder: Encoder;
  readonly #onReserveUsedUp: () => void;

  constructor({ wire, limits, createEncoder, onReserveUsedUp }: FrameSenderPorts) {
    this.#wire = wire;
    this.limits = limits;
    this.#encoder = createEncoder((definition) => this.#define(definition));
    this.#onReserveUsedUp = onReserveUsedUp;
  }

  /** Whether messages may be refused. */
  get full(): boolean {
    return this.#wire.pendingBytes >= this.limits.maxPendingBytes;
  }

  /** Whether so much room is there that it is worth waking those who wait for it. */
  get roomy(): boolean {
    const { maxPendingBytes } = this.limits;
    const room = Math.max(roomBytes, roomOfRefused * (this.refusedBytes ?? 0));
    return this.#wire.pendingBytes <= maxPendingBytes - Math.min(maxPendingBytes / 2, room);
  }

  message(mailbox: number, message: unknown): LossCause | undefined {
    // What waits without this message.
    const { pendingBytes, outbox } = this.#wire;
    const out = outbox.beginMessage();
    const mark = beginFrame(out, frameType.message);
    out.varint(mailbox);
    const bodyMark = out.mark();
    let refused: LossCause | undefined = "too_large";
    try {
      refused = this.#encode(message, out, bodyMark, pendingBytes);
    } finally {
      if (refused === undefined) endFrame(out, mark);
      else out.rollback(mark);
      outbox.endMessage(out, mailbox, refused === undefined ? mark : undefined, bodyMark);
    }
    if (refused === undefined) this.#wire.appended();
    return refused;
  }

  /** The notice that a mailbox is gone, in line with the messages sent before. */
  down(ref: number, reason: CloseReason): void {
    const { line } = this.#wire.outbox;
    const mark = beginFrame(line, frameType.down);
    line.varint(ref);
    line.byte(closeReasons.indexOf(reason));
    endFrame(line, mark);
    this.#noticeAppended(mark);
  }

  /** The last word, in line with the messages too. */
  goodbye(): void {
    const { line } = this.#wire.outbox;
    const mark = line.mark();
    writeFrame(line, frameType.goodbye);
    this.#noticeAppended(mark);
  }

  /** A control frame that holds one number. */
  number(type: number, value: number): void {
    writeFrame(this.#wire.outbox.control, type, value);
    this.#controlAppended();
  }

  monitor(ref: number, mailbox: number): void {
    const { control } = this.#wire.outbox;
    const mark = beginFrame(control, frameType.monitor);
    control.varint(ref);
    control.varint(mailbox);
    endFrame(control, mark);
    this.#controlAppended();
  }

  /** A mailbox of this node claims a name, or gives it up. */
  nameChange(type: number, name: string, mailbox: number): void {
    const { control } = this.#wire.outbox;
    const mark = beginFrame(control, type);
    control.varint(mailbox);
    writeText(control, name);
    endFrame(control, mark);
    this.#controlAppended();
  }

  /** What the encoder defines, ahead of the message that it is in the middle of. */
  #define(definition: Uint8Array): void {
    const { control } = this.#wire.outbox;
    const mark = beginFrame(control, frameType.define);
    control.raw(definition);
    endFrame(control, mark);
    this.#controlAppended();
  }

  /** Why the message may not stay, if so. A refused one is encoded too: it could be no message. */
  #encode(
    message: unknown,
    out: ByteWriter,
    bodyMark: number,
    pendingBytes: number,
  ): LossCause | undefined {
    const { maxMessageBytes, maxPendingBytes } = this.limits;
    // An enormous message is given up before memory is made for it.
    out.ceiling = bodyMark + maxMessageBytes;
    try {
      this.#encoder.encode(message, out);
    } catch (error) {
      this.refusedBytes = undefined;
      if (error instanceof TooManyBytes) return "too_large";
      throw error;
    } finally {
      out.ceiling = Number.POSITIVE_INFINITY;
    }
    const bytes = out.mark() - bodyMark;
    if (bytes <= maxMessageBytes && pendingBytes < maxPendingBytes && !this.#wire.ended) {
      return undefined;
    }
    this.refusedBytes = bytes;
    // The encoding may have run code of the user's, which may have ended the link.
    if (this.#wire.ended) return "no_connection";
    if (bytes > maxMessageBytes) return "too_large";
    // One message may be beyond the limit. Behind the longest, which goes in pieces, small ones are
    // not refused because of that one.
    const beside = pendingBytes - this.#wire.outbox.longestBytes;
    return beside + bytes <= maxPendingBytes ? undefined : "queue_full";
  }

  #noticeAppended(mark: number): void {
    this.#wire.outbox.noticeAppended(mark);
    this.#appended();
  }

  #controlAppended(): void {
    this.#wire.outbox.controlAppended();
    this.#appended();
  }

  #appended(): void {
    this.#wire.appended();
    if (this.#wire.outbox.controlBytes <= this.limits.controlReserveBytes) return;
    if (!this.#wire.ended) this.#onReserveUsedUp();
  }
}
