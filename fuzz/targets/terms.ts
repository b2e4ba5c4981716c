/**
 * Messages in the term format, as a decoder gets them from a link.
 *
 * Input: a byte of options; definitions, if it has any, as a byte of their number and each behind a
 * byte of its length; the message.
 */
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { ByteWriter } from "../../src/core/byte-writer.ts";
import type { Codec, Decoder } from "../../src/ports/codec.ts";
import { createCodecBench } from "../../src/testing/codec-bench.ts";
import { joined } from "../bytes.ts";
import type { Draw } from "../draw.ts";
import { varintBytes } from "../frame-bytes.ts";
import { expectThat, Finding, Outcome, type Target, type Trial } from "../target.ts";
import { registerClasses } from "./classes.ts";
import {
  dropUntold,
  expectEqual,
  expectWithin,
  type Read,
  read,
  refusalOf,
  shapeOf,
} from "./decoded.ts";
import { definitionBytes, keyLists, term } from "./term-bytes.ts";

/** What is fuzzed, so that a test can put a worse one in its place. */
export type CodecOf = (generateReaders: boolean) => Codec;

const options = {
  /** Definitions come in front of the message. Without them those of `keyLists` are known. */
  definitions: 1,
  /** So many bytes as an attachment has at least stand behind the message. */
  attached: 2,
  /** The message comes so often that code is made for its objects. */
  again: 4,
} as const;

/** Low enough for an input to come to them. */
const limits = { maxDepth: 40, maxValues: 1_000 } as const;
/** What is read may be written in another form, which may count as more. */
const wider = { maxDepth: 100, maxValues: 100_000 } as const;
const attachedBytes = 65_536;
const timesAgain = 66;

export function termsTarget(
  codecOf: CodecOf = (generateReaders) => createTermCodec({ generateReaders }),
): Target {
  return {
    name: "terms",
    held:
      "a value or a DecodeError, the same with and without readers made by code and with its " +
      "attachments apart; a value is written again and arrives equal; memory within 64 bytes a " +
      "value, 4 a byte and 64 KiB",
    maxBytes: 4_096,
    share: 1.5,
    tokens: [
      ...Array.from({ length: 32 }, (_, i) => Uint8Array.of(0xe0 + i)),
      ...keyLists.map(definitionBytes),
      Uint8Array.of(0xfc, 0),
      Uint8Array.of(0xfb, 0),
      Uint8Array.of(0xfd, 1, 0x80, 0x80, 4),
      Uint8Array.of(0xff, 0xff, 0xff, 0x7f),
    ],
    make: makeMessage,
    open: () => new TermsTrial(codecOf),
  };
}

function makeMessage(draw: Draw): Uint8Array {
  if (draw.oneIn(16)) {
    const head = joined(Uint8Array.of(options.attached, 0xfd, 1), varintBytes(attachedBytes));
    return joined(head, draw.oneIn(2) ? Uint8Array.of(0xd2, 0xfe) : new Uint8Array(0), term(draw));
  }
  if (draw.oneIn(32)) {
    const arrays = new Uint8Array(draw.below(2 * limits.maxDepth)).fill(0xd1);
    return joined(Uint8Array.of(0), arrays, term(draw));
  }
  if (!draw.oneIn(4)) return joined(Uint8Array.of(0), term(draw));
  const again = draw.oneIn(8) ? options.again : 0;
  const count = 1 + draw.size(keyLists.length - 1);
  const list = keyLists.slice(0, count).map(definitionBytes);
  const framed = list.map((bytes) => joined(Uint8Array.of(bytes.length), bytes));
  return joined(Uint8Array.of(options.definitions | again, count), ...framed, term(draw));
}

/** One end of a link: reads, and gives each mailbox one address. */
function endOfLink(codec: Codec): Decoder {
  const bench = createCodecBench(codec, limits);
  registerClasses(bench.types);
  return bench.decoder;
}

interface OtherRead {
  readonly how: string;
  readonly read: Read;
}

class TermsTrial implements Trial {
  readonly #codecs: readonly [Codec, Codec];
  /** Ends of a link on which the lists of keys are known, one with code made for them. */
  readonly #known: readonly [Decoder, Decoder];
  readonly #writer = new ByteWriter(1_024);
  readonly #encoder;
  readonly #reader: Decoder;

  constructor(codecOf: CodecOf) {
    this.#codecs = [codecOf(true), codecOf(false)];
    this.#known = [knowingEnd(this.#codecs[0]), knowingEnd(this.#codecs[1])];
    const bench = createCodecBench(this.#codecs[1], wider);
    registerClasses(bench.types);
    this.#encoder = this.#codecs[1].createEncoder({ limits: wider, types: bench.types });
    this.#reader = bench.decoder;
  }

  run(input: Uint8Array): number {
    const [given = 0] = input;
    const outcome = new Outcome().add(given & 7);
    const fresh = (given & options.definitions) !== 0;
    const [made, plain] = fresh ? this.#codecs.map(endOfLink) : this.#known;
    if (made === undefined || plain === undefined) return 0;
    const at = fresh ? define(made, plain, input) : 1;
    if (typeof at === "string") return outcome.text(at).value;
    const message = messageOf(input, at);
    const first = read(plain, message);
    const others = [{ how: "by readers made by code", read: read(made, message) }];
    if ((given & options.again) !== 0) {
      for (let i = 0; i < timesAgain; i++) read(made, message);
      others.push({ how: "when it came often", read: read(made, message) });
    }
    if ((given & options.attached) !== 0) {
      others.push({ how: "with its attachments apart", read: readApart(plain, message) });
    }
    // Byte by byte, which takes too long for as many as an attachment has.
    const closely = (given & options.attached) === 0;
    this.#expectAll(first, others, closely);
    if ("refused" in first) return outcome.text(first.refused).value;
    return shapeOf(first.value, outcome).value;
  }

  weigh(input: Uint8Array): unknown {
    const [given = 0] = input;
    const at = (given & options.definitions) === 0 ? 1 : input.length;
    return read(this.#known[1], input.subarray(at));
  }

  mayWeigh(input: Uint8Array): number {
    return 64 * limits.maxValues + 4 * input.length + 64 * 1024;
  }

  /** All came to the same, and what did not end in a refusal arrives equal when written again. */
  #expectAll(first: Read, others: readonly OtherRead[], closely: boolean): void {
    for (const { how, read } of others) {
      const [said, wanted] = [read, first].map((one) => ("refused" in one ? one.refused : ""));
      expectThat((said === "") === (wanted === ""), `${how}: "${said}", not "${wanted}"`);
    }
    if ("refused" in first) return;
    expectWithin(first.value, limits);
    dropUntold(first.value);
    const written = this.#written(first.value);
    const again = read(this.#reader, written);
    if ("refused" in again) throw new Finding(`written again it is refused: ${again.refused}`);
    if (closely) expectEqual(again.value, first.value, "written again");
    for (const { how, read } of others) {
      if ("refused" in read) continue;
      dropUntold(read.value);
      if (closely) expectEqual(read.value, first.value, how);
      const same = Buffer.compare(this.#written(read.value), written) === 0;
      expectThat(same, `${how} it is written otherwise`);
    }
  }

  #written(value: unknown): Uint8Array {
    const mark = this.#writer.mark();
    this.#encoder.encode(value, this.#writer);
    const bytes = this.#writer.slice(mark);
    this.#writer.rollback(mark);
    return bytes;
  }
}

function knowingEnd(codec: Codec): Decoder {
  const end = endOfLink(codec);
  for (const [number, keys] of keyLists.entries()) {
    const bytes = definitionBytes(keys);
    end.define?.(bytes, 0, bytes.length);
    const object = Uint8Array.of(0xfc, number, ...keys.map(() => 1));
    for (let i = 0; i < timesAgain; i++) end.decode(object, 0, object.length);
  }
  return end;
}

/** Gives where the message begins, or why there is none. */
function define(made: Decoder, plain: Decoder, input: Uint8Array): number | string {
  let at = 2;
  for (let left = input[1] ?? 0; left > 0 && at < input.length; left--) {
    const end = Math.min(at + 1 + (input[at] ?? 0), input.length);
    const [first, second] = [made, plain].map((decoder) => {
      return refusalOf(() => decoder.define?.(input, at + 1, end));
    });
    expectThat(first === second, `a definition is refused on one end alone: ${first ?? second}`);
    if (first !== undefined) return first;
    at = end;
  }
  return at;
}

function messageOf(input: Uint8Array, at: number): Uint8Array {
  const message = input.subarray(Math.min(at, input.length));
  if (((input[0] ?? 0) & options.attached) === 0) return message;
  return joined(message, new Uint8Array(attachedBytes).fill(7));
}

/** As when it has come in pieces. */
function readApart(decoder: Decoder, message: Uint8Array): Read {
  const lengths = decoder.attachments?.(message, 0, message.length, message.length) ?? [];
  const own = message.length - lengths.reduce((sum, length) => sum + length, 0);
  expectThat(own > 0 && lengths.every((length) => length > 0), "attachments beyond the message");
  if (lengths.length === 0) return read(decoder, message);
  let end = own;
  const attachments = lengths.map((length) => {
    end += length;
    return message.slice(end - length, end).buffer as ArrayBuffer;
  });
  let value: unknown;
  const refused = refusalOf(() => {
    value = decoder.decode(message, 0, own, attachments);
  });
  return refused === undefined ? { value } : { refused };
}
