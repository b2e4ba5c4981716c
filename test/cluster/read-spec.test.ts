import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSpec, readSpecFile, type SpecSource } from "../../src/cluster/read-spec.ts";

const spec = { nodes: [{ id: 1, address: "bücher.example:1" }] };
const text = JSON.stringify(spec);
const bytes = new TextEncoder().encode(text);

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "reign-spec-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function* oneByOne(): AsyncGenerator<Uint8Array> {
  for (const byte of bytes) yield Uint8Array.of(byte);
}

describe("a spec is read", () => {
  const sources: ReadonlyArray<readonly [string, () => SpecSource]> = [
    ["a text", () => text],
    ["bytes", () => bytes],
    ["a Node.js stream of bytes", () => Readable.from([Buffer.from(bytes)])],
    ["a Node.js stream of text", () => Readable.from([text.slice(0, 9), text.slice(9)])],
    ["a web stream", () => ReadableStream.from([bytes.subarray(0, 9), bytes.subarray(9)])],
    ["an iterable", () => [text.slice(0, 3), text.slice(3)]],
    ["an async iterable that splits its characters", () => oneByOne()],
  ];

  test.each(sources)("from %s", async (_, source) => {
    expect(await readSpec(source())).toEqual(spec);
  });

  test("from a file", async () => {
    const path = join(folder, "cluster.json");
    writeFileSync(path, `\ufeff${text}\n`);

    expect((await readSpecFile(path)).spec).toEqual(spec);
  });
});

describe("a spec that cannot be read is refused", () => {
  test("with the file's name, line and column when it is not JSON", async () => {
    const path = join(folder, "broken.json");
    writeFileSync(path, '{\n  "nodes": [,]\n}');

    await expect(readSpecFile(path)).rejects.toMatchObject({
      code: "REIGN_INVALID_SPEC",
      message: `${path} has a mistake: Not JSON at line 2, column 13. Expected a value, got ",".`,
    });
  });

  test("with the file's name and the system's error when it is not there", async () => {
    const path = join(folder, "absent.json");

    await expect(readSpecFile(path)).rejects.toMatchObject({
      code: "REIGN_INVALID_SPEC",
      message: expect.stringMatching(
        /absent\.json has a mistake: There is no such file\..*reign init/,
      ),
      cause: { code: "ENOENT" },
    });
  });

  test("when it is a folder", async () => {
    await expect(readSpecFile(folder)).rejects.toMatchObject({
      code: "REIGN_INVALID_SPEC",
      message: expect.stringContaining("It is a folder"),
    });
  });

  test.each([
    ["", "got the end of the text"],
    ['{"a": 1, "a": 2}', "is there twice"],
  ])("when it is %j", async (source, message) => {
    await expect(readSpec(source)).rejects.toMatchObject({
      code: "REIGN_INVALID_SPEC",
      message: expect.stringContaining(message),
    });
  });

  test("when it is not UTF-8, at its end too", async () => {
    for (const wrong of [Uint8Array.of(0xff, 0x20), Uint8Array.of(0x22, 0xc3)]) {
      await expect(readSpec([wrong])).rejects.toMatchObject({
        code: "REIGN_INVALID_SPEC",
        message: expect.stringContaining("UTF-8"),
      });
    }
  });

  test("when its source fails, with the cause", async () => {
    const cause = new Error("the cable is out");
    const failing = new Readable({ read: () => failing.destroy(cause) });

    await expect(readSpec(failing)).rejects.toMatchObject({ code: "REIGN_INVALID_SPEC", cause });
  });

  test("when it is larger than 16 MiB, without reading on, and its source is ended", async () => {
    let ended = false;
    let chunks = 0;
    function* endless(): Generator<Uint8Array> {
      try {
        for (; ; chunks++) yield new Uint8Array(1024 * 1024).fill(0x20);
      } finally {
        ended = true;
      }
    }

    await expect(readSpec(endless())).rejects.toMatchObject({
      code: "REIGN_INVALID_SPEC",
      message: expect.stringContaining("at most 16777216 bytes"),
    });
    expect(ended).toBe(true);
    expect(chunks).toBe(16);
  });

  test("with a TypeError when it is no source at all", async () => {
    for (const wrong of [undefined, null, 7, {}, [7]]) {
      // @ts-expect-error What a program without types might pass.
      await expect(readSpec(wrong)).rejects.toThrow(TypeError);
    }
  });
});
