/**
 * What waits for one peer, and in which order it goes.
 *
 * Three kinds of things wait, and a batch of them is handed out whenever the link has room:
 *
 * - *Control frames* (pings, monitors, names, their answers) go ahead of everything else, so that
 *   no flood of messages holds up a sign of life.
 * - *Messages* keep their order. *Notices* that a mailbox is gone stand in line with them, since a
 *   notice comes after everything that was sent before it.
 * - A *big* message, which is more than one piece long, leaves the line when its turn comes and
 *   goes in pieces. Between two pieces there is a batch of other messages, so that a small one
 *   waits for one piece at most. Only what is for the same mailbox stays behind it, and so does
 *   every notice that was given after it.
 *
 * Pieces go as far as the peer's window is open (`piece-window.ts`).
 * Big messages under way at once are together no longer than `maxOpenBytes`, unless it is one: the
 * peer has to keep their pieces until they are whole. Those beyond wait for their turn, while the
 * small ones behind pass.
 *
 * Encoding a message may run code of the user's, which may send. Until `endMessage` what others
 * append goes behind the message, and nothing is handed out.
 */
import { BatchQueue } from "./batch-queue.ts";
import { type BigMessage, joined, longestOf, nextPiece, oldestOf } from "./big-message.ts";
import { ByteWriter } from "./byte-writer.ts";
import { pieceBytes } from "./frame.ts";
import { PieceWindow } from "./piece-window.ts";
import { Slabs } from "./slabs.ts";

/** Whole frames that go out in one write. */
export interface Batch {
  readonly bytes: Uint8Array;
  /** How many messages end in it. */
  readonly messages: number;
  /** How many of the bytes are notices. */
  readonly noticeBytes: number;
  /** The slab of the line in which it lies. */
  readonly slab?: ArrayBuffer;
}

/** A whole frame that was appended while another message was being encoded. */
interface Meanwhile {
  /** Nothing for a notice. */
  readonly mailbox: number | undefined;
  readonly frame: Uint8Array;
  readonly headBytes: number;
}

/** A notice that waits until every big message up to `after` has gone. */
interface HeldNotice {
  readonly frame: Uint8Array;
  readonly after: number;
}

/**
 * Less than a slab of `ByteWriter`, so that a batch of small messages ends in the slab it began in.
 * As large as a slab, every batch outgrows it by its last message, and is copied to a larger one: a
 * quarter more time for each message sent.
 */
const batchBytes = 60 * 1024;
const controlSlabBytes = 1024;
const asideSlabBytes = 256;

export class Outbox {
  /** Where control frames are appended, whole. `controlAppended` follows. */
  readonly control: ByteWriter = new ByteWriter(controlSlabBytes);
  /** Where messages and notices are appended. Another one while a message is being encoded. */
  line: ByteWriter;
  readonly pieceWindow: PieceWindow = new PieceWindow();
  readonly #maxOpenBytes: number;
  readonly #controlQueue = new BatchQueue<Batch>();
  readonly #queue = new BatchQueue<Batch | BigMessage>();
  /** Of the frames in `line` that have not been cut into a batch. */
  #lineMessages = 0;
  #lineNoticeBytes = 0;
  /** Everything that waits, but what is still in `control` and `line`. */
  #cutBytes = 0;
  #controlBytes = 0;
  #noticeBytes = 0;
  #messages = 0;
  /** Everything that was taken out, and how much of it the link no longer holds. */
  #handedBytes = 0;
  #releasedBytes = 0;
  readonly #slabs = new Slabs();
  /** Where a message is being encoded, and what was appended meanwhile. */
  #encoding: ByteWriter | undefined;
  #aside: ByteWriter | undefined;
  #meanwhile: Meanwhile[] = [];
  /** The big messages that have not gone, each the first for its mailbox. */
  readonly #bigs = new Map<number, BigMessage>();
  /** Those whose turn came while too much was under way. */
  #waiting: BigMessage[] = [];
  /** Those under way, the next piece's first. */
  #open: BigMessage[] = [];
  #openBytes = 0;
  #lastBig = 0;
  #pieceIsNext = false;
  #held: HeldNotice[] = [];

  constructor(maxOpenBytes: number, lineBytes?: number) {
    this.#maxOpenBytes = maxOpenBytes;
    this.line = new ByteWriter(lineBytes, this.#slabs);
  }

  /** The bytes of messages and notices that wait. */
  get lineBytes(): number {
    const encoding = this.#encoding === undefined ? 0 : this.#encoding.length;
    return this.#cutBytes + encoding + this.line.length;
  }

  /** The bytes of control frames and notices that wait. */
  get controlBytes(): number {
    return this.#controlBytes + this.control.length + this.#noticeBytes;
  }

  /** The messages that wait, whole or in part. */
  get messages(): number {
    return this.#messages;
  }

  /** Memory that is kept for what is to come. */
  get spareBytes(): number {
    return this.#slabs.spareBytes;
  }

  /** What is left of the longest of the big messages. */
  get longestBytes(): number {
    let longest = 0;
    for (const big of this.#bigs.values()) longest = Math.max(longest, longestOf(big));
    return longest;
  }

  get controlEmpty(): boolean {
    return this.#controlBytes + this.control.length === 0;
  }

  get empty(): boolean {
    return this.controlEmpty && this.lineBytes === 0 && this.#encoding === undefined;
  }

  /** Whether a message is being encoded, until which has ended nothing is handed out. */
  get encoding(): boolean {
    return this.#encoding !== undefined;
  }

  /** Gives the writer for a message. */
  beginMessage(): ByteWriter {
    const { line } = this;
    if (this.#encoding === undefined) {
      this.#encoding = line;
      this.#aside ??= new ByteWriter(asideSlabBytes);
      this.line = this.#aside;
    }
    return line;
  }

  /**
   * The frame that was begun at `mark` of `out` is whole. `undefined`: there is none, it has been
   * rolled back. `bodyMark` is where the encoded message begins.
   */
  endMessage(out: ByteWriter, mailbox: number, mark: number | undefined, bodyMark: number): void {
    if (this.#encoding !== out) {
      // A message inside a message is the outer one's.
      if (mark !== undefined) this.#keepAside(out, mailbox, mark, bodyMark);
      return;
    }
    this.#encoding = undefined;
    this.line = out;
    if (mark !== undefined) this.#messageAppended(mailbox, mark, bodyMark);
    if (this.#meanwhile.length > 0) this.#appendMeanwhile();
  }

  /** The frame of a notice, begun at `mark` of `line`, is whole. */
  noticeAppended(mark: number): void {
    if (this.#encoding !== undefined) {
      this.#keepAside(this.line, undefined, mark, mark);
      return;
    }
    const length = this.line.length - mark;
    this.#noticeBytes += length;
    if (this.#bigs.size === 0) {
      this.#lineNoticeBytes += length;
      return;
    }
    this.#held.push({ frame: this.line.slice(mark), after: this.#lastBig });
    this.#cutBytes += length;
    this.line.rollback(mark);
  }

  /** A whole control frame has been added to `control`. */
  controlAppended(): void {
    if (this.control.length >= batchBytes) this.#cutControl();
  }

  /** Cuts what has grown to a batch. Whether there is one that need not wait for more. */
  hasBatch(): boolean {
    if (this.#encoding !== undefined) return false;
    if (this.line.length >= batchBytes) {
      this.#cut();
      return true;
    }
    return this.#controlQueue.length > 0;
  }

  /** Whether the next to go is a piece of a big message. */
  get pieceIsNext(): boolean {
    if (this.#bigs.size === 0) return false;
    this.#openFront();
    if (!this.controlEmpty || this.#open.length === 0 || !this.pieceWindow.open) return false;
    return this.#pieceIsNext || (this.#queue.length === 0 && this.line.length === 0);
  }

  /**
   * Takes out what goes next; nothing while a message is being encoded, or when nothing waits.
   * `pendingBytes` is how much of what was taken out before the link still holds.
   */
  next(pendingBytes: number): Batch | undefined {
    if (this.#encoding !== undefined) return undefined;
    this.#releasedBytes = this.#handedBytes - pendingBytes;
    this.#slabs.release(this.#releasedBytes);
    const batch = this.#nextControl() ?? this.#nextOfLine();
    if (batch !== undefined) this.#handedBytes += batch.bytes.length;
    else if (pendingBytes === 0 && this.empty) this.#slabs.rest();
    return batch;
  }

  #keepAside(out: ByteWriter, mailbox: number | undefined, mark: number, bodyMark: number): void {
    const frame = out.slice(mark);
    this.#meanwhile.push({ mailbox, frame, headBytes: bodyMark - mark });
    this.#cutBytes += frame.length;
    out.rollback(mark);
  }

  #appendMeanwhile(): void {
    for (const { mailbox, frame, headBytes } of this.#meanwhile) {
      const mark = this.line.mark();
      this.#cutBytes -= frame.length;
      this.line.raw(frame);
      if (mailbox === undefined) this.noticeAppended(mark);
      else this.#messageAppended(mailbox, mark, mark + headBytes);
    }
    this.#meanwhile = [];
  }

  #messageAppended(mailbox: number, mark: number, bodyMark: number): void {
    const { line } = this;
    this.#messages += 1;
    const long = line.length - bodyMark > pieceBytes;
    const ahead = this.#bigs.size === 0 ? undefined : this.#bigs.get(mailbox);
    if (!long && ahead === undefined) {
      this.#lineMessages += 1;
      return;
    }
    const bytes = long ? line.detach(bodyMark) : line.slice(mark);
    line.rollback(mark);
    this.#cutBytes += bytes.length;
    if (long) this.#addBig(mailbox, bytes, ahead);
    else ahead?.behind.push(bytes);
  }

  #addBig(mailbox: number, payload: Uint8Array<ArrayBuffer>, ahead: BigMessage | undefined): void {
    const big = { mailbox, payload, sent: 0, handedAt: 0, number: ++this.#lastBig, behind: [] };
    if (ahead !== undefined) {
      ahead.behind.push(big);
      return;
    }
    this.#bigs.set(mailbox, big);
    this.#cut();
    this.#queue.push(big);
  }

  #cut(): void {
    if (this.line.length === 0) return;
    this.#cutBytes += this.line.length;
    const bytes = this.line.take();
    this.#queue.push({
      bytes,
      messages: this.#lineMessages,
      noticeBytes: this.#lineNoticeBytes,
      slab: bytes.buffer,
    });
    this.#lineMessages = 0;
    this.#lineNoticeBytes = 0;
  }

  #cutControl(): void {
    const bytes = this.control.take();
    this.#controlBytes += bytes.length;
    this.#controlQueue.push({ bytes, messages: 0, noticeBytes: 0 });
  }

  #nextControl(): Batch | undefined {
    if (this.#controlQueue.length === 0 && this.control.length > 0) this.#cutControl();
    const batch = this.#controlQueue.shift();
    this.#controlBytes -= batch?.bytes.length ?? 0;
    return batch;
  }

  #nextOfLine(): Batch | undefined {
    this.#openFront();
    const batch = this.#pieceIsNext
      ? (this.#takePiece() ?? this.#takeBatch())
      : (this.#takeBatch() ?? this.#takePiece());
    if (batch === undefined) return undefined;
    this.#messages -= batch.messages;
    this.#noticeBytes -= batch.noticeBytes;
    return batch;
  }

  /** Big messages whose turn it is leave the line. */
  #openFront(): void {
    for (
      let { first } = this.#queue;
      first !== undefined && isBig(first);
      { first } = this.#queue
    ) {
      this.#queue.shift();
      this.#waiting.push(first);
    }
    this.#openWaiting();
  }

  #takeBatch(): Batch | undefined {
    if (this.#queue.length === 0) this.#cut();
    const batch = this.#queue.first;
    if (batch === undefined || isBig(batch)) return undefined;
    this.#queue.shift();
    if (batch.slab !== undefined) this.#slabs.goOn(batch.slab, this.#handedBytes);
    this.#cutBytes -= batch.bytes.length;
    this.#pieceIsNext = true;
    return batch;
  }

  #openWaiting(): void {
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      const openBytes = this.#openBytes + first.payload.length;
      if (this.#open.length > 0 && openBytes > this.#maxOpenBytes) return;
      this.#waiting.shift();
      this.#open.push(first);
      this.#openBytes = openBytes;
    }
  }

  #takePiece(): Batch | undefined {
    const big = this.pieceWindow.open ? this.#open.shift() : undefined;
    if (big === undefined) return undefined;
    this.#pieceIsNext = false;
    const before = big.sent;
    const bytes = nextPiece(big, big.handedAt <= this.#releasedBytes);
    big.handedAt = this.#handedBytes + bytes.length;
    this.#cutBytes -= big.sent - before;
    this.pieceWindow.onSent(big.sent - before);
    const last = big.sent === big.payload.length;
    if (last) {
      this.#slabs.leave(big.payload.buffer, big.handedAt);
      this.#finish(big);
    } else this.#open.push(big);
    return { bytes, messages: last ? 1 : 0, noticeBytes: 0 };
  }

  /** A big message has gone: what stood behind it comes next, and notices that waited for it. */
  #finish({ mailbox, payload, behind }: BigMessage): void {
    this.#bigs.delete(mailbox);
    this.#openBytes -= payload.length;
    const frames: Uint8Array[] = [];
    for (const [index, item] of behind.entries()) {
      if (item instanceof Uint8Array) {
        frames.push(item);
        continue;
      }
      item.behind.push(...behind.slice(index + 1));
      this.#bigs.set(mailbox, item);
      this.#queue.unshift(item);
      break;
    }
    if (frames.length > 0) {
      this.#queue.unshift({ bytes: joined(frames), messages: frames.length, noticeBytes: 0 });
    }
    this.#releaseNotices();
  }

  #releaseNotices(): void {
    const oldest = oldestOf(this.#bigs.values());
    const ready = this.#held.filter(({ after }) => after < oldest);
    if (ready.length === 0) return;
    this.#held = this.#held.filter(({ after }) => after >= oldest);
    for (const { frame } of ready) {
      this.#cutBytes -= frame.length;
      this.#lineNoticeBytes += frame.length;
      this.line.raw(frame);
    }
  }
}

function isBig(item: Batch | BigMessage): item is BigMessage {
  return "payload" in item;
}
