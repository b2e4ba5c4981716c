/** The kinds of views that travel, by name. */

const viewTypes = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
} as const;

const bufferType = "Buffer";

/** `undefined` for a class that extends one of them. */
export function viewTypeOf(view: ArrayBufferView): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(view);
  if (prototype === Buffer.prototype) return bufferType;
  return Object.entries(viewTypes).find(([, type]) => type.prototype === prototype)?.[0];
}

export function makeView(type: unknown, bytes: ArrayBuffer): ArrayBufferView {
  if (type === bufferType) return Buffer.from(bytes);
  const known = Object.entries(viewTypes).find(([name]) => name === type)?.[1];
  if (known === undefined) throw new TypeError(`Expected a type of view, got ${String(type)}.`);
  return Reflect.construct(known, [bytes]);
}
