/**
 * V8's own serialisation as a codec, for peers that are trusted as much as this process is.
 *
 * V8's deserializer is not made for hostile bytes: nothing bounds the memory that a few of them can
 * ask for, and what it makes of broken ones has been a matter of security fixes before. A node that
 * uses this codec stakes itself on every peer. It is here for measurements, and to hold the codec
 * port to more than one implementation.
 */
import type { ByteWriter } from "../../core/byte-writer.ts";
import { DecodeError } from "../../core/errors.ts";
import { toNotSerializable } from "../../core/refusal.ts";
import type { Codec, Decoder, DecoderPorts, Encoder, EncoderPorts } from "../../ports/codec.ts";
import { Restoration } from "./from-cloneable.ts";
import { HostDeserializer, HostSerializer } from "./mark.ts";
import { CloneableCopy } from "./to-cloneable.ts";

/**
 * Makes a codec of `node:v8` that carries what the term format carries, and refuses what that
 * refuses. **Not for peers that may be hostile:** see above. Views never share their buffers on
 * arrival. Every node of a cluster must run a Node.js whose V8 reads what the others' write.
 */
export function createV8Codec(): Codec {
  return {
    name: "v8-2",
    createEncoder: ({ limits, types }: EncoderPorts): Encoder => ({
      encode: (message: unknown, out: ByteWriter): void =>
        encode(message, out, new CloneableCopy(limits, types)),
    }),
    createDecoder: (ports: DecoderPorts): Decoder => ({
      decode: (bytes: Uint8Array, start: number, end: number): unknown =>
        decode(bytes.subarray(start, end), new Restoration(ports)),
    }),
  };
}

function encode(message: unknown, out: ByteWriter, copy: CloneableCopy): void {
  try {
    const serializer = new HostSerializer();
    serializer.writeHeader();
    serializer.writeValue(copy.value(message));
    out.raw(serializer.releaseBuffer());
  } catch (thrown) {
    throw toNotSerializable(thrown);
  }
}

function decode(bytes: Uint8Array, restoration: Restoration): unknown {
  try {
    const deserializer = new HostDeserializer(bytes);
    deserializer.readHeader();
    const message: unknown = deserializer.readValue();
    if (hasMore(deserializer)) throw new DecodeError("The message goes on behind its value.");
    return restoration.value(message);
  } catch (thrown) {
    if (thrown instanceof DecodeError) throw thrown;
    throw new DecodeError("V8 cannot make the message of its bytes.", { cause: thrown });
  }
}

/** V8 does not tell where it is, other than by failing at the end. */
function hasMore(deserializer: HostDeserializer): boolean {
  try {
    deserializer.readRawBytes(1);
    return true;
  } catch {
    return false;
  }
}
