import { expect, test } from "vitest";
import { createJsonCodec } from "../../src/codecs/json/json-codec.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { createV8Codec } from "../../src/codecs/v8/v8-codec.ts";
import { ByteWriter } from "../../src/core/byte-writer.ts";
import { DecodeError } from "../../src/core/errors.ts";
import { instanceForm, longestTypeName, UnknownTypeError } from "../../src/core/instance-form.ts";
import { contractLimits, createCodecBench } from "../../src/testing/codec-bench.ts";

class Point {
  readonly x = 1;
}

/** What a peer says that calls its class so, whatever this package would let it. */
function named(createCodec: typeof createJsonCodec, name: string): Uint8Array {
  const form = instanceForm(Point.prototype, { name });
  const types = { of: () => form, named: () => form };
  const out = new ByteWriter();
  createCodec().createEncoder({ limits: contractLimits, types }).encode(new Point(), out);
  return out.take();
}

test.each([
  ["term", createTermCodec],
  ["JSON", createJsonCodec],
  ["V8", createV8Codec],
])("a name that no class can have makes bytes unreadable, and is told nowhere: %s", (_, create) => {
  const { decode } = createCodecBench(create());
  const thrownBy = (name: string): unknown => {
    try {
      return decode(named(create, name));
    } catch (thrown) {
      return thrown;
    }
  };

  expect(thrownBy("x".repeat(longestTypeName))).toBeInstanceOf(UnknownTypeError);
  for (const name of ["", "x".repeat(longestTypeName + 1)]) {
    const thrown = thrownBy(name);
    expect(thrown).toBeInstanceOf(DecodeError);
    expect(thrown).not.toBeInstanceOf(UnknownTypeError);
  }
});
