/**
 * Puts together the messages that come in pieces.
 *
 * For each mailbox at most one is under way, and all that are under way at once have announced no
 * more than `limitBytes` together: so much memory can a peer make this node hold, and it is made as
 * pieces come, not as they are announced. What breaks this is a `DecodeError`. A message that
 * nobody wants is counted through and not kept.
 */
import { DecodeError } from "./errors.ts";
import { pieceBytes } from "./frame.ts";

interface Unfinished {
  readonly totalBytes: number;
  /** Nothing when the mailbox is not there. */
  bytes: Uint8Array<ArrayBuffer> | undefined;
  gotBytes: number;
}

/** A message that is whole. Nobody wanted it, and it was not kept, if there are no `bytes`. */
export interface Assembled {
  readonly bytes: Uint8Array | undefined;
  readonly size: number;
}

export class Assembly {
  readonly #limitBytes: number;
  readonly #unfinished = new Map<number, Unfinished>();
  #announcedBytes = 0;
  /** The memory of the last message, whose reader is done with it before the next one begins. */
  #spare: WeakRef<Uint8Array<ArrayBuffer>> | undefined;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** A message of `totalBytes` for a mailbox begins. Its first piece is to be added next. */
  begin(mailbox: number, totalBytes: number, wanted: boolean): void {
    if (this.#unfinished.has(mailbox)) {
      throw new DecodeError("a message begins before the one for the same mailbox has ended");
    }
    if (totalBytes <= pieceBytes) {
      throw new DecodeError(`a message of ${totalBytes} bytes in pieces, which fits in one`);
    }
    if (this.#announcedBytes + totalBytes > this.#limitBytes) {
      throw new DecodeError("messages in pieces are larger than this node takes");
    }
    this.#announcedBytes += totalBytes;
    const bytes = wanted ? this.#memory() : undefined;
    this.#unfinished.set(mailbox, { totalBytes, bytes, gotBytes: 0 });
  }

  /**
   * Adds a piece, or what has come of one of which `restBytes` are still to come. Returns the
   * message if that was the last of it.
   */
  add(
    mailbox: number,
    source: Uint8Array,
    start: number,
    end: number,
    restBytes = 0,
  ): Assembled | undefined {
    const message = this.#unfinished.get(mailbox);
    if (message === undefined) throw new DecodeError("a piece of no message");
    const gotBytes = message.gotBytes + end - start;
    if (end + restBytes === start) throw new DecodeError("an empty piece");
    if (gotBytes + restBytes > message.totalBytes) {
      throw new DecodeError("a piece beyond its message's end");
    }
    keep(message, source.subarray(start, end));
    if (gotBytes < message.totalBytes) return undefined;
    this.#unfinished.delete(mailbox);
    this.#announcedBytes -= message.totalBytes;
    if (message.bytes !== undefined) this.#spare = new WeakRef(message.bytes);
    return { bytes: message.bytes, size: gotBytes };
  }

  #memory(): Uint8Array<ArrayBuffer> {
    const spare = this.#spare?.deref();
    this.#spare = undefined;
    return spare ?? new Uint8Array(pieceBytes);
  }
}

function keep(message: Unfinished, piece: Uint8Array): void {
  const at = message.gotBytes;
  message.gotBytes += piece.length;
  if (message.bytes === undefined) return;
  if (message.gotBytes > message.bytes.length) {
    const grown = new Uint8Array(Math.min(message.totalBytes, Math.max(4 * at, message.gotBytes)));
    grown.set(message.bytes.subarray(0, at));
    message.bytes = grown;
  }
  message.bytes.set(piece, at);
}
