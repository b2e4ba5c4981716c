/** Readers of everything that is neither a primitive nor a common object or array. */
import {
  defineOn,
  kindOfDomException,
  sealError,
  startError,
  withoutStack,
} from "../../core/error-form.ts";
import { DecodeError } from "../../core/errors.ts";
import { isIndex, isIndexKey, keepIndexesSparse } from "../../core/index-key.ts";
import { makeMailboxClosed, makeMultipleClaim } from "../../core/notice-form.ts";
import { openInstance } from "../../core/open-instance.ts";
import { setOwn } from "../../core/own-property.ts";
import { collidingKeys, NumberKeys } from "../number-keys.ts";
import { weightOfPattern } from "../pattern-weight.ts";
import { copyOf, truncated } from "./byte-reader.ts";
import { keyTwice } from "./key-shapes.ts";
import { mostKeysInFront, tag } from "./tags.ts";
import type { TermSource } from "./term-source.ts";
import { makeView } from "./views.ts";
import { weight } from "./weights.ts";

export function readSpecial(source: TermSource, first: number): object {
  switch (first) {
    case tag.wideObject:
      return readWideObject(source);
    case tag.bareObject:
      return readBareObject(source);
    case tag.namedArray:
      return readNamedArray(source);
    case tag.map:
      return readMap(source);
    case tag.set:
      return readSet(source);
    case tag.date:
      source.charge(weight.date - 1);
      return source.remember(new Date(source.double.read(source.input)));
    case tag.regExp:
      return readRegExp(source);
    case tag.arrayBuffer:
      source.charge(weight.arrayBuffer - 1);
      return source.remember(readBuffer(source));
    case tag.attachment:
      source.charge(weight.arrayBuffer - 1);
      return source.remember(source.attachment());
    case tag.view:
      return readView(source);
    case tag.viewOf:
      return readViewOf(source);
    case tag.error:
      return readError(source);
    case tag.address:
      source.charge(weight.address - 1);
      return source.remember(source.address());
    case tag.mailboxClosed:
      source.charge(weight.mailboxClosed - 1);
      return source.remember(makeMailboxClosed(source.value(), source.value()));
    case tag.multipleClaim:
      return readMultipleClaim(source);
    case tag.instance:
      return readInstance(source);
    default:
      throw new DecodeError(`There is no kind of value with the tag 0x${first.toString(16)}.`);
  }
}

/** Objects whose keys stand between their values. */
function readWideObject(source: TermSource): object {
  const count = source.input.count();
  source.charge(weight.object - 1);
  // V8 makes a hash table of so many keys in the end, and of an object without a prototype at once.
  if (count <= mostKeysInFront) return readPairs(source, source.remember({}), count);
  const table = readPairs(source, source.remember(Object.create(null)), count);
  return Object.setPrototypeOf(table, Object.prototype);
}

function readBareObject(source: TermSource): object {
  const count = source.input.count();
  source.charge(weight.bareObject - 1);
  return readPairs(source, source.remember(Object.create(null)), count);
}

function readPairs(source: TermSource, object: object, count: number): object {
  source.enter();
  readProperties(source, object, count, true);
  source.leave();
  return object;
}

function readProperties(source: TermSource, object: object, count: number, indexes: boolean): void {
  source.charge(count * (1 + weight.wideKey));
  let sparse = false;
  for (let i = 0; i < count; i++) {
    const key = source.value();
    if (typeof key === "number" && isIndex(key) && indexes) {
      if (!sparse) keepIndexesSparse(object);
      sparse = true;
    } else if (typeof key !== "string" || isIndexKey(key)) {
      throw new DecodeError("Expected a key of an object, got another value.");
    }
    if (Object.hasOwn(object, key)) throw keyTwice();
    setOwn(object, key, source.value());
  }
}

function readNamedArray(source: TermSource): unknown[] {
  const count = source.input.count();
  source.charge(count);
  source.enter();
  const array = source.remember(new Array<unknown>(count));
  for (let i = 0; i < count; i++) array[i] = source.value();
  readProperties(source, array, source.input.count(), false);
  source.leave();
  return array;
}

function readMap(source: TermSource): Map<unknown, unknown> {
  const size = source.input.varint();
  // Each entry is two bytes at least.
  if (size * 2 > source.input.remaining) throw truncated();
  source.charge(weight.map - 1 + 2 * size);
  source.enter();
  const map = source.remember(new Map<unknown, unknown>());
  const numbers = NumberKeys.guarding(size);
  for (let i = 0; i < size; i++) {
    const key = readKey(source, numbers);
    map.set(key, source.value());
  }
  source.leave();
  return map;
}

function readSet(source: TermSource): Set<unknown> {
  const size = source.input.count();
  source.charge(weight.set - 1 + size);
  source.enter();
  const set = source.remember(new Set<unknown>());
  const numbers = NumberKeys.guarding(size);
  for (let i = 0; i < size; i++) set.add(readKey(source, numbers));
  source.leave();
  return set;
}

function readKey(source: TermSource, numbers: NumberKeys | undefined): unknown {
  const key = source.value();
  if (numbers?.admit(key) === false) throw new DecodeError(`A key is ${collidingKeys}.`);
  return key;
}

function readRegExp(source: TermSource): RegExp {
  const pattern = source.value();
  const flags = source.value();
  if (typeof pattern !== "string" || typeof flags !== "string") {
    throw new DecodeError("Expected a RegExp's source and flags, got other values.");
  }
  source.charge(weight.regExp - 1 + weightOfPattern(pattern, flags));
  // A SyntaxError of what is no pattern becomes the cause of a DecodeError.
  return source.remember(new RegExp(pattern, flags));
}

/** Copies bytes out of the message, which shares no memory with what is made of it. */
function readBuffer(source: TermSource): ArrayBuffer {
  const { input } = source;
  const length = input.varint();
  const start = input.skip(length);
  if (length === 0) return new ArrayBuffer(0);
  return copyOf(input.bytes, start, length).buffer;
}

function readView(source: TermSource): object {
  source.charge(weight.view - 1);
  const kind = source.input.byte();
  const buffer = readBuffer(source);
  return source.remember(makeView(kind, buffer, 0, buffer.byteLength));
}

function readViewOf(source: TermSource): object {
  source.charge(weight.viewOf);
  const kind = source.input.byte();
  const buffer = source.value();
  if (!(buffer instanceof ArrayBuffer)) {
    throw new DecodeError("Expected the ArrayBuffer of a view, got another value.");
  }
  const byteOffset = source.input.varint();
  const byteLength = source.input.varint();
  return source.remember(makeView(kind, buffer, byteOffset, byteLength));
}

function readError(source: TermSource): Error {
  source.charge(weight.error - 1);
  source.enter();
  const kind = source.input.byte();
  const name = readOptionalText(source);
  const message = readOptionalText(source);
  const error = source.remember(makeError(kind, name, message));
  const hidden = source.input.count();
  source.charge(hidden);
  for (let i = 0; i < hidden; i++) {
    const key = source.value();
    if (key !== "cause" && key !== "errors") {
      throw new DecodeError("An error has no such hidden property.");
    }
    defineOn(error, key, source.value(), false);
  }
  readProperties(source, error, source.input.count(), true);
  sealError(error, kind);
  source.leave();
  return error;
}

function makeError(kind: number, name: string | undefined, message: string | undefined): Error {
  const error =
    kind === kindOfDomException
      ? withoutStack(() => new DOMException(message ?? "", name ?? "Error"))
      : startError(kind, name, message);
  if (error === undefined) throw new DecodeError(`There is no kind of error ${kind}.`);
  return error;
}

function readOptionalText(source: TermSource): string | undefined {
  const text = source.value();
  if (text === undefined || typeof text === "string") return text;
  throw new DecodeError("Expected an error's name or message, got another value.");
}

function readMultipleClaim(source: TermSource): object {
  const name = source.value();
  const count = source.input.count();
  source.charge(weight.multipleClaim - 1 + count);
  source.enter();
  const claimants: unknown[] = [];
  for (let i = 0; i < count; i++) claimants.push(source.value());
  source.leave();
  return source.remember(makeMultipleClaim(name, claimants));
}

function readInstance(source: TermSource): object {
  source.charge(weight.instance);
  source.enter();
  const instance = source.instance(openInstance(source.types, source.value()));
  source.leave();
  return instance;
}
