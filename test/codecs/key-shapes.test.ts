import { describe, expect, test } from "vitest";
import { ByteReader } from "../../src/codecs/term/byte-reader.ts";
import { KeyShapes } from "../../src/codecs/term/key-shapes.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { createCodecBench } from "../../src/testing/codec-bench.ts";

/** The keys of an object as they stand in front of it, their length first. */
function keyBytes(...keys: readonly string[]): Uint8Array {
  const parts = keys.map((key) => Buffer.from(key));
  const list = Buffer.concat(parts.flatMap((part) => [Uint8Array.of(part.length), part]));
  return Buffer.concat([Uint8Array.of(list.length), list]);
}

function isStrange(shapes: KeyShapes, ...keys: readonly string[]): boolean {
  const bytes = keyBytes(...keys);
  const { strange, keys: read } = shapes.read(new ByteReader(bytes, 0, bytes.length), keys.length);
  expect(read).toEqual(keys);
  return strange;
}

/** Decoders that have been sent so many keys like no others that they learn no more for a while. */
function floodedBench() {
  const bench = createCodecBench(createTermCodec());
  bench.decode(bench.encode(Array.from({ length: 600 }, (_, i) => ({ [`made up ${i}`]: i }))));
  return bench;
}

describe("the keys of objects", () => {
  test("are learnt for as many kinds of objects as a decoder remembers", () => {
    const shapes = new KeyShapes();
    const strange = Array.from({ length: 256 }, (_, i) => isStrange(shapes, "kind", `key${i}`));

    expect(strange.filter(Boolean)).toEqual([]);
  });

  test("like no others are learnt for one object in seventeen, once the credit is used up", () => {
    const shapes = new KeyShapes();
    for (let i = 0; i < 1_000; i++) isStrange(shapes, `first${i}`);
    const strange = Array.from({ length: 1_700 }, (_, i) => isStrange(shapes, `then${i}`));

    expect(strange.filter((is) => !is)).toHaveLength(100);
  });

  test("that a program sends stay learnt while somebody makes others up beside them", () => {
    const shapes = new KeyShapes();
    for (let i = 0; i < 10_000; i++) isStrange(shapes, `made up ${i}`);
    let learnt = 0;
    for (let i = 0; i < 10_000; i++) {
      if (!isStrange(shapes, "id", "name")) learnt++;
      isStrange(shapes, `more made up ${i}`);
    }

    expect(learnt).toBeGreaterThan(9_500);
  });

  test("not learnt make the same objects: own properties in their order, and nothing inherited", () => {
    const { expectArrival, encode, decode } = floodedBench();
    const message = JSON.parse('{"z":1,"__proto__":{"a":1},"then":2,"toJSON":3,"constructor":4}');
    const cyclic: Record<string, unknown> = { one: 1, two: 2 };
    cyclic["self"] = cyclic;
    const alone = JSON.parse('{"__proto__":{"polluted":true}}');

    expectArrival(message, message);
    expectArrival(cyclic, cyclic);
    expectArrival(alone, alone);
    const arrived = decode(encode(message)) as object;
    expect(Object.keys(arrived)).toEqual(["z", "__proto__", "then", "toJSON", "constructor"]);
    expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });

  test("not learnt are refused where one stands twice, or is an index", () => {
    const { expectDecodeError } = floodedBench();

    expectDecodeError(Buffer.from("c2" + "04017a017a" + "0102", "hex"));
    expectDecodeError(Buffer.from("c2" + "04017a0131" + "0102", "hex"));
    expectDecodeError(Buffer.from("c1" + "04017a0179" + "0102", "hex"));
  });
});
