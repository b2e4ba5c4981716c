/**
 * How a message becomes bytes and again a message.
 *
 * Nodes agree on a codec by name in their handshake. One encoder and one decoder serve one link, so
 * that a codec may remember what it has said before; what it remembers ends with the link.
 * `reign/testing` has a contract suite that every codec passes.
 */
import type { Address } from "../core/address.ts";
import type { ByteWriter } from "../core/byte-writer.ts";
import type { InstanceForms } from "../core/instance-form.ts";
import type { MailboxRef } from "../core/mailbox-id.ts";

/**
 * Sends a definition: bytes of the codec's own that reach `Decoder.define` at the other end, all of
 * them in order, each before every message whose encoding ends after this call. The bytes are
 * copied at once.
 */
export type Define = (definition: Uint8Array) => void;

/**
 * A format for messages. Write one, hold it to `codecContract` of `reign/testing`, and give it to
 * every node of the cluster as the option `codecs`.
 */
export interface Codec {
  /** `[a-z0-9-]{1,32}`; goes with any change of the format, as `term-3`. */
  readonly name: string;
  /** What makes messages into bytes on a new link. */
  createEncoder(ports: EncoderPorts): Encoder;
  /** What makes bytes into messages on a new link. */
  createDecoder(ports: DecoderPorts): Decoder;
}

/** What an encoder is given. */
export interface EncoderPorts {
  readonly limits: CodecLimits;
  /** The classes whose instances travel as instances, at this moment: more may be registered. */
  readonly types: InstanceForms;
  /**
   * There when what is encoded goes over a link: what a message says again and again may then be
   * said once. Without it each message stands for itself.
   */
  readonly define?: Define;
}

/** What a decoder is given. */
export interface DecoderPorts {
  readonly limits: CodecLimits;
  /** The classes of which instances may be made. */
  readonly types: InstanceForms;
  /** Gives the service's own object for an address met inside a message. */
  readonly addressOf: (ref: MailboxRef) => Address;
}

/** The same on both ways: what one side may not send, the other does not take. */
export interface CodecLimits {
  /** How deep values may be nested. */
  readonly maxDepth: number;
  /** How many values one message may hold; costly ones count several times. */
  readonly maxValues: number;
}

/** Makes messages into bytes, for one link. */
export interface Encoder {
  /**
   * Appends `message` to `out`. Throws `NotSerializableError` with the path of what cannot travel,
   * and has then undone whatever it remembered but its definitions; the caller rolls `out` back.
   */
  encode(message: unknown, out: ByteWriter): void;
}

/** Makes bytes into messages again, for one link. */
export interface Decoder {
  /**
   * Reads one message that fills `bytes` from `start` to `end` exactly. Throws `DecodeError` and
   * nothing else, whatever the bytes. What it returns shares no memory with them. If there are
   * `attachments`, the bytes are those of the message before them, and they are the message's.
   */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    attachments?: readonly ArrayBuffer[],
  ): unknown;

  /**
   * A message of `totalBytes` has begun to come, with these bytes. Returns the lengths of the
   * stretches that it ends in and that `decode` would rather have in buffers of their own: each at
   * least 1, together less than `totalBytes`. None if there are none, if too little has come to
   * tell, and for bytes that `decode` will refuse. Left out by a codec that has no such stretches;
   * and a message that lies in one place is decoded there, with all that belongs to it.
   */
  attachments?(
    bytes: Uint8Array,
    start: number,
    end: number,
    totalBytes: number,
  ): readonly number[];

  /**
   * Takes the next definition of the encoder at the other end, which is copied where it is kept.
   * Throws `DecodeError` and nothing else. Left out by a codec that has no definitions.
   */
  define?(bytes: Uint8Array, start: number, end: number): void;
}
