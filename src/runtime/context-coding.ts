/**
 * A codec in the coat that `trace-context` puts on it: before the bytes of each message goes its
 * trace context. Frames, pieces and the outbox see the bytes of a message as before, a few more.
 */
import type { Agreement } from "../core/handshake.ts";
import { invariant } from "../core/invariant.ts";
import {
  readTraceContext,
  traceCapability,
  traceContextLength,
  writeTraceContext,
} from "../core/trace-context.ts";
import type { Codec, Decoder, Encoder } from "../ports/codec.ts";
import { takeDefinition } from "./body-values.ts";
import type { TraceContexts } from "./trace-contexts.ts";

/** The codec for a link, with the coat if both nodes wear it. */
export function codecOf(
  { codec: name, capabilities }: Agreement,
  codecs: readonly Codec[],
  contexts: TraceContexts | undefined,
): Codec {
  const codec = codecs.find((each) => each.name === name);
  invariant(codec !== undefined, "nodes agree on a codec that both have");
  if (contexts === undefined || !capabilities.includes(traceCapability)) return codec;
  return {
    name,
    createEncoder: (ports) => contextEncoder(codec.createEncoder(ports), contexts),
    createDecoder: (ports) => contextDecoder(codec.createDecoder(ports), contexts),
  };
}

function contextEncoder(encoder: Encoder, contexts: TraceContexts): Encoder {
  return {
    encode(message, out) {
      // Asked first: the function is the user's, and may send something itself.
      writeTraceContext(contexts.current(), out);
      encoder.encode(message, out);
    },
  };
}

function contextDecoder(decoder: Decoder, contexts: TraceContexts): Decoder {
  return {
    decode(bytes, start, end, attachments) {
      const traceparent = readTraceContext(bytes, start, end);
      const begin = start + traceContextLength(bytes, start, end);
      const message = decoder.decode(bytes, begin, end, attachments);
      contexts.keep(message, traceparent);
      return message;
    },
    attachments(bytes, start, end, totalBytes) {
      const first = bytes[start];
      // What is neither is refused when the message is whole.
      if (start >= end || (first !== 0 && first !== 1)) return [];
      const length = traceContextLength(bytes, start, end);
      if (start + length >= end) return [];
      return decoder.attachments?.(bytes, start + length, end, totalBytes - length) ?? [];
    },
    define: (bytes, start, end) => takeDefinition(decoder, bytes, start, end),
  };
}
