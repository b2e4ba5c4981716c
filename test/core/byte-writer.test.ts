import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWriter, TooManyBytes } from "../../src/core/byte-writer.ts";

/** A writer beside the plainest thing that could do the same, and all that was ever taken of it. */
interface Pair {
  readonly writer: ByteWriter;
  readonly taken: { readonly bytes: Uint8Array; readonly copy: readonly number[] }[];
}

interface Model {
  waiting: number[];
  marks: number[];
}

type WriterCommand = fc.Command<Model, Pair>;

function command(
  name: string,
  apply: (model: Model, pair: Pair) => void,
  check: (model: Readonly<Model>) => boolean = () => true,
): WriterCommand {
  return {
    check,
    run(model, pair) {
      apply(model, pair);
      const { writer } = pair;
      const start = writer.at(0);
      expect(writer.length).toBe(model.waiting.length);
      expect([...writer.bytes.subarray(start, writer.position)]).toEqual(model.waiting);
      for (const { bytes, copy } of pair.taken) expect([...bytes]).toEqual(copy);
    },
    toString: () => name,
  };
}

function varintOf(value: number): number[] {
  const low = value % 128;
  return value < 128 ? [value] : [low + 128, ...varintOf((value - low) / 128)];
}

const raw = fc.uint8Array({ maxLength: 90 }).map((bytes) =>
  command(`raw ${bytes.length}`, (model, { writer }) => {
    writer.raw(bytes);
    model.waiting.push(...bytes);
  }),
);

const byte = fc.nat(255).map((value) =>
  command(`byte ${value}`, (model, { writer }) => {
    writer.byte(value);
    model.waiting.push(value);
  }),
);

const uint32 = fc.nat(2 ** 32 - 1).map((value) =>
  command(`uint32 ${value}`, (model, { writer }) => {
    writer.uint32(value);
    model.waiting.push(...[24, 16, 8, 0].map((shift) => (value >>> shift) & 255));
  }),
);

const varint = fc.maxSafeInteger().map((value) =>
  command(`varint ${Math.abs(value)}`, (model, { writer }) => {
    writer.varint(Math.abs(value));
    model.waiting.push(...varintOf(Math.abs(value)));
  }),
);

const direct = fc.tuple(fc.nat(60), fc.nat(60)).map(([reserved, used]) =>
  command(`reserve ${reserved}, use ${Math.min(reserved, used)}`, (model, { writer }) => {
    writer.reserve(reserved);
    for (let i = 0; i < Math.min(reserved, used); i++) {
      writer.bytes[writer.position++] = i;
      model.waiting.push(i);
    }
  }),
);

const mark = fc.constant(
  command("mark", (model, { writer }) => {
    model.marks.push(model.waiting.length);
    expect(writer.mark()).toBe(model.waiting.length);
  }),
);

const rollback = fc.constant(
  command(
    "rollback",
    (model, { writer }) => {
      const to = model.marks.pop() ?? 0;
      writer.rollback(to);
      model.waiting.length = to;
    },
    ({ marks }) => marks.length > 0,
  ),
);

const overwrite = fc.nat(2 ** 32 - 1).map((value) =>
  command(
    `uint32At ${value}`,
    (model, { writer }) => {
      const at = model.marks.at(-1) ?? 0;
      writer.uint32At(writer.at(at), value);
      const four = [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
      model.waiting.splice(at, 4, ...four);
    },
    ({ marks, waiting }) => marks.length > 0 && waiting.length - (marks.at(-1) ?? 0) >= 4,
  ),
);

const take = fc.constant(
  command("take", (model, { writer, taken }) => {
    const bytes = writer.take();
    expect([...bytes]).toEqual(model.waiting);
    taken.push({ bytes, copy: [...bytes] });
    model.waiting = [];
    model.marks = [];
  }),
);

test("bytes come out as they went in, and what was taken never changes afterwards", () => {
  const commands = fc.commands(
    [raw, byte, uint32, varint, direct, mark, rollback, overwrite, take],
    { maxCommands: 60, size: "+1" },
  );

  fc.assert(
    fc.property(fc.constantFrom(1, 8, 64, 256), commands, (slabBytes, list) => {
      fc.modelRun(
        () => ({
          model: { waiting: [], marks: [] },
          real: { writer: new ByteWriter(slabBytes), taken: [] },
        }),
        list,
      );
    }),
    { numRuns: 150 },
  );
});

describe("varint", () => {
  test.each([
    [0, "00"],
    [127, "7f"],
    [128, "8001"],
    [16_383, "ff7f"],
    [16_384, "808001"],
    [2 ** 31 - 1, "ffffffff07"],
    [2 ** 31, "8080808008"],
    [2 ** 32, "8080808010"],
    [2 ** 53 - 1, "ffffffffffffff0f"],
  ])("%d is %s", (value, hex) => {
    const writer = new ByteWriter(1);
    writer.varint(value);

    expect(Buffer.from(writer.take()).toString("hex")).toBe(hex);
  });
});

describe("slabs", () => {
  test("small batches share a slab", () => {
    const writer = new ByteWriter(1024);
    writer.raw(new Uint8Array(100));
    const first = writer.take();
    writer.raw(new Uint8Array(100));

    expect(writer.take().buffer).toBe(first.buffer);
  });

  test("a large batch does not leave its slab to the small ones behind it", () => {
    const writer = new ByteWriter(1024);
    writer.raw(new Uint8Array(1_000_000));
    writer.take();
    writer.byte(1);

    expect(writer.take().buffer.byteLength).toBe(1024);
  });

  test("a batch that grows byte by byte is copied a few times only", () => {
    const writer = new ByteWriter(64);
    const slabs = new Set<ArrayBuffer>();
    for (let i = 0; i < 100_000; i++) {
      writer.byte(i);
      slabs.add(writer.bytes.buffer);
    }

    expect(slabs.size).toBeLessThan(25);
  });
});

describe("the ceiling", () => {
  test("stops a batch before memory is made for it, and leaves what waits", () => {
    const writer = new ByteWriter(64);
    writer.byte(7);
    writer.ceiling = 1_000;

    expect(() => writer.reserve(1_000)).toThrow(TooManyBytes);
    expect(writer.bytes.length).toBe(64);
    expect([...writer.take()]).toEqual([7]);
  });

  test("bounds the slab of a batch that grows up to it", () => {
    const writer = new ByteWriter(64);
    writer.ceiling = 1_000;
    for (let i = 0; i < 1_000; i++) writer.byte(i);

    expect(writer.bytes.length).toBe(16 + 1_000);
    expect(() => writer.byte(0)).toThrow(TooManyBytes);

    writer.ceiling = Number.POSITIVE_INFINITY;
    writer.byte(1);
    expect(writer.take()).toHaveLength(1_001);
  });
});
