/** What every value inherits. No input may change it. */

const inherited: readonly object[] = [
  ...[Object, Function, Array, String, Number, BigInt, Boolean, Symbol, Date, RegExp, Error],
  ...[TypeError, RangeError, Map, Set, WeakMap, Promise, ArrayBuffer, DataView, Uint8Array],
  Object.getPrototypeOf(Uint8Array) as { readonly prototype: object },
].map(({ prototype }) => prototype as object);

/** What one of them has: each key, and what stands behind it. */
type Snapshot = readonly (readonly unknown[])[];

function snapshot(): Snapshot {
  return inherited.map((prototype) =>
    Reflect.ownKeys(prototype).flatMap((key) => {
      const found = Reflect.getOwnPropertyDescriptor(prototype, key) ?? {};
      return [key, ...Object.entries(found).flat()];
    }),
  );
}

function same(before: Snapshot, now: Snapshot): boolean {
  return before.every((facts, i) => {
    const others = now[i] ?? [];
    return facts.length === others.length && facts.every((fact, j) => Object.is(fact, others[j]));
  });
}

/** Gives what says whether anything has changed since it was last asked. */
export function watchPrototypes(): () => boolean {
  let before = snapshot();
  return () => {
    const now = snapshot();
    const changed = !same(before, now);
    before = now;
    return changed;
  };
}
