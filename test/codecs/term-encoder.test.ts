import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { ByteWriter } from "../../src/core/byte-writer.ts";
import { ReignError } from "../../src/core/errors.ts";
import { createCodecBench } from "../../src/testing/codec-bench.ts";
import { whereDifferent } from "../../src/testing/same-value.ts";

function roundTrip<T>(message: T): T {
  const { encode, decode } = createCodecBench(createTermCodec());
  return decode(encode(message)) as T;
}

describe("views and their buffers", () => {
  test("a buffer in the message and the views over it share their memory on arrival", () => {
    const { buffer } = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const sent = { buffer, whole: new Uint8Array(buffer), part: new Uint16Array(buffer, 2, 2) };

    const arrived = roundTrip(sent);
    arrived.whole[2] = 0xff;

    expect(arrived.whole.buffer).toBe(arrived.buffer);
    expect(arrived.part.buffer).toBe(arrived.buffer);
    expect(new Uint8Array(arrived.part.buffer, 2, 1)[0]).toBe(0xff);
    expect(arrived.part).toHaveLength(2);
  });

  test("two views that show all of one buffer share it", () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);

    const [first, second] = roundTrip([bytes, new DataView(bytes.buffer)]);

    expect(second?.buffer).toBe(first?.buffer);
  });

  test("parts of a buffer that is not in the message come apart, each with its own bytes", () => {
    const { buffer } = Uint8Array.of(1, 2, 3, 4);

    const arrived = roundTrip([new Uint8Array(buffer, 0, 2), new Uint8Array(buffer, 1, 2)]);

    expect(arrived).toEqual([Uint8Array.of(1, 2), Uint8Array.of(2, 3)]);
    expect(arrived[0]?.buffer.byteLength).toBe(2);
  });

  test("a Buffer arrives as one, with nothing else in its memory", () => {
    const arrived = roundTrip({ part: Buffer.from("hello").subarray(1, 3) });

    expect(Buffer.isBuffer(arrived.part)).toBe(true);
    expect(arrived.part.toString()).toBe("el");
    expect(arrived.part.buffer.byteLength).toBe(2);
  });

  test("a resizable buffer is refused, and a view of one travels with its bytes", () => {
    const resizable: ArrayBuffer = Reflect.construct(ArrayBuffer, [4, { maxByteLength: 8 }]);

    expect(() => roundTrip({ resizable })).toThrow(/message\.resizable .*resizable ArrayBuffer/);
    expect(roundTrip(new Uint8Array(resizable))).toEqual(new Uint8Array(4));
  });
});

describe("what a message's own code does while it is encoded", () => {
  test("a getter that sends is refused, and the outer message arrives whole", () => {
    const { encoder } = createCodecBench(createTermCodec());
    const { decode } = createCodecBench(createTermCodec());
    const out = new ByteWriter();
    const refusals: unknown[] = [];
    const message = {
      before: 1,
      get sends() {
        const mark = out.mark();
        try {
          out.byte(0xff);
          encoder.encode("inner", out);
        } catch (refusal) {
          refusals.push(refusal);
          out.rollback(mark);
        }
        return 2;
      },
      after: 3,
    };

    encoder.encode(message, out);

    expect(refusals).toMatchObject([{ code: "REIGN_NOT_SERIALIZABLE" }]);
    expect(decode(out.take())).toEqual({ before: 1, sends: 2, after: 3 });
  });

  test("what a getter throws is the cause of the refusal", () => {
    const cause = new Error("no");
    const message = {
      lines: [
        {
          get price(): never {
            throw cause;
          },
        },
      ],
    };

    expect(() => roundTrip(message)).toThrow(
      expect.objectContaining({ path: "message.lines[0].price", cause }),
    );
  });

  test("a proxy of plain data travels as that data", () => {
    expect(roundTrip(new Proxy({ a: [1] }, {}))).toEqual({ a: [1] });
  });

  test("a Map or Set that shrinks as it is read is refused", () => {
    const shrinking = {
      get a() {
        map.delete("last");
        set.delete("last");
        return 1;
      },
    };
    const map = new Map<unknown, unknown>([["first", shrinking]]).set("last", 1);
    const set = new Set<unknown>([shrinking, "last"]);

    expect(() => roundTrip({ map })).toThrow(/message\.map .*changed while/);
    set.add("last");
    expect(() => roundTrip({ set })).toThrow(/message\.set .*changed while/);
  });

  test("a Map that grows as it is read is refused", () => {
    const map = new Map<unknown, unknown>();
    map.set("a", {
      get a() {
        map.set({}, 1);
        return 1;
      },
    });

    expect(() => roundTrip({ map })).toThrow(/message\.map .*changed while/);
  });
});

describe("errors", () => {
  test("a class of one's own that gives no name arrives as the builtin it extends", () => {
    class Missing extends TypeError {}

    const arrived = roundTrip(new Missing("it"));

    expect(Object.getPrototypeOf(arrived)).toBe(TypeError.prototype);
    expect(arrived.name).toBe("TypeError");
  });

  test("an error of this package arrives as one, with code and details", () => {
    const sent = new ReignError("REIGN_TIMEOUT", "Waited.", { waitedFor: "a", timeoutMs: 5 });

    const arrived: unknown = roundTrip(sent);

    expect(arrived).toBeInstanceOf(ReignError);
    expect(ReignError.is(arrived, "REIGN_TIMEOUT") && arrived.details.timeoutMs).toBe(5);
  });

  test("an error that only looks like one of this package arrives as what it is", () => {
    const bent = Object.assign(new Error("x"), { name: "ReignError", code: "REIGN_NONE" });

    expect(Object.getPrototypeOf(roundTrip(bent))).toBe(Error.prototype);
  });

  test("a message that is no text is written as text", () => {
    const error = new Error();
    Object.defineProperty(error, "message", { value: { toString: () => "object" } });

    expect(roundTrip(error).message).toBe("object");
  });
});

describe("objects of another realm", () => {
  test("builtin ones arrive as ours", () => {
    const sent: unknown = runInNewContext(`({
      plain: { a: [1, [2]] }, map: new Map([[1, new Set([2])]]), date: new Date(5), pattern: /a/g,
      bytes: Uint8Array.of(1, 2), buffer: new ArrayBuffer(1), error: new RangeError("far"),
    })`);

    const wanted = {
      plain: { a: [1, [2]] },
      map: new Map([[1, new Set([2])]]),
      date: new Date(5),
      pattern: /a/g,
      bytes: Uint8Array.of(1, 2),
      buffer: new ArrayBuffer(1),
      error: new RangeError("far"),
    };
    expect(whereDifferent(roundTrip(sent), wanted)).toBeUndefined();
  });

  test("instances of classes are refused", () => {
    expect(() => roundTrip(runInNewContext("[new (class Foo {})()]"))).toThrow(/class Foo/);
    expect(() => roundTrip(runInNewContext("[new (class Map {})()]"))).toThrow(/message\[0\]/);
  });
});

describe("keys", () => {
  test("more kinds of objects than are remembered arrive equal, again and again", () => {
    const bench = createCodecBench(createTermCodec());
    const messages = Array.from({ length: 3000 }, (_, i) => ({
      [`a${i % 700}`]: i,
      [`b${i % 1300}`]: [i],
      c: { [`d${i}`]: 1 },
    }));

    for (let round = 0; round < 2; round++) {
      for (const message of messages) bench.expectArrival(message, message);
    }
  });

  test("kinds of objects whose keys differ in the middle alone are told apart", () => {
    const bench = createCodecBench(createTermCodec());
    const messages = Array.from({ length: 200 }, (_, i) => ({
      theFirstKeyOfSeveral: 1,
      [`middle${String(i).padStart(3, "0")}`]: 2,
      theLastKeyOfSeveral: 3,
    }));

    for (const message of [...messages, ...messages]) bench.expectArrival(message, message);
  });

  test("a property that somebody gave all objects is not taken for one of the message", () => {
    const bench = createCodecBench(createTermCodec());
    bench.expectArrival({ a: 1, inherited: 2 }, { a: 1, inherited: 2 });
    Object.defineProperty(Object.prototype, "inherited", {
      value: "everybody's",
      writable: true,
      enumerable: true,
      configurable: true,
    });
    try {
      const arrived = bench.decode(bench.encode({ a: 1 })) as object;

      expect(Object.keys(arrived)).toEqual(["a"]);
      bench.expectArrival({ a: 1, inherited: 2 }, { a: 1, inherited: 2 });
    } finally {
      Reflect.deleteProperty(Object.prototype, "inherited");
    }
  });
});

test("a named property of an array other than those of a match is left behind", () => {
  expect(Object.keys(roundTrip(Object.assign([1, 2], { note: "x" })))).toEqual(["0", "1"]);
});
