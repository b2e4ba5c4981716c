import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/core/byte-writer.ts";
import { DecodeError } from "../../src/core/errors.ts";
import { beginFrame, endFrame, frameType } from "../../src/core/frame.ts";
import {
  isTraceparent,
  readTraceContext,
  traceContextLength,
  writeTraceContext,
} from "../../src/core/trace-context.ts";
import { readVectors } from "./protocol-document.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const message = Uint8Array.of(0xde, 0xad, 0x42);
const headBytes = 6;

function frameWith(context: string | undefined): Uint8Array {
  const out = new ByteWriter();
  const mark = beginFrame(out, frameType.message);
  out.varint(5);
  writeTraceContext(context, out);
  out.raw(message);
  endFrame(out, mark);
  return out.take();
}

const examples: [string, string | undefined][] = [
  ["untraced", undefined],
  ["traced", traceparent],
];

describe("a trace context before a message", () => {
  test.each(examples)("is as docs/protocol.md shows it: %s", (name, context) => {
    const bytes = readVectors("context").get(name) ?? Uint8Array.of();

    expect(frameWith(context)).toEqual(bytes);
    expect(readTraceContext(bytes, headBytes, bytes.length)).toBe(context);
    const length = traceContextLength(bytes, headBytes, bytes.length);
    expect(bytes.subarray(headBytes + length)).toEqual(message);
  });

  test("is all of the examples of docs/protocol.md", () => {
    expect([...readVectors("context").keys()]).toEqual(examples.map(([name]) => name));
  });

  test("comes out as it went in, whatever its ids and flags", () => {
    const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
    fc.assert(
      fc.property(digits(32), digits(16), digits(2), (trace, span, flags) => {
        const text = `00-${trace}-${span}-${flags}`;
        fc.pre(isTraceparent(text));
        const bytes = frameWith(text);

        expect(readTraceContext(bytes, headBytes, bytes.length)).toBe(text);
      }),
    );
  });

  test("is refused with a DecodeError, and nothing else, where it cannot be one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          const read = readTraceContext(bytes, 0, bytes.length);
          expect(read === undefined || isTraceparent(read)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});

test.each<[string, unknown]>([
  ["of another version", traceparent.replace("00", "01")],
  ["in capitals", traceparent.toUpperCase()],
  ["with a trace of zeros", `00-${"0".repeat(32)}-b7ad6b7169203331-01`],
  ["with a span of zeros", `00-0af7651916cd43dd8448eb211c80319c-${"0".repeat(16)}-01`],
  ["with something behind", `${traceparent}-00`],
  ["with a line feed behind", `${traceparent}\n`],
  ["that is no text", 5],
])("a traceparent %s is none", (_what, text) => {
  expect(isTraceparent(text)).toBe(false);
});
