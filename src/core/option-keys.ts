/** Refuses options that do not exist: a misspelt one would be no option, without a word. */
import { nearKey } from "./near-key.ts";

/**
 * Throws a `TypeError` for a key of `options` that is not `known`. `of` is whose options they are.
 */
export function checkOptionKeys(of: string, options: object, known: readonly string[]): void {
  const wrong = Object.keys(options).find((key) => !known.includes(key));
  if (wrong === undefined) return;
  const near = nearKey(wrong, known);
  const hint = near === undefined ? `one of ${known.join(", ")}` : `${near}`;
  throw new TypeError(`Expected as an option of ${of} ${hint}, got ${JSON.stringify(wrong)}.`);
}
