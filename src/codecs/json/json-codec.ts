/**
 * Messages as JSON, which any language reads: `docs/json-format.md` is the whole of it.
 *
 * What JSON has a form for is written in that form, so that an ordinary message looks as anybody
 * would write it. Everything else is an object with one key that begins with `$`, and a key of a
 * message's own that begins so gets one more in front. The text is read by a reader of our own:
 * `JSON.parse` makes everything before anybody can say that it is too much.
 */
import type { Codec, Decoder, DecoderPorts, Encoder, EncoderPorts } from "../../ports/codec.ts";
import { JsonDecoder } from "./decoder.ts";
import { JsonEncoder } from "./encoder.ts";

/**
 * Makes the codec for clusters whose nodes are not all written in JavaScript, and for links that
 * somebody wants to read.
 *
 * Carries what the term format carries and refuses what that refuses, within the same limits and as
 * safe from hostile bytes. Views never share their buffers on arrival. Messages are longer than in
 * the term format, binary data by a third, and take longer to write and read.
 */
export function createJsonCodec(): Codec {
  return {
    name: "json-1",
    createEncoder: (ports: EncoderPorts): Encoder => new JsonEncoder(ports),
    createDecoder: (ports: DecoderPorts): Decoder => new JsonDecoder(ports),
  };
}
