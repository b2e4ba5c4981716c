/** Frames made by hand, for inputs. */
import { joined, utf8 } from "./bytes.ts";
import type { Draw } from "./draw.ts";

export function frameBytes(type: number, ...body: readonly Uint8Array[]): Uint8Array {
  const length = body.reduce((sum, part) => sum + part.length, 1);
  const head = new Uint8Array(5);
  new DataView(head.buffer).setUint32(0, length);
  head[4] = type;
  return joined(head, ...body);
}

export function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

export function textBytes(text: string): Uint8Array {
  const bytes = utf8(text);
  return joined(varintBytes(bytes.length), bytes);
}

const oddNumbers = [0, 1, 2, 3, 127, 128, 16_383, 2 ** 31, 2 ** 32, 2 ** 53 - 1];

/** A number as frames have them: mostly small, at times one on an edge. */
export function numberBytes(draw: Draw): Uint8Array {
  return varintBytes(draw.oneIn(4) ? draw.of(oddNumbers) : draw.below(8));
}

/** Cuts bytes in two or more at places that the bytes themselves decide, the same each time. */
export function cutAnywhere(bytes: Uint8Array, draw: Draw): Uint8Array[] {
  const pieces = 2 + draw.size(6);
  const borders = Array.from({ length: pieces - 1 }, () => draw.below(bytes.length + 1));
  borders.sort((a, b) => a - b);
  let from = 0;
  return [...borders, bytes.length].map((to) => {
    const piece = bytes.slice(from, to);
    from = to;
    return piece;
  });
}

/** A seed that the bytes decide. */
export function seedOf(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) sum = Math.imul(sum ^ (bytes[i] ?? 0), 0x01000193);
  return sum >>> 0;
}
