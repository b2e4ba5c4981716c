import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createJsonCodec } from "../../src/codecs/json/json-codec.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { createV8Codec } from "../../src/codecs/v8/v8-codec.ts";
import { createCodecBench } from "../../src/testing/codec-bench.ts";
import { whereDifferent } from "../../src/testing/same-value.ts";

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.string({ minLength: 50, maxLength: 200 }),
  // Halves of surrogate pairs among the rest.
  fc
    .array(fc.integer({ min: 0xd700, max: 0xe000 }), { maxLength: 8 })
    .map((codes) => String.fromCharCode(...codes)),
);

const anyKey = fc.oneof(
  anyText,
  fc.constantFrom("id", "name", "type", "__proto__", "constructor", "then", "0", "1"),
  fc.nat().map(String),
);

const leaf = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, true, false, -0, Number.NaN),
  fc.integer(),
  fc.integer({ min: -200, max: 70_000 }),
  fc.double(),
  fc.bigInt(),
  anyText,
  fc.date({ noInvalidDate: false }),
  fc.uint8Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.uint8Array().map((bytes) => bytes.slice().buffer),
  fc.constantFrom("a", "[b]", "c+").map((source) => new RegExp(source, "gi")),
);

const { tree } = fc.letrec<{ tree: unknown; node: unknown }>((tie) => ({
  tree: fc.oneof({ depthSize: "small" }, leaf, leaf, tie("node")),
  node: fc.oneof(
    fc.array(tie("tree"), { maxLength: 20 }),
    fc.dictionary(anyKey, tie("tree"), { maxKeys: 40, noNullPrototype: false }),
    fc.array(fc.tuple(tie("tree"), tie("tree"))).map((entries) => new Map(entries)),
    fc.array(tie("tree")).map((items) => new Set(items)),
    fc.tuple(anyText, tie("tree")).map(([text, cause]) => new RangeError(text, { cause })),
    fc
      .tuple(anyText, fc.dictionary(fc.constantFrom("code", "a", "0"), tie("tree")))
      .map(([text, properties]) => Object.assign(new Error(text), properties)),
  ),
}));

/** A tree with a few more edges, so that some of it is shared and some leads back. */
const graph = fc
  .tuple(tree, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 6 }))
  .map(([value, edges]) => {
    const nodes = nodesOf(value);
    if (nodes.length === 0) return value;
    edges.forEach(([from, to], i) => {
      join(nodes[from % nodes.length] ?? {}, nodes[to % nodes.length] ?? {}, i);
    });
    return value;
  });

function nodesOf(value: unknown, found: object[] = []): object[] {
  if (typeof value !== "object" || value === null || found.includes(value)) return found;
  if (value instanceof Date || value instanceof RegExp || ArrayBuffer.isView(value)) return found;
  if (value instanceof ArrayBuffer) return found;
  found.push(value);
  const parts = value instanceof Map || value instanceof Set ? [...value].flat() : [];
  for (const part of [...parts, ...Object.values(value)]) nodesOf(part, found);
  return found;
}

function join(from: object, to: object, i: number): void {
  if (Array.isArray(from)) from.push(to);
  else if (from instanceof Map) from.set(`edge${i}`, to);
  else if (from instanceof Set) from.add(to);
  else if (from instanceof Error) from.cause = to;
  else Reflect.set(from, `edge${i}`, to);
}

describe.each([
  ["term", createTermCodec],
  ["JSON", createJsonCodec],
  ["V8", createV8Codec],
] as const)("the %s codec", (_, createCodec) => {
  test("whatever is sent arrives equal, with its cycles and what it shares", () => {
    const bench = createCodecBench(createCodec());

    fc.assert(
      fc.property(graph, (message) => {
        expect(whereDifferent(bench.decode(bench.encode(message)), message)).toBeUndefined();
      }),
      { numRuns: 1500 },
    );
  });

  test("what is encoded twice has the same bytes", () => {
    fc.assert(
      fc.property(graph, (message) => {
        const [first, second] = [1, 2].map(() => createCodecBench(createCodec()).encode(message));

        expect(first).toEqual(second);
      }),
      { numRuns: 200 },
    );
  });
});
