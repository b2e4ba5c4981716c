/**
 * Whether two values are equal as far as a program can tell, short of their identity.
 *
 * Stricter than what test runners call equal: -0 is not 0, `undefined` is not a missing property,
 * the order of properties and entries counts, and so do prototypes and what is shared: where one
 * graph meets the same object twice, so must the other. Errors are equal without their stacks,
 * addresses when they name the same mailbox.
 */
import { isAddress } from "../core/address.ts";

export function sameValue(a: unknown, b: unknown): boolean {
  return whereDifferent(a, b) === undefined;
}

/** Where the two first differ, as `value.lines[3]: 1 and 2`; `undefined` when they are the same. */
export function whereDifferent(a: unknown, b: unknown): string | undefined {
  return new Comparison().differ(a, b, "value");
}

class Comparison {
  /** Each object that was met, with the one that stands for it on the other side. */
  readonly #left = new Map<object, object>();
  readonly #right = new Map<object, object>();

  differ(a: unknown, b: unknown, path: string): string | undefined {
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
      return Object.is(a, b) ? undefined : `${path}: ${show(a)} and ${show(b)}`;
    }
    if (this.#left.has(a) || this.#right.has(b)) {
      const paired = this.#left.get(a) === b && this.#right.get(b) === a;
      return paired ? undefined : `${path}: shared on one side alone`;
    }
    this.#left.set(a, b);
    this.#right.set(b, a);
    if (isAddress(a) && isAddress(b)) return this.differ(a.id, b.id, `${path}.id`);
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${path}: prototypes`;
    return this.#contents(a, b, path) ?? this.#properties(a, b, path);
  }

  /** What is in an object beside its properties. */
  #contents(a: object, b: object, path: string): string | undefined {
    if (a instanceof Map && b instanceof Map) {
      return this.#lists([...a].flat(), [...b].flat(), `${path} entries`);
    }
    if (a instanceof Set && b instanceof Set) return this.#lists([...a], [...b], `${path} items`);
    if (a instanceof Date && b instanceof Date) {
      return this.differ(a.getTime(), b.getTime(), `${path} time`);
    }
    if (a instanceof RegExp && b instanceof RegExp) {
      return this.differ(String(a), String(b), `${path} pattern`);
    }
    if (a instanceof Error && b instanceof Error) {
      return this.#lists([a.name, a.message], [b.name, b.message], `${path} name and message`);
    }
    const [bytesA, bytesB] = [bytesOf(a), bytesOf(b)];
    if (bytesA === undefined || bytesB === undefined) return undefined;
    return this.#lists([...bytesA], [...bytesB], `${path} bytes`);
  }

  #properties(a: object, b: object, path: string): string | undefined {
    // Elements of views have been compared as bytes.
    if (ArrayBuffer.isView(a)) return undefined;
    const [keysA, keysB] = [keysOf(a), keysOf(b)];
    const different = this.#lists(keysA, keysB, `${path} keys`);
    if (different !== undefined) return different;
    for (const key of keysA) {
      const place = `${path}.${key}`;
      const [enumerableA, enumerableB] = [a, b].map((object) => isEnumerable(object, key));
      if (enumerableA !== enumerableB) return `${place}: enumerable on one side alone`;
      const found = this.differ(Reflect.get(a, key), Reflect.get(b, key), place);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #lists(a: readonly unknown[], b: readonly unknown[], path: string): string | undefined {
    if (a.length !== b.length) return `${path}: ${a.length} and ${b.length}`;
    for (let i = 0; i < a.length; i++) {
      const found = this.differ(a[i], b[i], `${path}[${i}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** Own keys, those that cannot be enumerated too, but not the stack of an error. */
function keysOf(object: object): string[] {
  return Object.getOwnPropertyNames(object).filter(
    (key) => !(key === "stack" && object instanceof Error),
  );
}

function isEnumerable(object: object, key: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(object, key);
}

function bytesOf(object: object): Uint8Array | undefined {
  if (object instanceof ArrayBuffer) return new Uint8Array(object);
  if (!ArrayBuffer.isView(object)) return undefined;
  return new Uint8Array(object.buffer, object.byteOffset, object.byteLength);
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (Object.is(value, -0)) return "-0";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
