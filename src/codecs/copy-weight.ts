/** What is put into an instance counts once more where its value is an object that came before. */
import { localPrototype } from "./foreign-realm.ts";

/** Of each property the key, and the value beside it. */
const weightOfProperty = 2;

/**
 * How many values an instance counts as beyond any other if its value is a mere reference to
 * `value`: its properties are copied for a few bytes, once for each instance that refers to it.
 */
export function weightOfCopy(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const prototype: object | null = Object.getPrototypeOf(value);
  const plain =
    prototype === Object.prototype ||
    (prototype !== null && localPrototype(prototype) === Object.prototype);
  return plain ? weightOfProperty * Object.keys(value).length : 0;
}
