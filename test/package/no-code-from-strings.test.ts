/** Needs `dist`, which `npm test` and `npm run test:one` build. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const dist = new URL("../../dist/", import.meta.url).href;

const program = `
import { createTermCodec } from "${dist}codecs/term/term-codec.js";
import { ByteWriter } from "${dist}core/byte-writer.js";
import { TypeTable } from "${dist}core/type-table.js";

const limits = { maxDepth: 10, maxValues: 100 };
const types = new TypeTable();
const codec = createTermCodec();
const decoder = codec.createDecoder({ limits, types, addressOf: () => undefined });
const define = (bytes) => decoder.define(bytes, 0, bytes.length);
const encoder = codec.createEncoder({ limits, types, define });
let sum = 0;
for (let id = 0; id < 1000; id++) {
  const out = new ByteWriter(64);
  encoder.encode({ id, name: "a" }, out);
  const bytes = out.take();
  sum += decoder.decode(bytes, 0, bytes.length).id;
}
console.log(sum);
`;

test("a process that makes no code from strings reads the same messages", async () => {
  const flags = ["--disallow-code-generation-from-strings", "--input-type=module", "-e", program];
  const { stdout } = await promisify(execFile)(process.execPath, flags);

  expect(stdout).toBe("499500\n");
});
