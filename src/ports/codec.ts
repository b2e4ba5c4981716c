/**
 * How a message becomes bytes and again a message.
 *
 * Nodes agree on a codec by name in their handshake. One encoder and one decoder serve one link, so
 * that a codec may remember what it has said before; what it remembers ends with the link.
 * `reign/testing` has a contract suite that every codec passes.
 */
import type { Address } from "../core/address.ts";
import type { ByteWriter } from "../core/byte-writer.ts";
import type { MailboxRef } from "../core/mailbox-id.ts";

export interface Codec {
  /** `[a-z0-9-]{1,32}`; goes with any change of the format, as `term-1`. */
  readonly name: string;
  createEncoder(limits: CodecLimits): Encoder;
  /** `addressOf` gives the service's own object for an address met inside a message. */
  createDecoder(limits: CodecLimits, addressOf: (ref: MailboxRef) => Address): Decoder;
}

/** The same on both ways: what one side may not send, the other does not take. */
export interface CodecLimits {
  /** How deep values may be nested. */
  readonly maxDepth: number;
  /** How many values one message may hold; costly ones count several times. */
  readonly maxValues: number;
}

export interface Encoder {
  /**
   * Appends `message` to `out`. Throws `NotSerializableError` with the path of what cannot travel,
   * and has then undone whatever it remembered; the caller rolls `out` back.
   */
  encode(message: unknown, out: ByteWriter): void;
}

export interface Decoder {
  /**
   * Reads one message that fills `bytes` from `start` to `end` exactly. Throws `DecodeError` and
   * nothing else, whatever the bytes. What it returns shares no memory with them.
   */
  decode(bytes: Uint8Array, start: number, end: number): unknown;
}
