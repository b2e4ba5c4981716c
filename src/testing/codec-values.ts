/**
 * The one table of values that every codec and every carrier is held to: what must arrive as it was
 * sent, and what arrives as something else. What must not be sent is in `codec-refusals.ts`.
 *
 * Each value is made anew for each use, and so may be changed. Addresses are not among them, since
 * they need a service.
 */
import { MailboxClosed } from "../core/close-notice.ts";
import { NotSerializableError, ReignError } from "../core/errors.ts";
import { MultipleClaim } from "../core/multiple-claim.ts";

export interface CodecValue {
  readonly name: string;
  readonly value: () => unknown;
  /** What arrives, where that is not what was sent. */
  readonly arrives?: () => unknown;
}

/** Values with what a receiver gets, which `sameValue` compares. */
export function codecValues(): readonly CodecValue[] {
  return [
    ...listed("primitive", primitives),
    ...listed("text", texts),
    ...listed("object", objects),
    ...listed("collection", collections),
    ...listed("binary", binaries),
    ...listed("error", errors),
    ...listed("graph", graphs),
    ...exceptions,
  ];
}

type Makers = Readonly<Record<string, () => unknown>>;

function listed(kind: string, makers: Makers): CodecValue[] {
  return Object.entries(makers).map(([name, value]) => ({ name: `${kind}: ${name}`, value }));
}

const primitives: Makers = {
  null: () => null,
  "undefined inside": () => ({ a: undefined, b: [undefined] }),
  booleans: () => [true, false],
  "whole numbers around every border": () =>
    [
      0,
      1,
      63,
      64,
      127,
      128,
      129,
      255,
      256,
      16383,
      16384,
      2 ** 21,
      2 ** 28,
      2 ** 31,
      2 ** 32,
      2 ** 53,
    ]
      .flatMap((n) => [n - 1, n, n + 1])
      .flatMap((n) => [n, -n]),
  "minus zero": () => [-0, 0],
  doubles: () => [1.5, -1.5, 0.1, 1e308, -1e308, 5e-324, Math.PI, 2 ** 60, 1e21],
  "no number, and none of an end": () => [Number.NaN, Number.POSITIVE_INFINITY, -Infinity],
  bigints: () =>
    [0n, 1n, 127n, 128n, 255n, 256n, 2n ** 63n, 2n ** 64n, 2n ** 64n - 1n, 10n ** 50n].flatMap(
      (n) => [n, -n],
    ),
  "a bigint of 20,000 bits": () => 2n ** 20_000n - 12_345n,
};

const texts: Makers = {
  empty: () => "",
  "ASCII of every length up to 80": () =>
    Array.from({ length: 80 }, (_, i) => "abcdefghij".repeat(8).slice(0, i)),
  "Latin-1 of every length up to 80": () => Array.from({ length: 80 }, (_, i) => "é".repeat(i)),
  "lengths around the borders of the length": () =>
    [63, 64, 127, 128, 16383, 16384, 70_000].map((n) => "x".repeat(n)),
  "many scripts": () => ["Grüße", "Привет", "你好", "مرحبا", "👋🏽", "a\u0000b", "\u{10ffff}"],
  "a long text of many scripts": () => "Grüße, 你好 👋 ".repeat(500),
  "halves of surrogate pairs": () => ["\ud800", "\udc00", "a\ud800b", "\udc00\ud800", "👋\ud83d"],
  "a replacement character": () => ["\ufffd", "a\ufffdb", "\ufffd".repeat(40)],
  "a byte order mark": () => "\ufeffa",
};

const objects: Makers = {
  empty: () => ({}),
  nested: () => ({ a: { b: { c: { d: [{ e: 1 }] } } } }),
  "properties of every count up to 40": () =>
    Array.from({ length: 41 }, (_, n) => numberedProperties(n)),
  "a thousand properties": () => numberedProperties(1000),
  "no prototype": () => Object.assign(Object.create(null), { a: 1, b: { c: 2 } }),
  "no prototype and nothing else": () => Object.create(null),
  "__proto__ as a key": () => withKeys("__proto__", "a"),
  "__proto__ as a key without a prototype": () => ownProperty(Object.create(null), "__proto__"),
  "names that all objects inherit as keys": () =>
    withKeys("constructor", "hasOwnProperty", "toString", "valueOf", "__defineGetter__"),
  "a toJSON and a then": () => withKeys("toJSON", "then"),
  "indexes as keys": () => ({ 0: "a", 1: "b", 7: "c", 1000: "d", 4294967294: "e" }),
  "what only looks like an index as a key": () =>
    withKeys("4294967295", "01", "1.5", "-1", "1e3", "9007199254740993", " 1"),
  "indexes and names as keys": () => ({ b: 1, 10: 2, a: 3, 9: 4 }),
  "keys of any text": () => withKeys("", " ", "é", "👋", "a.b", "\ud800", "x".repeat(300)),
  "a getter": () => ({
    get half() {
      return 21;
    },
  }),
  date: () => [new Date(0), new Date(1.7e12), new Date(-1), new Date(8.64e15)],
  "an invalid date": () => new Date(Number.NaN),
  "regular expressions": () => [
    /a/,
    /^[\w/]+$/gimsuy,
    /\p{L}(?<year>\d{4})/u,
    /(?:)/,
    Reflect.construct(RegExp, ["[é👋]", "v"]),
  ],
};

const collections: Makers = {
  "empty arrays": () => [[], [[]], [[], []]],
  "arrays of every length up to 40": () =>
    Array.from({ length: 41 }, (_, n) => Array.from({ length: n }, (_, i) => i)),
  "a large array": () => Array.from({ length: 5000 }, (_, i) => i * 3),
  "what matching gives": () => "2026-11".match(/(?<year>\d+)-(?<month>\d+)/),
  maps: () => [new Map(), new Map([["a", 1]]), new Map<unknown, unknown>([[{}, []]])],
  "a map with keys of every kind": () =>
    new Map<unknown, unknown>([
      [1, "one"],
      ["1", "text"],
      [Number.NaN, "none"],
      [null, undefined],
      [undefined, null],
      [1n, "bigint"],
      [new Date(5), new Map([[[], new Set([1])]])],
    ]),
  "a large map": () => new Map(Array.from({ length: 3000 }, (_, i) => [i * 256, { i }])),
  sets: () => [new Set(), new Set([1, "1", Number.NaN, {}, new Set([null])])],
  "a large set": () => new Set(Array.from({ length: 3000 }, (_, i) => i / 8)),
};

const binaries: Makers = {
  ArrayBuffers: () => [new ArrayBuffer(0), Uint8Array.of(1, 2, 255).buffer],
  "every kind of view": () => [
    Int8Array.of(-1, 2),
    Uint8Array.of(1, 255),
    Uint8ClampedArray.of(1, 255),
    Int16Array.of(-1, 300),
    Uint16Array.of(1, 65535),
    Int32Array.of(-1, 70_000),
    Uint32Array.of(1, 4294967295),
    Float32Array.of(-0, 1.5, Number.NaN),
    Float64Array.of(-0, 1e300),
    BigInt64Array.of(-1n, 2n ** 62n),
    BigUint64Array.of(2n ** 64n - 1n),
    new DataView(Uint8Array.of(1, 2, 3).buffer),
    Buffer.from("hello"),
  ],
  "large buffers": () => {
    const bytes = new Uint8Array(70_000).fill(7);
    return { bytes, again: [bytes.buffer, bytes], part: bytes.subarray(4_000), last: 1 };
  },
  "empty views": () => [new Uint8Array(0), new Float64Array(0), Buffer.alloc(0)],
  "views of a part": () => {
    const { buffer } = Uint8Array.from({ length: 64 }, (_, i) => i);
    return [
      new Uint8Array(buffer, 3, 5),
      new Float64Array(buffer, 8, 2),
      new DataView(buffer, 1, 2),
    ];
  },
  "a large buffer": () => Buffer.alloc(100_000, "reign"),
};

const errors: Makers = {
  "every builtin class": () =>
    [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(
      (builtin) => new builtin(`of ${builtin.name}`),
    ),
  "no message": () => [new Error(), new TypeError("")],
  "a cause": () => new Error("outer", { cause: new RangeError("inner", { cause: "text" }) }),
  "an undefined cause": () => new Error("outer", { cause: undefined }),
  "many errors in one": () => new AggregateError([new Error("a"), 2], "several", { cause: 1 }),
  "own properties": () =>
    Object.assign(new Error("no file"), { code: "ENOENT", errno: -2, extra: { deep: [1] } }),
  "a name of its own": () => Object.assign(new Error("x"), { name: "CustomError" }),
  "an error of the platform": () => new DOMException("stopped", "AbortError"),
  "an error of this package": () =>
    new ReignError("REIGN_STALE_ADDRESS", "gone", { id: "1:0123456789abcdef:1" }, { cause: 1 }),
  "a refusal of this package": () => new NotSerializableError("message.a", "a function"),
  "a close notice": () => new MailboxClosed("1:0123456789abcdef:7", "noconnection"),
  "a conflict notice": () => new MultipleClaim("leader", []),
};

const graphs: Makers = {
  "an object in itself": () => {
    const object: Record<string, unknown> = { a: 1 };
    object["self"] = object;
    return object;
  },
  "an array in itself": () => {
    const array: unknown[] = [1];
    array.push(array, [array]);
    return array;
  },
  "a map in itself, as key and as value": () => {
    const map = new Map<unknown, unknown>();
    return map.set(map, "key").set("value", map);
  },
  "a set in itself": () => {
    const set = new Set<unknown>();
    return set.add(set);
  },
  "an error that is its own cause": () => {
    const error = Object.assign(new Error("round"), { again: {} });
    error.cause = { error };
    return error;
  },
  "an object without a prototype in itself": () => {
    const object = Object.create(null);
    object.self = [object];
    return object;
  },
  "shared objects": () => {
    const shared = { s: 1 };
    return { a: shared, b: [shared, new Map([[shared, shared]]), new Set([shared])] };
  },
  "shared values of each kind": () => {
    const kinds = [
      new Date(1),
      /a/,
      Uint8Array.of(1),
      new ArrayBuffer(2),
      new Error("e"),
      new Map(),
    ];
    return [kinds, [...kinds], new MailboxClosed("1:0123456789abcdef:7", "closed")];
  },
  "more shared objects than a few": () => {
    const many = Array.from({ length: 50 }, (_, i) => ({ i }));
    return [many, many.toReversed(), many];
  },
};

/** The named exceptions: nothing else arrives changed. */
const exceptions: readonly CodecValue[] = [
  {
    name: "exception: holes arrive as undefined",
    value: () => Object.assign(new Array(4), { 0: 1, 2: 3 }),
    arrives: () => [1, undefined, 3, undefined],
  },
  {
    name: "exception: boxed primitives arrive as primitives",
    value: () => [Object(1), Object("a"), Object(true), Object(5n), new Map([[Object(1), 1]])],
    arrives: () => [1, "a", true, 5n, new Map([[1, 1]])],
  },
  {
    name: "exception: a class that extends Error arrives as the nearest builtin, with its name",
    value: () => [new OutOfStockError("none left", 7)],
    arrives: () => {
      const error = new RangeError("none left");
      Object.defineProperty(error, "name", { value: "OutOfStockError" });
      return [Object.assign(error, { item: 7 })];
    },
  },
  {
    name: "exception: properties with symbols for keys, and those that cannot be enumerated, stay",
    value: () => Object.defineProperty({ a: 1, [Symbol("s")]: 2 }, "hidden", { value: 3 }),
    arrives: () => ({ a: 1 }),
  },
];

class OutOfStockError extends RangeError {
  readonly item: number;

  constructor(message: string, item: number) {
    super(message);
    this.item = item;
  }
}
Object.defineProperty(OutOfStockError.prototype, "name", { value: "OutOfStockError" });

function numberedProperties(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, i]));
}

function withKeys(...keys: readonly string[]): object {
  const object = {};
  keys.forEach((key, i) => {
    ownProperty(object, key, i);
  });
  return object;
}

function ownProperty(object: object, key: string, value: unknown = 1): object {
  return Object.defineProperty(object, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}
