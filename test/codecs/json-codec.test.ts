import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { createJsonCodec } from "../../src/codecs/json/json-codec.ts";
import { ByteWriter, TooManyBytes } from "../../src/core/byte-writer.ts";
import { UnknownTypeError } from "../../src/core/instance-form.ts";
import { createCodecBench } from "../../src/testing/codec-bench.ts";
import { codecContract } from "../../src/testing/codec-contract.ts";
import { whereDifferent } from "../../src/testing/same-value.ts";

describe("the contract of codecs", () => {
  for (const { name, run } of codecContract(createJsonCodec)) test(name, run);
});

class Money {
  readonly #cents: number;
  owner: unknown = "nobody";

  constructor(cents: number) {
    this.#cents = cents;
  }

  get cents(): number {
    return this.#cents;
  }
}

class Point {
  x = 1;
  next: unknown = undefined;
}

function benchOfTypes() {
  const bench = createCodecBench(createJsonCodec());
  bench.types.register(Point, { name: "Point" });
  bench.types.register(Money, {
    name: "Money",
    encode: ({ cents, owner }) => ({ cents, owner }),
    decode: ({ cents, owner }: { cents: number; owner: unknown }) =>
      Object.assign(new Money(cents), { owner }),
  });
  return bench;
}

describe("an instance of a registered class", () => {
  test("arrives as one, by its properties or as its own encode and decode say", () => {
    const { encode, decode } = benchOfTypes();

    const [point, money] = decode(encode([new Point(), new Money(5)])) as [Point, Money];

    expect([point, point.x, Object.keys(point)]).toEqual([expect.any(Point), 1, ["x", "next"]]);
    expect([money, money.cents, money.owner]).toEqual([expect.any(Money), 5, "nobody"]);
  });

  test("stays shared, and may be met again inside its own value", () => {
    const { encode, decode } = benchOfTypes();
    const point = new Point();
    point.next = [point];

    const [first, second] = decode(encode([point, point])) as [Point, Point];

    expect(first).toBe(second);
    expect(first.next).toEqual([first]);
    const [money, again] = decode(encode(Array(2).fill(new Money(7)))) as [Money, Money];
    expect([money.cents, again]).toEqual([7, money]);
  });

  test("is refused with the path of what is in it, and where its class is not known", () => {
    const { encode } = benchOfTypes();
    const stranger = createCodecBench(createJsonCodec());
    const point = Object.assign(new Point(), { next: { f: () => 1 } });

    expect(() => encode({ point })).toThrow(
      expect.objectContaining({ path: "message.point.next.f" }),
    );
    expect(() => stranger.decode(encode(new Point()))).toThrow(UnknownTypeError);
    expect(() => stranger.encode([new Point()])).toThrow(/class Point/);
  });
});

test("the text is plain JSON, but for what JSON has no form for", () => {
  const { encode } = createCodecBench(createJsonCodec());
  const plain = { id: 7, tags: ["a", null, true, "é", "\ud800"], deep: { x: [-1.5e-9, 1e21] } };

  expect(Buffer.from(encode(plain)).toString()).toBe(JSON.stringify(plain));
});

test("only what is met more than once is numbered, in the order in which it begins", () => {
  const { encode } = createCodecBench(createJsonCodec());
  const [inner, alone] = [["é"], {}];
  const outer = { inner, alone };

  expect(Buffer.from(encode(["👋", inner, outer, { outer }, inner])).toString()).toBe(
    '["👋",{"$def":[0,["é"]]},{"$def":[1,{"inner":{"$ref":0},"alone":{}}]},' +
      '{"outer":{"$ref":1}},{"$ref":0}]',
  );
});

test("a message beyond the batch's ceiling is given up, whatever makes it long", () => {
  const { encoder } = createCodecBench(createJsonCodec());
  const shared = ["x".repeat(60_000)];

  for (const message of ["x".repeat(300_000), new Uint8Array(300_000), Array(9).fill(shared[0])]) {
    const out = new ByteWriter(256);
    out.ceiling = 100_000;
    expect(() => encoder.encode(message, out)).toThrow(TooManyBytes);
    out.rollback(0);
  }
});

test("bytes that would make too long a text are given up before it is made", () => {
  const { encoder } = createCodecBench(createJsonCodec());
  const out = new ByteWriter(256);
  out.ceiling = 100_000;

  // As text they would be longer than any text may be, which is another mistake.
  expect(() => encoder.encode([new Uint8Array(450_000_000)], out)).toThrow(TooManyBytes);
});

test("a getter that sends is refused, and the outer message arrives whole", () => {
  const { encoder, decode } = createCodecBench(createJsonCodec());
  const out = new ByteWriter();
  const refusals: unknown[] = [];
  const message = {
    before: 1,
    get sends() {
      try {
        encoder.encode("inner", out);
      } catch (refusal) {
        refusals.push(refusal);
      }
      return 2;
    },
    after: 3,
  };

  encoder.encode(message, out);

  expect(refusals).toMatchObject([{ code: "REIGN_NOT_SERIALIZABLE" }]);
  expect(decode(out.take())).toEqual({ before: 1, sends: 2, after: 3 });
});

test("builtin objects of another realm arrive as ours", () => {
  const { encode, decode } = createCodecBench(createJsonCodec());
  const sent: unknown = runInNewContext(`({
    plain: { a: [1, [2]] }, map: new Map([[1, new Set([2])]]), date: new Date(5), pattern: /a/g,
    bytes: Uint8Array.of(1, 2), buffer: new ArrayBuffer(1), error: new RangeError("far"),
    boxed: Object(1), matched: /e(a)/.exec("tea"),
  })`);

  const wanted = {
    plain: { a: [1, [2]] },
    map: new Map([[1, new Set([2])]]),
    date: new Date(5),
    pattern: /a/g,
    bytes: Uint8Array.of(1, 2),
    buffer: new ArrayBuffer(1),
    error: new RangeError("far"),
    boxed: 1,
    matched: /e(a)/.exec("tea"),
  };
  expect(whereDifferent(decode(encode(sent)), wanted)).toBeUndefined();
});
