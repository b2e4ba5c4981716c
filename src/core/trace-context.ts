/**
 * What goes before a message on a link whose ends have agreed on `trace-context`: one byte, 0 for
 * nothing, or 1 and the 25 bytes of a W3C trace context of version 00: the id of the trace (16), of
 * the span that sent (8), and the flags. As text it is a `traceparent`.
 */
import type { ByteWriter } from "./byte-writer.ts";
import { DecodeError } from "./errors.ts";

/** The name of the capability. */
export const traceCapability = "trace-context";

const none = 0;
const present = 1;
const contextBytes = 25;
/** Of the ids neither may be all zeros. */
const form = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export function isTraceparent(value: unknown): value is string {
  return typeof value === "string" && form.test(value);
}

/** Appends what goes before a message. The text must be a `traceparent`. */
export function writeTraceContext(traceparent: string | undefined, out: ByteWriter): void {
  if (traceparent === undefined) {
    out.byte(none);
    return;
  }
  out.byte(present);
  const digits = traceparent.slice(3).replaceAll("-", "");
  for (let at = 0; at < 2 * contextBytes; at += 2) {
    out.byte(Number.parseInt(digits.slice(at, at + 2), 16));
  }
}

/** How many bytes go before the message that begins at `start`; throws for what cannot be. */
export function traceContextLength(bytes: Uint8Array, start: number, end: number): number {
  const first = start < end ? bytes[start] : undefined;
  if (first === none) return 1;
  if (first !== present) throw new DecodeError("a message without the byte of its trace context");
  return 1 + contextBytes;
}

/** The `traceparent` that goes before a message, if there is one. */
export function readTraceContext(
  bytes: Uint8Array,
  start: number,
  end: number,
): string | undefined {
  const length = traceContextLength(bytes, start, end);
  if (length === 1) return undefined;
  if (start + length > end) throw new DecodeError("a trace context that is cut off");
  let digits = "";
  for (let at = start + 1; at < start + length; at++) {
    digits += (bytes[at] ?? 0).toString(16).padStart(2, "0");
  }
  const parts = [digits.slice(0, 32), digits.slice(32, 48), digits.slice(48)];
  const traceparent = `00-${parts.join("-")}`;
  if (!isTraceparent(traceparent)) throw new DecodeError("a trace context of zeros");
  return traceparent;
}
