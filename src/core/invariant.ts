/**
 * States what this package itself guarantees. A failure is a defect here, never the caller's
 * mistake; it is thrown and never caught to continue.
 */
export function invariant(condition: unknown, mustHold: string): asserts condition {
  if (!condition) throw new Error(`Defect in reign: ${mustHold}.`);
}
