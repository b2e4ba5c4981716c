/**
 * `ArrayBuffer`s and the views over them.
 *
 * A view travels with the bytes that it shows and never with the rest of its buffer: Node.js cuts
 * small `Buffer`s from slabs that hold other people's bytes. Only when the buffer itself is in the
 * message, or a view shows all of it, is the view written as one of that buffer; so these share on
 * arrival as they did before.
 *
 * Elements travel as they lie in memory, with the small end first, as on every platform that
 * Node.js is commonly run on.
 */
import { DecodeError } from "../../core/errors.ts";

type ViewConstructor = new (buffer: ArrayBuffer, byteOffset: number, length: number) => object;

interface ViewKind {
  readonly prototype: object;
  readonly bytesPerElement: number;
  readonly make: (buffer: ArrayBuffer, byteOffset: number, byteLength: number) => object;
}

/** The order is part of the format: append only. A kind that this Node.js lacks is a hole. */
const viewKinds: readonly (ViewKind | undefined)[] = [
  typed(Int8Array),
  typed(Uint8Array),
  typed(Uint8ClampedArray),
  typed(Int16Array),
  typed(Uint16Array),
  typed(Int32Array),
  typed(Uint32Array),
  typed(Float32Array),
  typed(Float64Array),
  typed(BigInt64Array),
  typed(BigUint64Array),
  { prototype: DataView.prototype, bytesPerElement: 1, make: (...of) => new DataView(...of) },
  { prototype: Buffer.prototype, bytesPerElement: 1, make: (...of) => Buffer.from(...of) },
  float16Kind(),
];

export const viewPrototypes: readonly object[] = viewKinds.flatMap((kind) =>
  kind === undefined ? [] : [kind.prototype],
);

/** Finds the kind of a view by its prototype. */
export function viewKindOf(prototype: unknown): number {
  return viewKinds.findIndex((kind) => kind?.prototype === prototype);
}

export function makeView(
  kind: number,
  buffer: ArrayBuffer,
  byteOffset: number,
  byteLength: number,
): object {
  const known = viewKinds[kind];
  if (known === undefined) throw new DecodeError(`Views of kind ${kind} are not known here.`);
  const size = known.bytesPerElement;
  if (byteOffset % size !== 0 || byteLength % size !== 0) {
    throw new DecodeError("A view does not begin or end between two of its elements.");
  }
  if (byteLength > buffer.byteLength - byteOffset) {
    throw new DecodeError("A view reaches beyond its buffer.");
  }
  return known.make(buffer, byteOffset, byteLength);
}

/** The bytes that a view shows. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function typed(view: ViewConstructor & { readonly BYTES_PER_ELEMENT: number }): ViewKind {
  const size = view.BYTES_PER_ELEMENT;
  return {
    prototype: view.prototype,
    bytesPerElement: size,
    make: (buffer, byteOffset, byteLength) => new view(buffer, byteOffset, byteLength / size),
  };
}

/** Newer than the oldest Node.js that this runs on. */
function float16Kind(): ViewKind | undefined {
  const float16Array: unknown = Reflect.get(globalThis, "Float16Array");
  if (typeof float16Array !== "function") return undefined;
  return {
    prototype: float16Array.prototype,
    bytesPerElement: 2,
    make: (buffer, byteOffset, byteLength) =>
      Reflect.construct(float16Array, [buffer, byteOffset, byteLength / 2]),
  };
}
