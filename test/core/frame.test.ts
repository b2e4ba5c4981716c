import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/core/byte-writer.ts";
import { DecodeError } from "../../src/core/errors.ts";
import {
  BodyReader,
  beginFrame,
  endFrame,
  firstOptionalType,
  frameType,
  VarintReader,
  writeFrame,
  writeIncarnation,
  writeText,
} from "../../src/core/frame.ts";
import { FrameReader } from "../../src/core/frame-reader.ts";
import { encodeHandshake } from "../../src/core/hello.ts";
import { readTable, readVectors } from "./protocol-document.ts";

type FrameName = keyof typeof frameType;

const vectors = readVectors();

/** Reads the body of one part of a frame, as the table of frames in the document describes it. */
const parts: Record<string, (body: BodyReader, out: ByteWriter) => void> = {
  number: (body, out) => out.varint(body.varint()),
  byte: (body, out) => out.byte(body.byte()),
  text: (body, out) => writeText(out, body.text(1_024)),
  incarnation: (body, out) => writeIncarnation(out, body.incarnation()),
};

/** What the bodies are made of that are neither JSON nor end in a message. */
const bodies: { readonly [name in FrameName]?: readonly string[] } = {
  goodbye: [],
  ping: ["number"],
  pong: ["number"],
  monitor: ["number", "number"],
  demonitor: ["number"],
  down: ["number", "byte"],
  claim: ["number", "text"],
  release: ["number", "text"],
  sync: ["number"],
  synced: ["number"],
};

function frameOf(bytes: Uint8Array): { type: number; start: number; end: number } {
  const found: { type: number; start: number; end: number }[] = [];
  new FrameReader(1_000).push(bytes, {
    onFrame: (type, _bytes, start, end) => found.push({ type, start, end }) > 0,
  });
  const [frame, ...more] = found;
  if (frame === undefined || more.length > 0) throw new Error("Expected one frame.");
  return frame;
}

function vectorOf(name: string): Uint8Array {
  const vector = vectors.get(name);
  if (vector === undefined) throw new Error(`docs/protocol.md has no vector ${name}.`);
  return vector;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function bodyOf(bytes: readonly number[]): BodyReader {
  return new BodyReader(Uint8Array.from(bytes), 0, bytes.length);
}

describe("docs/protocol.md", () => {
  test("has every type of frame with its number, and no other", () => {
    const rows = readTable("type").map(([type, name]) => [name, Number(type)]);

    expect(Object.fromEntries(rows)).toEqual(frameType);
    expect(Math.max(...Object.values(frameType))).toBeLessThan(firstOptionalType);
  });

  test("has an example of every frame whose body is not a hello", () => {
    const { hello, welcome, ...others } = frameType;

    expect([...vectors.keys()].toSorted()).toEqual(Object.keys(others).toSorted());
    expect([hello, welcome]).toEqual([1, 2]);
  });

  test.each(Object.entries(bodies))(
    "the example of %s is what the code reads and writes",
    (name, of) => {
      const vector = vectorOf(name);
      const { type, start, end } = frameOf(vector);
      const body = new BodyReader(vector, start, end);
      const out = new ByteWriter(16);

      const mark = beginFrame(out, type);
      for (const part of of) parts[part]?.(body, out);
      endFrame(out, mark);

      body.end();
      expect(type).toBe(frameType[name as FrameName]);
      expect(hex(out.take())).toBe(hex(vector));
    },
  );

  test("the examples of frames of at most one number are what writeFrame writes", () => {
    const out = new ByteWriter(16);
    const written = (type: number, value?: number) => {
      writeFrame(out, type, value);
      return hex(out.take());
    };

    expect(written(frameType.goodbye)).toBe(hex(vectorOf("goodbye")));
    expect(written(frameType.ping, 0)).toBe(hex(vectorOf("ping")));
    expect(written(frameType.pong, 300)).toBe(hex(vectorOf("pong")));
  });

  test("the examples of confirm and refuse are what the handshake writes", () => {
    const examples = {
      confirm: { answers: "fedcba9876543210" },
      refuse: { reason: "wrong_node" },
    };
    for (const [name, body] of Object.entries(examples)) {
      const vector = vectorOf(name);
      const { start, end } = frameOf(vector);
      expect(hex(vector.subarray(start, end))).toBe(hex(encodeHandshake(body)));
    }
  });

  test("the example of routed names its two ends and the frame it holds", () => {
    const vector = vectorOf("routed");
    const { start, end } = frameOf(vector);
    const body = new BodyReader(vector, start, end);

    expect(body.incarnation()).toEqual({ nodeId: "77", epoch: "0000000000000001" });
    expect(body.incarnation()).toEqual({ nodeId: "2", epoch: "fedcba9876543210" });
    expect(body.byte()).toBe(frameType.message);
    expect(body.varint()).toBe(5);
    expect(hex(vector.subarray(body.position))).toBe("dead42");
  });
});

describe("a body", () => {
  const fields = fc.array(
    fc.oneof(
      fc.maxSafeInteger().map((n) => ({ kind: "number" as const, value: Math.abs(n) })),
      fc.nat(300).map((value) => ({ kind: "number" as const, value })),
      fc.nat(255).map((value) => ({ kind: "byte" as const, value })),
      fc.string({ unit: "grapheme", maxLength: 20 }).map((value) => ({
        kind: "text" as const,
        value,
      })),
      fc
        .tuple(fc.stringMatching(/^[A-Za-z0-9._-]{1,63}$/), fc.stringMatching(/^[0-9a-f]{16}$/))
        .map(([nodeId, epoch]) => ({ kind: "incarnation" as const, value: { nodeId, epoch } })),
    ),
    { maxLength: 8 },
  );
  type Field = typeof fields extends fc.Arbitrary<(infer F)[]> ? F : never;

  function write(out: ByteWriter, field: Field): void {
    if (field.kind === "number") out.varint(field.value);
    else if (field.kind === "byte") out.byte(field.value);
    else if (field.kind === "text") writeText(out, field.value);
    else writeIncarnation(out, field.value);
  }

  function read(body: BodyReader, { kind }: Field): unknown {
    if (kind === "number") return body.varint();
    if (kind === "byte") return body.byte();
    return kind === "text" ? body.text(200) : body.incarnation();
  }

  function written(list: readonly Field[]): Uint8Array {
    const out = new ByteWriter(16);
    for (const field of list) write(out, field);
    return out.take();
  }

  test("comes back as it was written, wherever it lies", () => {
    fc.assert(
      fc.property(fields, fc.nat(9), (list, before) => {
        const bytes = written(list);
        const around = Uint8Array.from([...Array(before).fill(0xff), ...bytes, 0xff, 0xff]);
        const body = new BodyReader(around, before, before + bytes.length);

        for (const field of list) expect(read(body, field)).toEqual(field.value);
        expect(body.position).toBe(before + bytes.length);
        body.end();
      }),
    );
  });

  test("cut short at any byte is refused, though more bytes lie behind it", () => {
    fc.assert(
      fc.property(fields, (list) => {
        const bytes = written(list);
        for (let end = 0; end < bytes.length; end++) {
          const body = new BodyReader(bytes, 0, end);
          expect(() => {
            for (const field of list) read(body, field);
          }).toThrow(DecodeError);
        }
      }),
    );
  });

  test("of any bytes is read or refused with a DecodeError, never beyond its end", () => {
    fc.assert(
      fc.property(fields, fc.uint8Array({ maxLength: 60 }), (list, bytes) => {
        const body = new BodyReader(bytes, 0, bytes.length);
        try {
          for (const field of list) read(body, field);
          body.end();
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
        expect(body.position).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["a number padded to two bytes", [0x87, 0], "a number is padded"],
    ["a zero padded to two bytes", [0x80, 0], "a number is padded"],
    ["a number padded to eight bytes", [0x81, ...Array(6).fill(0x80), 0], "a number is padded"],
    ["2^53", [...Array(7).fill(0x80), 0x10], "a number is beyond 2^53 - 1"],
    ["2^64 - 1", [...Array(9).fill(0xff), 1], "a number is beyond 2^53 - 1"],
    ["a number of a thousand bytes", [...Array(999).fill(0x80), 1], "a number is beyond 2^53 - 1"],
    ["a number that does not end", [0x80, 0x80], "a frame ends in the middle"],
    ["no number", [], "a frame ends in the middle"],
  ])("%s is refused", (_what, bytes, message) => {
    expect(() => bodyOf(bytes).varint()).toThrow(new DecodeError(message));
    expect(() => new VarintReader().read(Uint8Array.from(bytes), 0, bytes.length)).toThrow(
      new DecodeError(message),
    );
  });

  test.each([
    ["a continuation byte alone", [1, 0x80]],
    ["a sequence cut short", [2, 0xe2, 0x82]],
    ["an overlong slash", [2, 0xc0, 0xaf]],
    ["half of a surrogate pair", [3, 0xed, 0xa0, 0x80]],
    ["a character beyond Unicode", [4, 0xf4, 0x90, 0x80, 0x80]],
    ["a byte that UTF-8 does not have", [1, 0xff]],
  ])("a text with %s is refused", (_what, bytes) => {
    expect(() => bodyOf(bytes).text(100)).toThrow(new DecodeError("a text is not UTF-8"));
  });

  test("a text keeps its byte order mark and its zero characters", () => {
    const out = new ByteWriter(16);
    writeText(out, "\ufeffa\0");
    const bytes = out.take();

    expect(new BodyReader(bytes, 0, bytes.length).text(5)).toBe("\ufeffa\0");
  });

  test("a text beyond its limit is refused by its length, before its bytes", () => {
    expect(() => bodyOf([5, 0x61]).text(4)).toThrow(
      new DecodeError("a text of 5 bytes is too long"),
    );
    expect(() =>
      bodyOf([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]).text(2 ** 53 - 1),
    ).toThrow(new DecodeError("a frame ends in the middle"));
  });

  test.each([
    ["no characters", [0, 1, 2, 3, 4, 5, 6, 7, 8]],
    ["a space", [1, 0x20, 1, 2, 3, 4, 5, 6, 7, 8]],
    ["64 characters", [64, ...Array(64).fill(0x61), 1, 2, 3, 4, 5, 6, 7, 8]],
  ])("an incarnation whose node id has %s is refused", (_what, bytes) => {
    expect(() => bodyOf(bytes).incarnation()).toThrow(DecodeError);
  });

  test("a byte behind its end is refused", () => {
    const body = bodyOf([1, 2]);
    body.varint();

    expect(() => body.end()).toThrow(new DecodeError("a frame has bytes behind its end"));
  });
});

test("the quick reader of numbers agrees with the other one, on any bytes", () => {
  const quick = new VarintReader();
  const number = fc.maxSafeInteger().map((n) => {
    const out = new ByteWriter(8);
    out.varint(Math.abs(n));
    return out.take();
  });

  fc.assert(
    fc.property(fc.oneof(number, fc.uint8Array({ maxLength: 10 })), fc.nat(4), (bytes, cut) => {
      const end = Math.max(0, bytes.length - cut);
      const body = new BodyReader(bytes, 0, end);
      let value: number;
      try {
        value = body.varint();
      } catch (error) {
        expect(() => quick.read(bytes, 0, end)).toThrow(DecodeError);
        expect(error).toBeInstanceOf(DecodeError);
        return;
      }
      quick.read(bytes, 0, end);
      expect([quick.value, quick.next]).toEqual([value, body.position]);
    }),
    { numRuns: 500 },
  );
});
