/** Messages in the JSON format, as a decoder gets them from a link. Input: the message. */
import { createJsonCodec } from "../../src/codecs/json/json-codec.ts";
import { ByteWriter } from "../../src/core/byte-writer.ts";
import type { Codec } from "../../src/ports/codec.ts";
import { type CodecBench, createCodecBench } from "../../src/testing/codec-bench.ts";
import { utf8 } from "../bytes.ts";
import type { Draw } from "../draw.ts";
import { Finding, Outcome, type Target, type Trial } from "../target.ts";
import { registerClasses } from "./classes.ts";
import { dropUntold, expectEqual, expectWithin, read, shapeOf } from "./decoded.ts";
import { jsonText, jsonTokens } from "./json-text.ts";

/** Low enough for an input to come to them. */
const limits = { maxDepth: 40, maxValues: 1_000 } as const;
/** What is read may be written in another form, which may count as more. */
const wider = { maxDepth: 100, maxValues: 100_000 } as const;

export function jsonTarget(createCodec: () => Codec = createJsonCodec): Target {
  return {
    name: "json",
    held:
      "a value or a DecodeError; a value is written again and arrives equal; memory within 64 " +
      "bytes a value, 4 a byte and 64 KiB",
    maxBytes: 4_096,
    share: 1,
    tokens: jsonTokens.map(utf8),
    make: (draw: Draw) => utf8(jsonText(draw)),
    open: () => new JsonTrial(createCodec()),
  };
}

class JsonTrial implements Trial {
  readonly #bench: CodecBench;
  readonly #again: CodecBench;
  readonly #writer = new ByteWriter(1_024);

  constructor(codec: Codec) {
    this.#bench = createCodecBench(codec, limits);
    this.#again = createCodecBench(codec, wider);
    for (const { types } of [this.#bench, this.#again]) registerClasses(types);
  }

  run(input: Uint8Array): number {
    const outcome = new Outcome();
    const first = read(this.#bench.decoder, input);
    if ("refused" in first) return outcome.text(first.refused).value;
    expectWithin(first.value, limits);
    dropUntold(first.value);
    const again = read(this.#again.decoder, this.#written(first.value));
    if ("refused" in again) throw new Finding(`written again it is refused: ${again.refused}`);
    expectEqual(again.value, first.value, "written again");
    return shapeOf(first.value, outcome).value;
  }

  weigh(input: Uint8Array): unknown {
    return read(this.#bench.decoder, input);
  }

  mayWeigh(input: Uint8Array): number {
    return 64 * limits.maxValues + 4 * input.length + 64 * 1024;
  }

  #written(value: unknown): Uint8Array {
    const mark = this.#writer.mark();
    this.#again.encoder.encode(value, this.#writer);
    const bytes = this.#writer.slice(mark);
    this.#writer.rollback(mark);
    return bytes;
  }
}
