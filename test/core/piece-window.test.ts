import { describe, expect, test } from "vitest";
import { DecodeError } from "../../src/core/errors.ts";
import { pieceBytes } from "../../src/core/frame.ts";
import { PieceWindow, pieceWindowBytes, TakenPieces } from "../../src/core/piece-window.ts";

describe("pieces of big messages", () => {
  test("go as long as less than a window of them has not been taken, and one more", () => {
    const window = new PieceWindow();
    const taken = new TakenPieces();
    let [under, most] = [0, 0];
    const arriving: number[] = [];
    for (let i = 0; i < 10_000; i++) {
      while (window.open) {
        window.onSent(pieceBytes);
        under += pieceBytes;
        arriving.push(pieceBytes);
      }
      most = Math.max(most, under);
      const piece = arriving.shift() ?? 0;
      under -= piece;
      const told = taken.onTaken(piece);
      if (told !== undefined) window.onTaken(told);
    }

    expect(most).toBeLessThan(pieceWindowBytes + pieceBytes);
    // It is open again long before nothing is under way.
    expect(under).toBeGreaterThan(pieceWindowBytes / 2);
  });

  test("never wait for good, however short they are, since the reader tells in time", () => {
    for (const bytes of [1_000, 12_345, pieceBytes]) {
      const window = new PieceWindow();
      const taken = new TakenPieces();
      for (let i = 0; i < 5_000; i++) {
        expect(window.open).toBe(true);
        window.onSent(bytes);
        const told = taken.onTaken(bytes);
        if (told !== undefined) window.onTaken(told);
      }
    }
  });

  test("that were not sent, or were taken before, cannot be taken", () => {
    const window = new PieceWindow();
    window.onSent(100);
    window.onTaken(60);

    expect(() => window.onTaken(101)).toThrow(DecodeError);
    expect(() => window.onTaken(59)).toThrow(DecodeError);
  });
});
