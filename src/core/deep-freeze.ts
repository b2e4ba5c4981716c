/**
 * Freezes a message with all that is in it, so that whoever changes it afterwards is told by the
 * language: in the sender and in the receiver, where the change is made.
 *
 * Frozen are plain objects, arrays, errors and instances of registered classes; `Map` and `Set`
 * refuse to be changed through their methods. Whatever else there is stays as it is: bytes cannot
 * be frozen, a date, a pattern and an instance of a class that nobody registered would break.
 * Getters are not run, and the walk needs no stack.
 */
import { isAddress } from "./address.ts";
import type { InstanceForms } from "./instance-form.ts";

export function deepFreeze(message: unknown, types: InstanceForms): void {
  const found: object[] = [];
  const seen = new Set<object>();
  const add = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    found.push(value);
  };
  add(message);
  for (let object = found.pop(); object !== undefined; object = found.pop()) {
    try {
      freezeOne(object, types, add);
    } catch {
      // A proxy that does not let itself be frozen is none of the plain objects after all.
    }
  }
}

function freezeOne(object: object, types: InstanceForms, add: (value: unknown) => void): void {
  const prototype: object | null = Object.getPrototypeOf(object);
  if (prototype === Map.prototype) closeMap(object as Map<unknown, unknown>, add);
  else if (prototype === Set.prototype) closeSet(object as Set<unknown>, add);
  else if (!isFrozenAsAWhole(object, prototype, types)) return;
  Object.freeze(object);
  for (const key of Reflect.ownKeys(object)) {
    add(Reflect.getOwnPropertyDescriptor(object, key)?.value);
  }
}

function isFrozenAsAWhole(object: object, prototype: object | null, types: InstanceForms): boolean {
  if (prototype === null || prototype === Object.prototype) return true;
  if (prototype === Array.prototype || types.of(prototype) !== undefined) return true;
  return object instanceof Error && !isAddress(object);
}

function closeMap(map: Map<unknown, unknown>, add: (value: unknown) => void): void {
  for (const [key, value] of Map.prototype.entries.call(map)) {
    add(key);
    add(value);
  }
  refuseChanges(map, ["set", "delete", "clear"]);
}

function closeSet(set: Set<unknown>, add: (value: unknown) => void): void {
  for (const item of Set.prototype.values.call(set)) add(item);
  refuseChanges(set, ["add", "delete", "clear"]);
}

function refuseChanges(collection: object, methods: readonly string[]): void {
  for (const method of methods) {
    const value = (): never => {
      throw new TypeError(`Cannot ${method}: the collection was sent, which has frozen it.`);
    };
    Object.defineProperty(collection, method, { value, configurable: true });
  }
}
