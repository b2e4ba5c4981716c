/** Single frames as bytes, for those who speak by hand. */
import { ByteWriter } from "../../src/core/byte-writer.ts";
import { beginFrame, endFrame } from "../../src/core/frame.ts";
import { encodeHandshake } from "../../src/core/hello.ts";

export function handFrame(type: number, body: Uint8Array): Uint8Array {
  const out = new ByteWriter(64);
  const mark = beginFrame(out, type);
  out.raw(body);
  endFrame(out, mark);
  return out.take();
}

/** One frame of the cluster's handshake. */
export function handshakeFrame(
  type: number,
  message: Parameters<typeof encodeHandshake>[0],
): Uint8Array {
  return handFrame(type, encodeHandshake(message));
}
