/**
 * Keeps what a user's own parts throw from the node: they run in the middle of its work, where an
 * exception would end the process and not the part.
 */
import { DecodeError } from "../core/errors.ts";
import type { Codec, Decoder, Encoder } from "../ports/codec.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { takeDefinition } from "../runtime/body-values.ts";

/** A subscriber whose failures are told to `log`, and to nobody else. */
export function containTelemetry(telemetry: Telemetry, log: Telemetry): Telemetry {
  const callback = "telemetry";
  const report = (error: unknown) => log.emit({ type: "callback_failed", callback, error });
  return {
    emit(event) {
      try {
        const result: unknown = telemetry.emit(event);
        // It is not waited for, but its failure must not become an unhandled rejection.
        if (result instanceof Promise) void result.catch(report);
      } catch (error) {
        report(error);
      }
    },
  };
}

/**
 * A codec that fails as a codec may: what it throws over a message of a peer ends that link, as
 * bytes do that it cannot read, and over a message to send it is the sender's.
 */
export function containCodec(codec: Codec): Codec {
  return {
    name: codec.name,
    createEncoder(ports) {
      let encoder: Encoder | undefined;
      return {
        encode(message, out) {
          encoder ??= codec.createEncoder(ports);
          encoder.encode(message, out);
        },
      };
    },
    createDecoder(ports) {
      let made: Decoder | undefined;
      const contained = <T>(use: (decoder: Decoder) => T): T => {
        try {
          made ??= codec.createDecoder(ports);
          return use(made);
        } catch (thrown) {
          if (thrown instanceof DecodeError) throw thrown;
          throw new DecodeError("The codec failed on what came.", { cause: thrown });
        }
      };
      return {
        decode: (bytes, start, end, attachments) =>
          contained((decoder) => decoder.decode(bytes, start, end, attachments)),
        attachments: (...of) => contained((decoder) => decoder.attachments?.(...of) ?? []),
        define: (bytes, start, end) =>
          contained((decoder) => takeDefinition(decoder, bytes, start, end)),
      };
    },
  };
}
