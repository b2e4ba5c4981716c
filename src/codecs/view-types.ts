/** The kinds of views that travel, by name. */
import { localPrototype } from "./foreign-realm.ts";

/** `Float16Array` is newer than the oldest Node.js that this runs on. */
const names: ReadonlySet<string> = new Set([
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "DataView",
]);

const bufferType = "Buffer";

/** `undefined` for a class that extends one of them. */
export function viewTypeOf(view: ArrayBufferView): string | undefined {
  const prototype: object = Object.getPrototypeOf(view);
  if (prototype === Buffer.prototype) return bufferType;
  const name: unknown = prototype.constructor?.name;
  if (typeof name !== "string" || !names.has(name)) return undefined;
  const ours: unknown = Reflect.get(globalThis, name);
  if (typeof ours !== "function") return undefined;
  const known = ours.prototype === (localPrototype(prototype) ?? prototype);
  return known ? name : undefined;
}

/** A view of all the bytes. Throws a `TypeError` or `RangeError` where there is none. */
export function makeView(type: unknown, bytes: ArrayBuffer): ArrayBufferView {
  if (type === bufferType) return Buffer.from(bytes);
  const known: unknown =
    typeof type === "string" && names.has(type) ? Reflect.get(globalThis, type) : undefined;
  if (typeof known !== "function") {
    throw new TypeError(`Expected a type of view, got ${String(type)}.`);
  }
  return Reflect.construct(known, [bytes]);
}
