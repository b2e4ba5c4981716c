/** Encodes messages that cannot be sent, so that one that never could be is refused as well. */
import { ByteWriter, TooManyBytes } from "../core/byte-writer.ts";
import type { Encoder } from "../ports/codec.ts";

const firstBytes = 256;

export class TrialEncoding {
  readonly #encoder: Encoder;
  readonly #maxBytes: number;

  constructor(encoder: Encoder, maxBytes: number) {
    this.#encoder = encoder;
    this.#maxBytes = maxBytes;
  }

  /** Throws what the encoder throws. */
  check(message: unknown): void {
    const scratch = new ByteWriter(firstBytes);
    scratch.ceiling = this.#maxBytes;
    try {
      this.#encoder.encode(message, scratch);
    } catch (error) {
      // It is lost for another reason already, so that it is too large does not matter.
      if (!(error instanceof TooManyBytes)) throw error;
    }
  }
}
