/**
 * Makes the code that reads the values of objects of one kind.
 *
 * V8 is four times as fast at `object["id"] = …` as at `object[key] = …`, since code that sets one
 * property sees one kind of object. So keys that have been defined, and have come often, get code
 * of their own. It is made from keys that a peer has sent, which is safe by construction: each key
 * is a plain identifier of letters, digits, `_` and `$`, at most 64 long; it stands in nothing but
 * the same two string literals of one template; and what the code does is what `#keyed` in the
 * decoder does, one property after the other. Nothing else in this package makes code (guarantee
 * G29).
 */
import type { TermSource } from "./term-source.ts";

/** Makes an object and reads its values. */
export type ObjectMaker = (source: TermSource) => object;

const plainKey = /^[A-Za-z_$][\w$]{0,63}$/;

/** Nothing for keys that are not all plain identifiers, or where no code may be made at all. */
export function makeObjectMaker(keys: readonly string[]): ObjectMaker | undefined {
  if (!keys.every((key) => plainKey.test(key) && key !== "__proto__")) return undefined;
  const empty = keys.map((key) => `"${key}": undefined`).join(", ");
  const values = keys.map((key) => `object["${key}"] = source.value();`).join("\n");
  const code = `"use strict";
const object = { ${empty} };
source.remember(object);
${values}
return object;`;
  try {
    return new Function("source", code) as ObjectMaker;
  } catch {
    // Node.js runs with --disallow-code-generation-from-strings.
    return undefined;
  }
}
