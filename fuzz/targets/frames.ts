/**
 * The frame parser: a stream of bytes, read by rules of its own here, must come to the same frames
 * wherever it is cut, and to the same fault.
 *
 * Input: a byte that says the limit and whether pieces are taken in parts; the stream.
 */
import { DecodeError } from "../../src/core/errors.ts";
import { frameType, maxFrameBytes } from "../../src/core/frame.ts";
import { FrameReader, type FrameSink } from "../../src/core/frame-reader.ts";
import { joined } from "../bytes.ts";
import { Draw } from "../draw.ts";
import { cutAnywhere, frameBytes, numberBytes, seedOf } from "../frame-bytes.ts";
import { expectThat, Outcome, type Target, type Trial } from "../target.ts";

/** What is fuzzed, so that a test can put a worse one in its place. */
export type ReaderOf = (limitBytes: number) => Pick<FrameReader, "push">;

const limits = [200, 40, 4_200, maxFrameBytes] as const;
const spoilt = 0xee;
const types = Object.values(frameType);

export function framesTarget(readerOf: ReaderOf = (limit) => new FrameReader(limit)): Target {
  return {
    name: "frames",
    held:
      "the same frames and the same fault as by a plain reading of the whole, in one chunk and " +
      "cut in two or more, some byte by byte",
    maxBytes: 2_048,
    share: 1.5,
    tokens: [0, 1, 33, 200, 201].map((length) => Uint8Array.of(0, 0, 0, length)),
    make: makeStream,
    open: () => new FramesTrial(readerOf),
  };
}

function makeStream(draw: Draw): Uint8Array {
  const frames = Array.from({ length: draw.size(8) }, () => {
    const type = draw.oneIn(4) ? draw.below(256) : draw.of(types);
    const head = draw.oneIn(2) ? numberBytes(draw) : new Uint8Array(0);
    return frameBytes(type, head, draw.bytes(draw.size(draw.oneIn(8) ? 220 : 60)));
  });
  return joined(Uint8Array.of(draw.below(8)), ...frames);
}

class FramesTrial implements Trial {
  readonly #readerOf: ReaderOf;
  readonly #whole = new FrameSum();
  readonly #inParts = new FrameSum();

  constructor(readerOf: ReaderOf) {
    this.#readerOf = readerOf;
  }

  run(input: Uint8Array): number {
    const [options = 0] = input;
    const stream = input.subarray(1);
    const limit = limits[options & 3] ?? 200;
    const sink = (options & 4) === 0 ? this.#whole : this.#inParts;
    const wanted = plainReading(stream, limit);
    const draw = new Draw(seedOf(input));
    this.#expect(wanted, [stream.slice()], limit, sink, "in one chunk");
    const chunks = draw.oneIn(2) ? cutInTwo(stream, draw) : cutAnywhere(stream, draw);
    this.#expect(wanted, chunks, limit, sink, "cut in pieces");
    if (draw.oneIn(8)) {
      const bytes = Array.from(stream, (byte) => Uint8Array.of(byte));
      this.#expect(wanted, bytes, limit, sink, "byte by byte");
    }
    const outcome = new Outcome()
      .add(options & 7)
      .text(wanted.fault)
      .count(wanted.count);
    return outcome.add(wanted.types).count(wanted.tail).value;
  }

  weigh(input: Uint8Array): unknown {
    const reader = this.#readerOf(limits[(input[0] ?? 0) & 3] ?? 200);
    this.#whole.clear(false);
    try {
      reader.push(input.subarray(1), this.#whole.sink);
    } catch {
      // What it throws has been looked at.
    }
    return reader;
  }

  mayWeigh(input: Uint8Array): number {
    return 4 * input.length + 64 * 1024;
  }

  #expect(
    wanted: Reading,
    chunks: readonly Uint8Array[],
    limit: number,
    sink: FrameSum,
    how: string,
  ): void {
    sink.clear(sink === this.#inParts);
    const fault = readAll(this.#readerOf(limit), chunks, sink);
    expectThat(fault === wanted.fault, `${how}: the fault is "${fault}", not "${wanted.fault}"`);
    expectThat(sink.count === wanted.count, `${how}: ${sink.count} frames, not ${wanted.count}`);
    expectThat(sink.sum === wanted.sum, `${how}: other frames than there are`);
  }
}

function cutInTwo(stream: Uint8Array, draw: Draw): Uint8Array[] {
  const at = draw.below(stream.length + 1);
  return [stream.slice(0, at), stream.slice(at)];
}

/** Each chunk is spoilt when it has been read, as a link may use its buffer again. */
function readAll(
  reader: Pick<FrameReader, "push">,
  chunks: readonly Uint8Array[],
  sink: FrameSum,
): string {
  try {
    for (const chunk of chunks) {
      reader.push(chunk, sink.sink);
      chunk.fill(spoilt);
    }
    return "";
  } catch (thrown) {
    if (thrown instanceof DecodeError) return thrown.message;
    throw thrown;
  }
}

/** Adds up the frames that it is given. */
class FrameSum {
  sum = 0;
  count = 0;
  sink: FrameSink = { onFrame: () => true };
  #rest = 0;

  clear(inParts: boolean): void {
    this.sum = 0;
    this.count = 0;
    this.#rest = 0;
    const onFrame: FrameSink["onFrame"] = (type, bytes, start, end, rest) => {
      expectThat(this.#rest === 0, "a frame begins within another");
      expectThat(inParts || rest === 0, "a part of a frame, where none is taken");
      this.#begin(type);
      return this.#more(bytes, start, end, rest);
    };
    const onRest: FrameSink["onRest"] = (bytes, start, end, rest) => {
      expectThat(end - start + rest === this.#rest, "a part that is not the next");
      return this.#more(bytes, start, end, rest);
    };
    this.sink = inParts ? { onFrame, onRest } : { onFrame };
  }

  #frameSum = 0;

  #begin(type: number): void {
    this.#frameSum = sumOf(type);
  }

  #more(bytes: Uint8Array, start: number, end: number, rest: number): boolean {
    expectThat(start <= end && end <= bytes.length, "a frame that lies outside its bytes");
    for (let i = start; i < end; i++) this.#frameSum = plus(this.#frameSum, bytes[i] ?? 0);
    this.#rest = rest;
    if (rest > 0) return true;
    this.sum = plus(this.sum, this.#frameSum);
    this.count += 1;
    return true;
  }
}

function sumOf(type: number): number {
  return plus(0x811c9dc5, type);
}

function plus(sum: number, value: number): number {
  return Math.imul(sum ^ value, 0x01000193);
}

interface Reading {
  readonly sum: number;
  readonly count: number;
  readonly fault: string;
  /** Which types came, each a bit that it may share with others. */
  readonly types: number;
  /** So much is there of a frame that is not whole. */
  readonly tail: number;
}

/** The frames of a stream that lies there as a whole, by the rules of `docs/protocol.md`. */
function plainReading(stream: Uint8Array, limit: number): Reading {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  let sum = 0;
  let count = 0;
  let types = 0;
  let at = 0;
  let fault = "";
  while (stream.length - at >= 4) {
    const length = view.getUint32(at);
    if (length === 0) fault = "a frame without a type";
    if (length > limit) fault = `a frame of ${length} bytes, where ${limit} are allowed`;
    if (fault !== "" || at + 4 + length > stream.length) break;
    let frame = sumOf(stream[at + 4] ?? 0);
    for (let i = at + 5; i < at + 4 + length; i++) frame = plus(frame, stream[i] ?? 0);
    sum = plus(sum, frame);
    types |= 1 << ((stream[at + 4] ?? 0) & 31);
    count += 1;
    at += 4 + length;
  }
  return { sum, count, fault, types, tail: stream.length - at };
}
