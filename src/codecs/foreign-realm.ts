/**
 * Builtin objects of another realm: a `vm` context, in which some test runners run what they test.
 *
 * Their prototypes are not ours, but they are the same things. What such an object is called
 * decides which of ours stands for it; an object that only bears the name fails when it is read.
 */

/** Our prototype in the place of a foreign one; `undefined` when there is none. */
export function localPrototype(prototype: object): object | undefined {
  let root = prototype;
  for (let next = parentOf(root); next !== null; next = parentOf(root)) root = next;
  if (root === Object.prototype || !Object.hasOwn(prototype, "constructor")) return undefined;
  const name = prototype.constructor?.name;
  const ours: unknown = typeof name === "string" ? Reflect.get(globalThis, name) : undefined;
  return typeof ours === "function" ? ours.prototype : undefined;
}

function parentOf(object: object): object | null {
  return Object.getPrototypeOf(object);
}
