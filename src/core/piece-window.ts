/**
 * How many bytes of big messages may be on their way at once: what is in the system's buffers
 * cannot be overtaken, and the system takes several megabytes. So a sender has no more than
 * `pieceWindowBytes` of pieces under way that the reader has not said it has taken, and the reader
 * says so each time it has taken a quarter of that.
 */
import { DecodeError } from "./errors.ts";

/**
 * Some ten milliseconds of a fast link. Far apart, at 100 ms from end to end and back, it lets
 * 20 MB of big messages pass in a second.
 */
export const pieceWindowBytes: number = 2 * 1024 * 1024;
const tellBytes = pieceWindowBytes / 4;

/** The sender's side. */
export class PieceWindow {
  #sentBytes = 0;
  #takenBytes = 0;

  /** Whether one more piece may go. */
  get open(): boolean {
    return this.#sentBytes - this.#takenBytes < pieceWindowBytes;
  }

  onSent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  /** The reader says how many bytes of pieces it has taken in all. */
  onTaken(bytes: number): void {
    if (bytes < this.#takenBytes || bytes > this.#sentBytes) {
      throw new DecodeError("a peer has taken pieces that were not sent to it");
    }
    this.#takenBytes = bytes;
  }
}

/** The reader's side. */
export class TakenPieces {
  #takenBytes = 0;
  #toldBytes = 0;

  /** Returns what to tell the sender now, if anything. */
  onTaken(bytes: number): number | undefined {
    this.#takenBytes += bytes;
    if (this.#takenBytes - this.#toldBytes < tellBytes) return undefined;
    this.#toldBytes = this.#takenBytes;
    return this.#takenBytes;
  }
}
