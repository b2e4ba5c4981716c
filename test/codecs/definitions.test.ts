import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { garbageCollector } from "../../measure/garbage-collector.ts";
import { makeObjectReader } from "../../src/codecs/term/object-reader.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { ByteWriter } from "../../src/core/byte-writer.ts";
import { TypeTable } from "../../src/core/type-table.ts";
import { contractLimits, createCodecBench } from "../../src/testing/codec-bench.ts";
import { whereDifferent } from "../../src/testing/same-value.ts";

const types = new TypeTable();

/** An encoder on a link, and what it has defined so far. */
function linkEncoder() {
  const definitions: string[] = [];
  const define = (definition: Uint8Array): void => {
    definitions.push(Buffer.from(definition).toString("latin1"));
  };
  const encoder = createTermCodec().createEncoder({ limits: contractLimits, types, define });
  const encode = (message: unknown): Uint8Array => {
    const out = new ByteWriter(64);
    encoder.encode(message, out);
    return out.take();
  };
  return { definitions, encode };
}

const kinds = [
  ["readers are made for plain keys", { generateReaders: true }],
  ["no readers are made", { generateReaders: false }],
] as const;

const oddKeys = [
  "__proto__",
  "constructor",
  "toString",
  "then",
  "class",
  "a-b",
  "é",
  "",
  "x".repeat(64),
  "x".repeat(65),
  '"); throw 1; ("',
  "\\",
  "\n",
];

describe("keys that come again and again", () => {
  test("are defined when they come for the 16th time, once, and a number stands for them then", () => {
    const { definitions, encode } = linkEncoder();
    const lengths = Array.from({ length: 100 }, () => encode({ id: 1, name: 2 }).length);

    expect(definitions).toEqual(["\x02\x08\x02id\x04name"]);
    expect(lengths).toEqual([...Array(15).fill(12), ...Array(85).fill(4)]);
  });

  test("are said in each message where there is no link to define them on", () => {
    const encoder = createTermCodec().createEncoder({ limits: contractLimits, types });
    const out = new ByteWriter(64);
    for (let i = 0; i < 100; i++) encoder.encode({ id: i }, out);
    const mark = out.mark();
    encoder.encode({ id: "last" }, out);
    const bytes = out.slice(mark);

    expect(createCodecBench(createTermCodec()).decode(bytes)).toEqual({ id: "last" });
  });

  test("stay defined when a message that defined them is refused", () => {
    const { encode, expectArrival } = createCodecBench(createTermCodec());
    const many = Array.from({ length: 20 }, (_, id) => ({ id }));

    expect(() => encode([many, () => {}])).toThrow("message[1]");
    expectArrival(many, many);
  });

  test("are defined once, however much data is used as keys between them", () => {
    const { definitions, encode } = linkEncoder();
    const bench = createCodecBench(createTermCodec());
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 100; i++) {
        const data = { [`user ${round} ${i}`]: i };
        encode(data);
        bench.expectArrival(data, data);
      }
      for (let i = 0; i < 20; i++) {
        encode({ id: i, name: "a" });
        bench.expectArrival({ id: i, name: "a" }, { id: i, name: "a" });
      }
    }
    const shortly = encode({ id: 1, name: "a" });

    expect(definitions).toEqual(["\x02\x08\x02id\x04name"]);
    expect(shortly).toHaveLength(5);
  });

  test("are defined for 256 kinds of objects, and said each time for all others", () => {
    const { definitions, encode } = linkEncoder();
    for (let i = 0; i < 300; i++) {
      for (let time = 0; time < 20; time++) encode({ [`key${i}`]: time });
    }

    expect(definitions).toHaveLength(256);
    expect(encode({ key255: 1 }).length).toBeLessThan(5);
    expect(encode({ key256: 1 }).length).toBeGreaterThan(8);
  });
});

describe.each(kinds)("objects with keys that are defined arrive equal when %s", (_, options) => {
  /** Often enough for every way of reading. */
  function expectAlways(message: unknown): void {
    const { expectArrival } = createCodecBench(createTermCodec(options));
    for (let i = 0; i < 200; i++) expectArrival(message, message);
  }

  test.each(oddKeys)("with the key %j", (key) => {
    const message = JSON.parse(`{"id":1,${JSON.stringify(key)}:{"a":2},"z":3}`);

    expectAlways(message);
  });

  test("with 32 keys, which is the most in front, and with one more", () => {
    for (const count of [32, 33]) {
      expectAlways(Object.fromEntries(Array.from({ length: count }, (__, i) => [`k${i}`, i])));
    }
  });

  test("in cycles, shared, and nested in each other", () => {
    const cyclic: Record<string, unknown> = { id: 1, self: undefined, next: { id: 2, up: 0 } };
    cyclic["self"] = cyclic;
    const shared = { id: 3, self: cyclic, next: [cyclic] };

    expectAlways([cyclic, shared, shared]);
  });

  test("whatever the keys and values are", () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.date());
    const keys = fc.oneof(fc.string(), fc.constantFrom("id", "name", "a_1", "$", ...oddKeys));
    const objects = fc.array(fc.dictionary(keys, value, { maxKeys: 6 }), { minLength: 1 });

    fc.assert(
      fc.property(objects, (sent) => {
        const bench = createCodecBench(createTermCodec(options));
        for (let i = 0; i < 70; i++) {
          expect(whereDifferent(bench.decode(bench.encode(sent)), sent)).toBeUndefined();
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("code for reading", () => {
  test("is made for keys alone that are plain identifiers of at most 64 characters", () => {
    const plain = /^[A-Za-z_$][A-Za-z0-9_$]{0,63}$/;
    const key = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[\w$"'\\`{};()]{1,4}$/),
      fc.base64String(),
    );

    fc.assert(
      fc.property(fc.uniqueArray(key, { minLength: 1, maxLength: 4 }), (keys) => {
        const wanted = keys.every((each) => plain.test(each) && each !== "__proto__");
        expect(makeObjectReader(keys) !== undefined).toBe(wanted);
      }),
      { numRuns: 5_000 },
    );
  });

  test("holds nothing of the keys but two string literals for each", () => {
    const code = String(makeObjectReader(["id", "name"]));

    expect(code.slice(code.indexOf("{"))).toBe(`{
"use strict";
const object = { "id": undefined, "name": undefined };
source.remember(object);
object["id"] = source.value();
object["name"] = source.value();
return object;
}`);
  });
});

test("a key that is too long to stand in front of an object is not kept by the encoder", () => {
  const collectGarbage = garbageCollector();
  const heap = (): number => {
    // Once more for the engine's own table of keys.
    collectGarbage();
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const { encode } = linkEncoder();
  encode({ [`first ${"x".repeat(100_000)}`]: 1 });
  const before = heap();
  for (let i = 0; i < 200; i++) encode({ [`${i} ${"x".repeat(100_000)}`]: 1 });

  expect(heap() - before).toBeLessThan(4e6);
  expect(encode({ id: 1 })).toHaveLength(6);
});
