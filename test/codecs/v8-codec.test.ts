import { describe, test } from "vitest";
import { createV8Codec } from "../../src/codecs/v8/v8-codec.ts";
import { codecContract } from "../../src/testing/codec-contract.ts";

describe("the contract of codecs", () => {
  for (const { name, run } of codecContract(createV8Codec)) test(name, run);
});
