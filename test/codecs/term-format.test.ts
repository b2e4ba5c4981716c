import { readFileSync } from "node:fs";
import { compileFunction } from "node:vm";
import { describe, expect, test } from "vitest";
import { tag } from "../../src/codecs/term/tags.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { weight } from "../../src/codecs/term/weights.ts";
import type { Address } from "../../src/core/address.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import { ReignError } from "../../src/core/errors.ts";
import { MultipleClaim } from "../../src/core/multiple-claim.ts";
import { type CodecBench, createCodecBench } from "../../src/testing/codec-bench.ts";

const page = readFileSync(new URL("../../docs/term-format.md", import.meta.url), "utf8");

/** The fences of the page: a value on a line, its bytes indented below. */
const vectors = [...page.matchAll(/^```vectors\n([\s\S]*?)^```/gm)].flatMap(([, fence = ""]) =>
  [...fence.matchAll(/^(\S.*)\n((?: {2}.*\n)+)/gm)].map(
    ([, value = "", bytes = ""]) => [value, bytesOf(bytes)] as const,
  ),
);

function bytesOf(text: string): string {
  const repeated = text.replace(/(..)\*(\d+)/g, (_, byte: string, n: string) => byte.repeat(+n));
  return repeated.replace(/\s/g, "");
}

class Point {
  x: unknown;
  y: unknown;

  constructor(x: unknown, y: unknown) {
    this.x = x;
    this.y = y;
  }
}

function evaluate(value: string, bench: CodecBench): unknown {
  const address = (nodeId: string, epoch: string, number: number): Address =>
    bench.addressOf({ nodeId, epoch, number });
  const names = { MailboxClosed, MultipleClaim, Point, ReignError, address };
  return compileFunction(`return (${value});`, Object.keys(names))(...Object.values(names));
}

describe("each vector of docs/term-format.md is what is written and what is read", () => {
  test.each(vectors)("%s", (value, hex) => {
    const bench = createCodecBench(createTermCodec());
    bench.types.register(Point, { name: "Point" });

    expect(Buffer.from(bench.encode(evaluate(value, bench))).toString("hex")).toBe(hex);
    bench.expectSame(bench.decode(Buffer.from(hex, "hex")), evaluate(value, bench));
  });
});

test("every tag of the code is in the page's table and begins a vector or is inside one", () => {
  const tags = Object.values(tag).filter((value) => value < 0x100);

  expect(vectors.length).toBeGreaterThan(40);
  for (const value of tags) {
    const hex = value.toString(16);
    expect(page).toContain(`\`${hex}\``);
    expect(vectors.some(([, bytes]) => bytes.includes(hex))).toBe(true);
  }
});

const wideKeys = "each key of an object with tag `ec` or `ed`, of an error, of a named property";

test("the page gives the weights that the code counts by", () => {
  const row = (name: string): string =>
    page.split("\n").find((line) => line.startsWith(`| ${name} |`)) ?? "";

  expect(row("object")).toContain(`| ${weight.object}, without a prototype ${weight.bareObject} |`);
  for (const [name, counted] of [
    [wideKeys, weight.wideKey],
    ["`Map`", weight.map],
    ["`Set`", weight.set],
    ["`Date`", weight.date],
    ["`RegExp`", weight.regExp],
    ["`ArrayBuffer`", weight.arrayBuffer],
    ["view", weight.view],
    ["error", weight.error],
    ["address", weight.address],
    ["instance", weight.instance],
    ["`MailboxClosed`", weight.mailboxClosed],
    ["`MultipleClaim`", weight.multipleClaim],
  ] as const) {
    expect(row(name)).toMatch(new RegExp(`\\| ${counted}\\b`));
  }
});
