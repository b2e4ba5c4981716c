/** The few checks that contract cases need, so that they run under any test runner or none. */
export function fail(expected: string): never {
  throw new Error(`Expected ${expected}.`);
}

export function expect(condition: boolean, expected: string): void {
  if (!condition) fail(expected);
}

export function expectEqual(actual: unknown, wanted: unknown, what: string): void {
  if (!Object.is(actual, wanted)) fail(`${what} to be ${String(wanted)}, got ${String(actual)}`);
}

export function expectBytes(actual: Uint8Array, wanted: Uint8Array): void {
  expectEqual(actual.length, wanted.length, "the number of bytes that arrived");
  const differs = actual.findIndex((byte, at) => byte !== wanted[at]);
  expectEqual(differs, -1, "the place of the first byte that differs");
}

export function expectDownOnce(...ends: readonly { readonly downs: readonly string[] }[]): void {
  for (const { downs } of ends) {
    expectEqual(downs.length, 1, "the number of times onDown was called");
    expect(downs[0] !== "", "onDown to give a reason");
  }
}

/** Bytes that tell where they belong: no two stretches of some length are alike. */
export function numbered(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed + 1) * 2654435761;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(totalLength(pieces));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

export function totalLength(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
