import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameReader } from "../../src/core/frame-reader.ts";
import { allocated, bytesOf, cut, frames, limitBytes, Recorder, sizes } from "./frame-streams.ts";

describe("a piece of a message", () => {
  /** Joins what it is given in parts, and writes down how long each was. */
  class Joiner extends Recorder {
    readonly parts: number[] = [];
    #rest = 0;

    override onFrame(type: number, bytes: Uint8Array, start: number, end: number, rest = 0) {
      expect(this.#rest).toBe(0);
      this.#rest = rest;
      this.parts.push(end - start);
      return super.onFrame(type, bytes, start, end);
    }

    onRest(bytes: Uint8Array, start: number, end: number, rest: number): boolean {
      expect(end).toBeGreaterThan(start);
      expect(rest).toBe(this.#rest - (end - start));
      this.#rest = rest;
      this.parts.push(end - start);
      const { type, body } = this.frames.pop() ?? { type: -1, body: [] };
      this.frames.push({ type, body: [...body, ...bytes.subarray(start, end)] });
      return true;
    }
  }

  const pieces = frames.map((list) =>
    list.map(({ type, body }) => ({ type: type < 128 ? 18 + (type & 1) : type, body })),
  );

  test("comes in parts that make it up, wherever the stream was cut", () => {
    fc.assert(
      fc.property(pieces, sizes, (list, chunkSizes) => {
        const reader = new FrameReader(limitBytes);
        const sink = new Joiner();
        for (const chunk of cut(bytesOf(list), chunkSizes)) reader.push(chunk, sink);

        expect(sink.frames).toEqual(list);
      }),
      { numRuns: 500 },
    );
  });

  test("is handed on as it comes, its first 32 bytes together, and not gathered", () => {
    const frame = bytesOf([{ type: 19, body: Array<number>(150).fill(7) }]);
    for (let first = 0; first <= frame.length; first++) {
      const reader = new FrameReader(limitBytes);
      const sink = new Joiner();
      const before = frame.slice(0, first);
      reader.push(before, sink);
      before.fill(0xee);
      reader.push(frame.subarray(first), sink);

      expect(sink.frames).toEqual([{ type: 19, body: Array<number>(150).fill(7) }]);
      const head = first < 32 && first > 0 ? 32 : first;
      const parts = head === 0 || head === frame.length ? [150] : [head - 5, frame.length - head];
      expect(sink.parts).toEqual(parts);
    }
  });

  test("takes no room, however large it is", () => {
    const reader = new FrameReader(1 << 20);
    const frame = bytesOf([{ type: 18, body: Array<number>(500_000).fill(3) }]);

    const made = allocated(() => {
      for (const chunk of cut(frame, [20, 16_384])) {
        reader.push(chunk, { onFrame: () => true, onRest: () => true });
      }
    });

    expect(made).toEqual([4096]);
  });

  test("is the last thing that is handed on when its sink wants no more of it", () => {
    const list = [18, 19, 19].map((type) => ({ type, body: Array<number>(100).fill(type) }));
    for (const chunkBytes of [7, 50, 100]) {
      const reader = new FrameReader(limitBytes);
      let ended = 0;
      const parts: number[] = [];
      for (const chunk of cut(bytesOf(list), [chunkBytes])) {
        // A wire pushes nothing more once it has ended.
        if (ended > 0) break;
        reader.push(chunk, {
          onFrame: (type) => parts.push(type) > 0,
          onRest: (_bytes, _start, _end, rest) => {
            if (rest === 0) ended++;
            return rest > 0;
          },
        });
      }
      expect(ended).toBe(1);
      expect(new Set(parts)).toEqual(new Set([18]));
    }
  });

  test("comes whole to a sink that takes every frame whole", () => {
    const list = [{ type: 18, body: Array<number>(150).fill(7) }];
    const seen: number[] = [];
    const reader = new FrameReader(limitBytes);
    for (const chunk of cut(bytesOf(list), [40])) {
      reader.push(chunk, {
        onFrame: (_type, _bytes, start, end, rest) => seen.push(end - start, rest) > 0,
      });
    }

    expect(seen).toEqual([150, 0]);
  });
});
