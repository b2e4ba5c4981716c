/** Streams of frames for tests of their reader, cut at will, and a sink that writes down. */
import * as fc from "fast-check";
import { ByteWriter } from "../../src/core/byte-writer.ts";
import { beginFrame, endFrame } from "../../src/core/frame.ts";
import type { FrameSink } from "../../src/core/frame-reader.ts";

export interface Frame {
  readonly type: number;
  readonly body: readonly number[];
}

/** Writes down the frames it is given, and wants so many of them. */
export class Recorder implements FrameSink {
  readonly frames: Frame[] = [];
  readonly #wanted: number;

  constructor(wanted: number = Number.POSITIVE_INFINITY) {
    this.#wanted = wanted;
  }

  onFrame(type: number, bytes: Uint8Array, start: number, end: number): boolean {
    this.frames.push({ type, body: [...bytes.subarray(start, end)] });
    return this.frames.length < this.#wanted;
  }
}

export const limitBytes = 200;

export const frames: fc.Arbitrary<Frame[]> = fc.array(
  fc.record(
    {
      type: fc.nat(255),
      body: fc.oneof(
        fc.array(fc.nat(255), { maxLength: 12 }),
        fc.array(fc.nat(255), { maxLength: limitBytes - 1, size: "max" }),
      ),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 12 },
);

export function bytesOf(list: readonly Frame[]): Uint8Array {
  const out = new ByteWriter(64);
  for (const { type, body } of list) {
    const mark = beginFrame(out, type);
    out.raw(Uint8Array.from(body));
    endFrame(out, mark);
  }
  return out.take();
}

/** Cuts bytes into chunks of these sizes, over and over. Each is a copy, and spoilt after use. */
export function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    const chunk = bytes.slice(at, at + size);
    at += size;
    yield chunk;
    chunk.fill(0xee);
  }
}

/** The bytes of all buffers made while `act` runs. */
export function allocated(act: () => void): number[] {
  const made: number[] = [];
  const original = globalThis.Uint8Array;
  globalThis.Uint8Array = new Proxy(original, {
    construct(target, args: unknown[], newTarget) {
      if (typeof args[0] === "number") made.push(args[0]);
      return Reflect.construct(target, args, newTarget);
    },
  });
  try {
    act();
  } finally {
    globalThis.Uint8Array = original;
  }
  return made;
}

export const sizes: fc.Arbitrary<number[]> = fc
  .array(fc.oneof(fc.constantFrom(0, 1, 2, 3), fc.nat(300)), { minLength: 1, maxLength: 20 })
  .filter((list) => list.some((size) => size > 0));
