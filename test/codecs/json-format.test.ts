import { readFileSync } from "node:fs";
import { compileFunction } from "node:vm";
import { describe, expect, test } from "vitest";
import { createJsonCodec } from "../../src/codecs/json/json-codec.ts";
import { weight } from "../../src/codecs/json/weights.ts";
import { weight as termWeight } from "../../src/codecs/term/weights.ts";
import type { Address } from "../../src/core/address.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import { ReignError } from "../../src/core/errors.ts";
import { MultipleClaim } from "../../src/core/multiple-claim.ts";
import { type CodecBench, createCodecBench } from "../../src/testing/codec-bench.ts";

const page = readFileSync(new URL("../../docs/json-format.md", import.meta.url), "utf8");

/** The fences of the page: a value on a line, its text indented below. */
const vectors = [...page.matchAll(/^```vectors\n([\s\S]*?)^```/gm)].flatMap(([, fence = ""]) =>
  [...fence.matchAll(/^(\S.*)\n {2}(.*)\n/gm)].map(
    ([, value = "", text = ""]) => [value, text] as const,
  ),
);

class Point {
  readonly x: unknown;
  readonly y: unknown;

  constructor(x: unknown, y: unknown) {
    this.x = x;
    this.y = y;
  }
}

function benchOfPage(): CodecBench {
  const bench = createCodecBench(createJsonCodec());
  bench.types.register(Point, { name: "Point" });
  return bench;
}

function evaluate(value: string, bench: CodecBench): unknown {
  const address = (nodeId: string, epoch: string, number: number): Address =>
    bench.addressOf({ nodeId, epoch, number });
  const names = { MailboxClosed, MultipleClaim, ReignError, Point, address };
  return compileFunction(`return (${value});`, Object.keys(names))(...Object.values(names));
}

describe("each vector of docs/json-format.md is what is written and what is read", () => {
  test.each(vectors)("%s", (value, text) => {
    const bench = benchOfPage();

    expect(Buffer.from(bench.encode(evaluate(value, bench))).toString()).toBe(text);
    bench.expectSame(bench.decode(Buffer.from(text)), evaluate(value, bench));
  });
});

test("every kind of the page's table is in a vector, and every kind of a vector in the table", () => {
  const listed = [...page.matchAll(/^\| `(\$\w+)` \|/gm)].map(([, kind]) => kind);
  const used = vectors.flatMap(([, text]) => text.match(/(?<=\{")\$\w+(?=":)/g) ?? []);

  expect(listed.length).toBeGreaterThan(15);
  expect(new Set(used)).toEqual(new Set(listed));
});

test("the page names the weights that differ from those of the term format", () => {
  const { object, key, view, instance, ...same } = weight;

  expect(page.replaceAll("\n", " ")).toContain(
    `an object ${object}, and each of its keys ${key} beside its value; a view ${view}; ` +
      `an instance ${instance} beside its value`,
  );
  expect(termWeight).toMatchObject(same);
});
