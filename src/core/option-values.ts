/** Refuses values of options that cannot be, with the name of the option and what was given. */

export function checkBoolean(name: string, given: unknown): asserts given is boolean {
  if (typeof given === "boolean") return;
  throw new TypeError(`Expected ${name} to be true or false, got ${shown(given)}.`);
}

export function checkWhole(
  name: string,
  given: unknown,
  least: number,
  most: number,
): asserts given is number {
  if (typeof given !== "number") {
    throw new TypeError(`Expected ${name} to be a number, got ${shown(given)}.`);
  }
  if (Number.isInteger(given) && given >= least && given <= most) return;
  throw new RangeError(
    `Expected ${name} to be a whole number from ${least} to ${most}, got ${given}.`,
  );
}

/** What was given, in a word or two: a text as it is, of all else the kind alone. */
export function shown(given: unknown): string {
  return typeof given === "string" ? JSON.stringify(given.slice(0, 100)) : typeof given;
}
