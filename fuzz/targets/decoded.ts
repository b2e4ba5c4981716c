/** What came of bytes that a decoder was given, and what is held against it. */
import { DecodeError } from "../../src/core/errors.ts";
import type { CodecLimits, Decoder } from "../../src/ports/codec.ts";
import { whereDifferent } from "../../src/testing/same-value.ts";
import { expectThat, type Outcome } from "../target.ts";

export type Read = { readonly value: unknown } | { readonly refused: string };

export function read(decoder: Decoder, message: Uint8Array): Read {
  let value: unknown;
  const refused = refusalOf(() => {
    value = decoder.decode(message, 0, message.length);
  });
  return refused === undefined ? { value } : { refused };
}

export function refusalOf(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof DecodeError) return thrown.message;
    throw thrown;
  }
}

/** A value is no deeper than it may be, and no larger. */
export function expectWithin(value: unknown, limits: CodecLimits): void {
  const seen = new Set<object>();
  const level = (values: readonly unknown[]): object[] =>
    values.filter((one): one is object => {
      if (typeof one !== "object" || one === null || seen.has(one)) return false;
      return seen.add(one).size > 0;
    });
  let depth = 0;
  let count = 1;
  for (let objects = level([value]); objects.length > 0; depth++) {
    const parts = objects.flatMap(partsOf);
    count += parts.length;
    objects = level(parts);
  }
  // A notice has a list of addresses in it, and a view a buffer, which are no deeper for that.
  expectThat(depth <= limits.maxDepth + 4, `a value ${depth} deep is taken`);
  expectThat(count <= limits.maxValues, `${count} values are taken`);
}

function partsOf(object: object): readonly unknown[] {
  if (ArrayBuffer.isView(object)) return [];
  if (object instanceof Map) return [...object.keys(), ...object.values()];
  if (object instanceof Set) return [...object];
  return Object.values(object);
}

export function expectEqual(value: unknown, wanted: unknown, how: string): void {
  const where = whereDifferent(value, wanted);
  expectThat(where === undefined, `${how} it differs at ${where}`);
}

/**
 * Named properties of an array that has neither `index` nor `groups` do not travel
 * (`docs/term-format.md`), so a value that was read is looked at without them.
 */
export function dropUntold(value: unknown, seen: Set<unknown> = new Set()): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  if (seen.has(value)) return;
  seen.add(value);
  if (Array.isArray(value) && ["index", "groups"].every((key) => isUndefined(value, key))) {
    for (const key of Object.keys(value).slice(value.length)) Reflect.deleteProperty(value, key);
  }
  if (value instanceof Set) for (const item of value) dropUntold(item, seen);
  if (value instanceof Map) {
    for (const [key, item] of value) {
      dropUntold(key, seen);
      dropUntold(item, seen);
    }
  }
  for (const key of Object.getOwnPropertyNames(value)) dropUntold(Reflect.get(value, key), seen);
}

function isUndefined(object: object, key: string): boolean {
  return Reflect.get(object, key) === undefined;
}

/** What kinds of values are in it, and how many, as far as is cheap to know. */
export function shapeOf(value: unknown, outcome: Outcome, depth = 0): Outcome {
  if (typeof value !== "object" || value === null) return outcome.text(typeof value);
  outcome.text(Object.prototype.toString.call(value)).add(depth);
  if (depth > 3) return outcome;
  const parts = value instanceof Map ? [...value].flat() : Object.values(value);
  outcome.count(parts.length);
  for (const part of parts.slice(0, 3)) shapeOf(part, outcome, depth + 1);
  return outcome;
}
