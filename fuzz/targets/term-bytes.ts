/** Messages in the term format, made from its tags: in order as far as one can be in one pass. */
import { joined, utf8 } from "../bytes.ts";
import type { Draw } from "../draw.ts";
import { textBytes, varintBytes } from "../frame-bytes.ts";
import { classNames } from "./classes.ts";

export const keyLists: readonly (readonly string[])[] = [
  ["id"],
  ["type", "id", "reply"],
  ["a", "b", "c", "d", "e"],
  ["__proto__", "constructor"],
  ["then", "toJSON"],
  ["a-b", "é"],
];

/** A list of keys as a `define` frame and an object have it: its length, and each key's. */
function keyBytes(keys: readonly string[]): Uint8Array {
  const each = keys.map(textBytes);
  const length = each.reduce((sum, { length }) => sum + length, 0);
  return joined(Uint8Array.of(length), ...each);
}

export function definitionBytes(keys: readonly string[]): Uint8Array {
  return joined(Uint8Array.of(keys.length), keyBytes(keys));
}

const texts = ["", "a", "id", "stack", "cause", "name", "message", "code", "__proto__", "é"];

function text(draw: Draw): Uint8Array {
  const value = draw.of(texts);
  if (value === "é")
    return draw.oneIn(2) ? tagged(0x81, 0xe9) : joined(tagged(0xe9), textBytes("日本"));
  return joined(tagged(0x80 + value.length), utf8(value));
}

function tagged(...bytes: readonly number[]): Uint8Array {
  return Uint8Array.from(bytes);
}

function double(draw: Draw): Uint8Array {
  const bytes = new Uint8Array(8);
  const value = draw.of([0.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 8.64e15, -1.5]);
  new DataView(bytes.buffer).setFloat64(0, value);
  return bytes;
}

/** Now and then something is not as it should be. */
function lies(draw: Draw): boolean {
  return draw.oneIn(40);
}

function several(draw: Draw, depth: number, count: number): Uint8Array {
  return joined(...Array.from({ length: count }, () => term(draw, depth + 1)));
}

function counted(tag: number, draw: Draw, depth: number, each = 1): Uint8Array {
  const count = draw.size(5);
  return joined(tagged(tag), varintBytes(count), several(draw, depth, count * each));
}

function properties(draw: Draw, depth: number): Uint8Array {
  const count = draw.size(3);
  const all = Array.from({ length: count }, (_, i) => {
    const key = lies(draw) ? text(draw) : shortText(`key${i}`);
    return joined(key, term(draw, depth + 1));
  });
  return joined(varintBytes(count), ...all);
}

function bytes(draw: Draw): Uint8Array {
  const length = lies(draw) ? draw.below(25) : draw.of([0, 8, 16, 24]);
  return joined(varintBytes(length), draw.bytes(length));
}

function address(draw: Draw): Uint8Array {
  const name = utf8(draw.of(["1", "2", "web-3"]));
  return joined(tagged(0x3c, name.length), name, draw.bytes(8), varintBytes(1 + draw.below(300)));
}

function error(draw: Draw, depth: number): Uint8Array {
  const own = draw.oneIn(2) ? tagged(0xe1) : text(draw);
  const hidden = draw.oneIn(3)
    ? joined(tagged(1), tagged(0x85), utf8("cause"), term(draw, depth + 1))
    : tagged(0);
  return joined(
    tagged(0xf7, draw.below(lies(draw) ? 12 : 8)),
    own,
    text(draw),
    hidden,
    properties(draw, depth),
  );
}

function view(draw: Draw): Uint8Array {
  const kind = tagged(draw.below(lies(draw) ? 15 : 13));
  if (draw.oneIn(2)) return joined(tagged(0xf5), kind, bytes(draw));
  const buffer = joined(tagged(0xf4), bytes(draw));
  const [offset, length] = lies(draw) ? [draw.below(9), draw.below(9)] : [0, 0];
  return joined(tagged(0xf6), kind, buffer, varintBytes(offset), varintBytes(length));
}

const patterns = ["a", "[b]", "(?<x>c)", "\\p{L}", "(", "a{2,1}"];

function pattern(draw: Draw): Uint8Array {
  const source = lies(draw) ? draw.of(patterns) : draw.of(patterns.slice(0, 4));
  const flags = lies(draw) ? draw.of(["x", "uv", "gg"]) : draw.of(["", "g", "u", "gi"]);
  return joined(tagged(0xf3), ...[source, flags].map(shortText));
}

function shortText(value: string): Uint8Array {
  return joined(tagged(0x80 + value.length), utf8(value));
}

function bigint(draw: Draw): Uint8Array {
  const magnitude = draw.bytes(1 + draw.size(20));
  magnitude[magnitude.length - 1] = 1 + draw.below(255);
  return joined(tagged(draw.oneIn(2) ? 0xe7 : 0xe8), varintBytes(magnitude.length), magnitude);
}

function keyed(draw: Draw, depth: number): Uint8Array {
  const keys = draw.of(keyLists);
  return joined(tagged(0xc0 + keys.length), keyBytes(keys), several(draw, depth, keys.length));
}

function defined(draw: Draw, depth: number): Uint8Array {
  const number = lies(draw) ? draw.below(keyLists.length) : 0;
  return joined(tagged(0xfc, number), several(draw, depth, keyLists[number]?.length ?? 0));
}

function wide(draw: Draw, depth: number): Uint8Array {
  const count = draw.size(4);
  const all = Array.from({ length: count }, (_, i) => {
    const odd = lies(draw) ? draw.of(["a", "__proto__", "toString"]) : `key${i}`;
    const key = draw.oneIn(2) ? varintBytes(i) : shortText(odd);
    return joined(key, term(draw, depth + 1));
  });
  return joined(tagged(draw.oneIn(2) ? 0xec : 0xed), varintBytes(count), ...all);
}

type Maker = (draw: Draw, depth: number) => Uint8Array;

const leaves: readonly Maker[] = [
  (draw) => tagged(draw.below(128)),
  (draw) => tagged(draw.of([0xe0, 0xe1, 0xe2, 0xe3])),
  text,
  (draw) => joined(tagged(0xe4), varintBytes(128 + draw.size(2 ** 32 - 129))),
  (draw) => joined(tagged(0xe5), varintBytes(draw.size(2 ** 31 - 1))),
  (draw) => joined(tagged(0xe6), double(draw)),
  bigint,
  (draw) => joined(tagged(0xea), varintBytes(2), tagged(draw.below(256), 0xd8, 0x61, 0)),
  (draw) => joined(tagged(0xf2), double(draw)),
  pattern,
  (draw) => joined(tagged(0xf4), bytes(draw)),
  view,
  (draw) => joined(tagged(0xf8), address(draw)),
  () => joined(tagged(0xf9), shortText("1:0123456789abcdef:7"), shortText("noproc")),
  (draw) => joined(tagged(0xfa), shortText("a"), tagged(1, 0xf8), address(draw)),
  (draw) => tagged(0xfb, draw.size(4)),
];

const nodes: readonly Maker[] = [
  keyed,
  keyed,
  defined,
  defined,
  wide,
  (draw, depth) => {
    const count = draw.size(6);
    return joined(tagged(0xd0 + count), several(draw, depth, count));
  },
  (draw, depth) => counted(0xee, draw, depth),
  (draw, depth) => joined(counted(0xef, draw, depth), properties(draw, depth)),
  (draw, depth) => counted(0xf0, draw, depth, 2),
  (draw, depth) => counted(0xf1, draw, depth),
  error,
  (draw, depth) => {
    const name = lies(draw) ? text(draw) : shortText(draw.of(classNames));
    const value = lies(draw) ? term(draw, depth + 1) : keyed(draw, depth + 1);
    return joined(tagged(0xff), name, value);
  },
];

const deepest = 5;

/** One value. */
export function term(draw: Draw, depth = 0): Uint8Array {
  const leaf = depth >= deepest || draw.below(10) < 2 + 2 * depth;
  return draw.of(leaf ? leaves : nodes)(draw, depth);
}
