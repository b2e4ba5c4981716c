/**
 * Puts together the messages that come in pieces.
 *
 * For each mailbox at most one is under way, and all that are under way at once have announced no
 * more than `limitBytes` together: so much memory can a peer make this node hold, and it is made as
 * pieces come, not as they are announced, but for a peer that has sent as long a message before.
 * What breaks this is a `DecodeError`. A message that nobody wants is counted through and not kept.
 *
 * The codec may say of the beginning of a message that it ends in stretches to be put together each
 * in a buffer of its own, which is then the receiver's.
 */
import { DecodeError } from "./errors.ts";
import { pieceBytes } from "./frame.ts";

interface Unfinished {
  readonly totalBytes: number;
  readonly wanted: boolean;
  gotBytes: number;
  /** The message without its attachments, and these. None before its first bytes, or unwanted. */
  parts: Part[];
  /** Which of them is coming. */
  part: number;
}

interface Part {
  readonly totalBytes: number;
  gotBytes: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A message that is whole. Nobody wanted it, and it was not kept, if there are no `bytes`. */
export interface Assembled {
  readonly size: number;
  /** It lies in front in these, up to `end`, without its attachments. */
  readonly bytes: Uint8Array | undefined;
  readonly end: number;
  readonly attachments: readonly ArrayBuffer[] | undefined;
}

/** What a codec's decoder says of a message that begins to come, as in `Decoder`. */
interface Layout {
  attachments?(
    bytes: Uint8Array,
    start: number,
    end: number,
    totalBytes: number,
  ): readonly number[];
}

export class Assembly {
  readonly #limitBytes: number;
  readonly #layout: Layout;
  readonly #unfinished = new Map<number, Unfinished>();
  #announcedBytes = 0;
  /** The longest message that has come whole. For one that is no longer, memory is made at once. */
  #longestBytes = pieceBytes;
  /** The memory of the last message, whose reader is done with it before the next one begins. */
  #spare: WeakRef<Uint8Array<ArrayBuffer>> | undefined;

  constructor(limitBytes: number, layout: Layout = {}) {
    this.#limitBytes = limitBytes;
    this.#layout = layout;
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
    this.#unfinished.set(mailbox, { totalBytes, wanted, gotBytes: 0, parts: [], part: 0 });
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
    if (message.wanted && start < end) {
      if (message.gotBytes === 0) message.parts = this.#plan(message, source, start, end);
      this.#keep(message, source.subarray(start, end));
    }
    message.gotBytes = gotBytes;
    if (gotBytes < message.totalBytes) return undefined;
    this.#unfinished.delete(mailbox);
    this.#announcedBytes -= message.totalBytes;
    this.#longestBytes = Math.max(this.#longestBytes, gotBytes);
    return this.#whole(message);
  }

  /** Which parts the message has that begins with these bytes. */
  #plan({ totalBytes }: Unfinished, source: Uint8Array, start: number, end: number): Part[] {
    const lengths = this.#layout.attachments?.(source, start, end, totalBytes) ?? [];
    const ownBytes = totalBytes - lengths.reduce((sum, length) => sum + length, 0);
    const spare = ownBytes > pieceBytes ? this.#spare?.deref() : undefined;
    if (spare !== undefined) this.#spare = undefined;
    return [ownBytes, ...lengths].map((length, index) => ({
      totalBytes: length,
      gotBytes: 0,
      bytes: (index === 0 ? spare : undefined) ?? new Uint8Array(0),
    }));
  }

  #keep(message: Unfinished, piece: Uint8Array): void {
    for (let at = 0; at < piece.length; ) {
      const part = message.parts[message.part];
      if (part === undefined) return;
      const length = Math.min(piece.length - at, part.totalBytes - part.gotBytes);
      const gotBytes = part.gotBytes + length;
      if (gotBytes > part.bytes.length) this.#grow(part, gotBytes);
      part.bytes.set(
        length === piece.length ? piece : piece.subarray(at, at + length),
        part.gotBytes,
      );
      part.gotBytes = gotBytes;
      if (gotBytes === part.totalBytes) message.part += 1;
      at += length;
    }
  }

  #grow(part: Part, neededBytes: number): void {
    const { totalBytes, gotBytes, bytes } = part;
    const room = Math.max(this.#longestBytes, 4 * gotBytes, neededBytes);
    part.bytes = new Uint8Array(Math.min(totalBytes, room));
    part.bytes.set(bytes.subarray(0, gotBytes));
  }

  #whole({ totalBytes, parts }: Unfinished): Assembled {
    const [own, ...attached] = parts;
    if (own !== undefined && own.totalBytes > pieceBytes) this.#spare = new WeakRef(own.bytes);
    return {
      size: totalBytes,
      bytes: own?.bytes,
      end: own?.totalBytes ?? 0,
      attachments: attached.length === 0 ? undefined : attached.map(({ bytes }) => bytes.buffer),
    };
  }
}
