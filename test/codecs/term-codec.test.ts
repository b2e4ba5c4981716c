import { describe, test } from "vitest";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { codecContract } from "../../src/testing/codec-contract.ts";

describe("the contract of codecs", () => {
  for (const { name, run } of codecContract(createTermCodec)) test(name, run);
});

describe("the contract of codecs, without code for reading", () => {
  const createCodec = () => createTermCodec({ generateReaders: false });
  for (const { name, run } of codecContract(createCodec)) test(name, run);
});
