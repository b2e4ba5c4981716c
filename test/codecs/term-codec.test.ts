import { describe, expect, test } from "vitest";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { codecContract } from "../../src/testing/codec-contract.ts";

describe("the contract of codecs", () => {
  for (const { name, run } of codecContract(createTermCodec)) test(name, run);
});

describe("the contract of codecs, without code for reading", () => {
  const createCodec = () => createTermCodec({ generateReaders: false });
  for (const { name, run } of codecContract(createCodec)) test(name, run);
});

describe("the options of the term codec", () => {
  test.each([
    [{ generateReader: false }, "Expected as an option of createTermCodec generateReaders"],
    [{ generateReaders: "no" }, 'Expected generateReaders to be true or false, got "no".'],
    [null, "Expected options such as { generateReaders }, got null."],
    [false, "Expected options such as { generateReaders }, got boolean."],
  ])("%j is a TypeError that says what was expected", (options, expected) => {
    const create = () => Reflect.apply(createTermCodec, undefined, [options]);

    expect(create).toThrow(TypeError);
    expect(create).toThrow(expected);
  });
});
