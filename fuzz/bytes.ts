/** Bytes put together, and shown. */

const noBytes: Uint8Array = new Uint8Array(0);

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const { length } = parts;
  let size = 0;
  for (let i = 0; i < length; i++) size += (parts[i] ?? noBytes).length;
  const whole = new Uint8Array(size);
  let at = 0;
  for (let i = 0; i < length; i++) {
    const part = parts[i] ?? noBytes;
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

/** Throws a `RangeError` for what is no hexadecimal. */
export function bytesOf(hex: string): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(hex, "hex"));
  if (bytes.length * 2 === hex.length) return bytes;
  throw new RangeError(`Expected bytes in hexadecimal, got ${JSON.stringify(hex.slice(0, 40))}.`);
}

const encoder = new TextEncoder();

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}
