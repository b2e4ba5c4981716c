import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../../src/core/errors.ts";
import { FrameReader } from "../../src/core/frame-reader.ts";
import { allocated, bytesOf, cut, frames, limitBytes, Recorder, sizes } from "./frame-streams.ts";

describe("any split", () => {
  test("the frames of a stream are the same wherever it was cut", () => {
    fc.assert(
      fc.property(frames, sizes, (list, chunkSizes) => {
        const reader = new FrameReader(limitBytes);
        const sink = new Recorder();
        for (const chunk of cut(bytesOf(list), chunkSizes)) reader.push(chunk, sink);

        expect(sink.frames).toEqual(list);
      }),
      { numRuns: 500 },
    );
  });

  test("each way to cut two frames in three gives the same two", () => {
    const list = [
      { type: 7, body: [1, 2, 3] },
      { type: 8, body: [] },
    ];
    const bytes = bytesOf(list);

    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        const reader = new FrameReader(limitBytes);
        const sink = new Recorder();
        reader.push(bytes.subarray(0, first), sink);
        reader.push(bytes.subarray(first, second), sink);
        reader.push(bytes.subarray(second), sink);
        expect(sink.frames).toEqual(list);
      }
    }
  });

  test("a frame that lies whole in a chunk is handed on where it lies", () => {
    const chunk = bytesOf([{ type: 1, body: [5, 6] }]);
    const seen: unknown[] = [];

    new FrameReader(limitBytes).push(chunk, {
      onFrame: (type, bytes, start, end) => seen.push(type, bytes === chunk, start, end) > 0,
    });

    expect(seen).toEqual([1, true, 5, 7]);
  });
});

describe("any bytes", () => {
  test("end in frames or in a DecodeError, and in the same wherever they were cut", () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 600, size: "max" }),
      fc.tuple(frames, fc.nat(), fc.nat(255)).map(([list, at, value]) => {
        const bytes = bytesOf(list);
        return bytes.length === 0 ? bytes : bytes.with(at % bytes.length, value);
      }),
    );

    fc.assert(
      fc.property(hostile, sizes, (bytes, chunkSizes) => {
        const outcomes = [[bytes.length + 1], [1], chunkSizes].map((list) => {
          const reader = new FrameReader(limitBytes);
          const sink = new Recorder();
          try {
            for (const chunk of cut(bytes, list)) reader.push(chunk, sink);
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
            return { frames: sink.frames, error: String(error) };
          }
          return { frames: sink.frames };
        });

        expect(outcomes[1]).toEqual(outcomes[0]);
        expect(outcomes[2]).toEqual(outcomes[0]);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    [[0, 0, 0, 0], "a frame without a type"],
    [[0, 0, 0, limitBytes + 1], "a frame of 201 bytes, where 200 are allowed"],
    [[0, 0, 1, 0], "a frame of 256 bytes, where 200 are allowed"],
    [[0x7f, 0xff, 0xff, 0xff], "a frame of 2147483647 bytes, where 200 are allowed"],
    [[0x80, 0, 0, 0], "a frame of 2147483648 bytes, where 200 are allowed"],
    [[0xff, 0xff, 0xff, 0xff], "a frame of 4294967295 bytes, where 200 are allowed"],
  ])(
    "the length %j is refused with its last byte, before anything behind it",
    (length, message) => {
      const sink = new Recorder();
      for (const lead of [[], [0, 0, 0, 1, 9]]) {
        const whole = new FrameReader(limitBytes);
        expect(() => whole.push(Uint8Array.from([...lead, ...length]), sink)).toThrow(
          new DecodeError(message),
        );

        const byBytes = new FrameReader(limitBytes);
        const stream = [...lead, ...length];
        for (const byte of stream.slice(0, -1)) byBytes.push(Uint8Array.of(byte), sink);
        const last = Uint8Array.of(stream.at(-1) ?? 0);
        expect(() => byBytes.push(last, sink)).toThrow(new DecodeError(message));
      }
      expect(sink.frames).toEqual([
        { type: 9, body: [] },
        { type: 9, body: [] },
      ]);
    },
  );

  test("a frame of just the limit passes, also when it comes byte by byte", () => {
    const list = [{ type: 1, body: Array<number>(limitBytes - 1).fill(7) }];
    for (const size of [1, 1_000]) {
      const reader = new FrameReader(limitBytes);
      const sink = new Recorder();
      for (const chunk of cut(bytesOf(list), [size])) reader.push(chunk, sink);
      expect(sink.frames).toEqual(list);
    }
  });
});

describe("what is held", () => {
  test("no room is made for a frame that was announced and has not come", () => {
    const reader = new FrameReader(1 << 30);
    const begun = Uint8Array.of(0x30, 0, 0, 0, 16, 1, 2, 3);

    expect(allocated(() => reader.push(begun, new Recorder()))).toEqual([4096]);
  });

  test("room grows by doubling up to the limit, however small the chunks", () => {
    const limit = 100_000;
    const bytes = bytesOf([{ type: 1, body: Array<number>(limit - 1).fill(3) }]);
    const chunks = [...bytes].map((byte) => Uint8Array.of(byte));
    const reader = new FrameReader(limit);
    const sink = new Recorder();

    const made = allocated(() => {
      for (const chunk of chunks) reader.push(chunk, sink);
    });

    expect(sink.frames).toHaveLength(1);
    expect(made.length).toBeLessThan(10);
    expect(Math.max(...made)).toBe(limit + 4);
  });

  test("the room for a frame is used for the next one, and is never more than the limit", () => {
    const reader = new FrameReader(100_000);
    const large = bytesOf([{ type: 1, body: Array<number>(50_000).fill(3) }]);
    const read = () => {
      for (const chunk of cut(large, [30_000])) reader.push(chunk, new Recorder());
    };

    expect(Math.max(...allocated(read))).toBeLessThanOrEqual(100_004);
    // The copies that `cut` makes are no buffers made by length.
    expect(allocated(read)).toEqual([]);
  });

  test("nothing is held between two frames", () => {
    const reader = new FrameReader(limitBytes);
    const bytes = bytesOf([{ type: 1, body: [1, 2, 3] }]);

    const made = allocated(() => {
      for (let i = 0; i < 100; i++) reader.push(bytes, new Recorder());
    });

    expect(made).toEqual([]);
  });
});

describe("the sink", () => {
  test("nothing is handed on once it wants no more, wherever the stream was cut", () => {
    const list = [1, 2, 3, 4].map((type) => ({ type, body: [type] }));
    const bytes = bytesOf(list);

    for (let first = 0; first <= bytes.length; first++) {
      for (const wanted of [1, 2, 3]) {
        const reader = new FrameReader(limitBytes);
        const sink = new Recorder(wanted);
        // A wire pushes nothing more once it has ended; one chunk may hold many frames.
        reader.push(bytes.subarray(0, first), sink);
        if (sink.frames.length < wanted) reader.push(bytes.subarray(first), sink);
        expect(sink.frames).toEqual(list.slice(0, wanted));
      }
    }
  });

  test("what lies behind the last wanted frame is neither looked at nor kept", () => {
    const sink = new Recorder(1);
    const reader = new FrameReader(limitBytes);
    const bytes = Uint8Array.of(0, 0, 0, 1, 5, 0xff, 0xff, 0xff, 0xff, 1);

    const made = allocated(() => reader.push(bytes, sink));

    expect(made).toEqual([]);
    expect(sink.frames).toEqual([{ type: 5, body: [] }]);
  });

  test("a limit that it raises holds for the next frame of the same chunk", () => {
    const reader = new FrameReader(4);
    const frames: number[] = [];
    const bytes = bytesOf([
      { type: 3, body: [] },
      { type: 16, body: Array<number>(100).fill(1) },
    ]);

    for (const chunk of cut(bytes, [20])) {
      reader.push(chunk, {
        onFrame(type) {
          reader.limitBytes = 1_000;
          return frames.push(type) > 0;
        },
      });
    }

    expect(frames).toEqual([3, 16]);
  });

  test("what it throws comes through", () => {
    const error = new DecodeError("of the sink");
    const bytes = bytesOf([{ type: 1, body: [1] }]);

    for (const size of [1, 100]) {
      const reader = new FrameReader(limitBytes);
      const feed = () => {
        for (const chunk of cut(bytes, [size])) {
          reader.push(chunk, {
            onFrame: () => {
              throw error;
            },
          });
        }
      };
      expect(feed).toThrow(error);
    }
  });
});
