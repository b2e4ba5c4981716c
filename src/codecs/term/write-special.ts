/** Writers of everything that is neither a primitive nor a common object or array. */
import { types } from "node:util";
import { type Address, isAddress } from "../../core/address.ts";
import { MailboxClosed } from "../../core/close-notice.ts";
import { errorToForm } from "../../core/error-form.ts";
import { isIndexKey } from "../../core/index-key.ts";
import type { InstanceForm } from "../../core/instance-form.ts";
import { MultipleClaim } from "../../core/multiple-claim.ts";
import { isWholeNotice } from "../../core/notice-form.ts";
import {
  atIndex,
  atMapKey,
  atMapValue,
  atProperty,
  atSetItem,
  changedMeanwhile,
  describeRefused,
  halfNotice,
  Refusal,
  refusedAt,
  resizable,
  sharedMemory,
} from "../../core/refusal.ts";
import { weightOfCopy } from "../copy-weight.ts";
import { localPrototype } from "../foreign-realm.ts";
import { collidingKeys, NumberKeys } from "../number-keys.ts";
import { weightOfPattern } from "../pattern-weight.ts";
import { writeNumber } from "./numbers.ts";
import { tag } from "./tags.ts";
import type { TermSink } from "./term-sink.ts";
import { writeText } from "./text.ts";
import { bytesOf, viewKindOf, viewPrototypes } from "./views.ts";
import { weight } from "./weights.ts";

type Writer = (sink: TermSink, value: never) => void;

/** By prototype, so that an instance of a subclass is not taken for what it extends. */
const writers: ReadonlyMap<object | undefined, Writer> = new Map<object | undefined, Writer>([
  [Map.prototype, writeMap],
  [Set.prototype, writeSet],
  [Date.prototype, writeDate],
  [RegExp.prototype, writeRegExp],
  [ArrayBuffer.prototype, writeArrayBuffer],
  [MailboxClosed.prototype, writeMailboxClosed],
  [MultipleClaim.prototype, writeMultipleClaim],
  ...[Number, String, Boolean, BigInt].map((boxed): [object, Writer] => [
    boxed.prototype,
    writeBoxed,
  ]),
  ...viewPrototypes.map((prototype): [object, Writer] => [prototype, writeView]),
]);

export function writeSpecial(sink: TermSink, object: object, prototype: object | null): void {
  const write = writerOf(sink, object, prototype);
  if (write === undefined) throw new Refusal(describeRefused(object));
  write(sink, object as never);
}

function writerOf(sink: TermSink, object: object, prototype: object | null): Writer | undefined {
  if (prototype === null) return writeBare;
  if (isAddress(object)) return writeAddress;
  const write = writers.get(prototype);
  if (write !== undefined) return write;
  const form = sink.types.of(prototype);
  if (form !== undefined) return (_, instance) => writeInstance(sink, instance, form);
  if (object instanceof Error || types.isNativeError(object)) return writeError;
  const local = localPrototype(prototype);
  if (local === Object.prototype) return writeWide;
  if (local === Array.prototype) return Array.isArray(object) ? writeForeignArray : undefined;
  return writers.get(local);
}

function writeForeignArray(sink: TermSink, array: readonly unknown[]): void {
  sink.array(array);
}

/** An object of any number of properties, some of which may have an index for a key. */
export function writeWide(sink: TermSink, object: object): void {
  sink.remember(object);
  sink.charge(weight.object - 1);
  sink.enter();
  sink.out.byte(tag.wideObject);
  writePairs(sink, object, Object.keys(object));
  sink.leave();
}

function writeBare(sink: TermSink, object: object): void {
  sink.remember(object);
  sink.charge(weight.bareObject - 1);
  sink.enter();
  sink.out.byte(tag.bareObject);
  writePairs(sink, object, Object.keys(object));
  sink.leave();
}

/** The elements are counted already; the named properties are what comes after their keys. */
export function writeNamedArray(sink: TermSink, array: readonly unknown[], length: number): void {
  sink.out.byte(tag.namedArray);
  sink.out.varint(length);
  sink.elements(array, length);
  writePairs(
    sink,
    array,
    Object.keys(array).filter((key) => !isIndexKey(key)),
  );
}

/** How many, and then each key with its value behind it. */
function writePairs(sink: TermSink, object: object, keys: readonly string[]): void {
  const { out } = sink;
  sink.charge(keys.length * (1 + weight.wideKey));
  out.varint(keys.length);
  let at = "";
  try {
    for (const key of keys) {
      at = key;
      if (isIndexKey(key)) writeNumber(out, Number(key), sink.double);
      else writeText(out, key);
      sink.value(Reflect.get(object, key));
    }
  } catch (thrown) {
    throw refusedAt(thrown, atProperty(at));
  }
}

function writeMap(sink: TermSink, map: ReadonlyMap<unknown, unknown>): void {
  const { size } = map;
  sink.remember(map);
  sink.charge(weight.map - 1 + 2 * size);
  sink.enter();
  sink.out.byte(tag.map);
  sink.out.varint(size);
  const numbers = NumberKeys.guarding(size);
  let written = 0;
  for (const [key, value] of map) {
    if (written === size) throw changedMeanwhile();
    writeKey(sink, key, numbers, () => atMapKey(written));
    try {
      sink.value(value);
    } catch (thrown) {
      throw refusedAt(thrown, atMapValue(key, written));
    }
    written++;
  }
  if (written !== size) throw changedMeanwhile();
  sink.leave();
}

function writeSet(sink: TermSink, set: ReadonlySet<unknown>): void {
  const { size } = set;
  sink.remember(set);
  sink.charge(weight.set - 1 + size);
  sink.enter();
  sink.out.byte(tag.set);
  sink.out.varint(size);
  const numbers = NumberKeys.guarding(size);
  let written = 0;
  for (const item of set) {
    if (written === size) throw changedMeanwhile();
    writeKey(sink, item, numbers, () => atSetItem(written));
    written++;
  }
  if (written !== size) throw changedMeanwhile();
  sink.leave();
}

/** What a collection finds its entries by. */
function writeKey(
  sink: TermSink,
  key: unknown,
  numbers: NumberKeys | undefined,
  segment: () => string,
): void {
  try {
    if (numbers?.admit(key) === false) throw new Refusal(collidingKeys);
    sink.value(key);
  } catch (thrown) {
    throw refusedAt(thrown, segment());
  }
}

function writeDate(sink: TermSink, date: Date): void {
  sink.remember(date);
  sink.charge(weight.date - 1);
  sink.out.byte(tag.date);
  sink.double.write(sink.out, Date.prototype.getTime.call(date));
}

function writeRegExp(sink: TermSink, pattern: RegExp): void {
  const { source, flags } = pattern;
  sink.remember(pattern);
  sink.charge(weight.regExp - 1 + weightOfPattern(source, flags));
  sink.out.byte(tag.regExp);
  writeText(sink.out, source);
  writeText(sink.out, flags);
}

/** `new Number(1)` and its like arrive as what they hold. */
function writeBoxed(sink: TermSink, boxed: object): void {
  const prototype: object = Object.getPrototypeOf(boxed);
  sink.value(prototype.valueOf.call(boxed));
}

function writeArrayBuffer(sink: TermSink, buffer: ArrayBuffer): void {
  if (isResizable(buffer)) throw resizable();
  sink.remember(buffer);
  sink.charge(weight.arrayBuffer - 1);
  const bytes = new Uint8Array(buffer);
  if (sink.attach(bytes)) {
    sink.out.byte(tag.attachment);
    return;
  }
  sink.out.byte(tag.arrayBuffer);
  sink.out.varint(bytes.length);
  sink.out.raw(bytes);
}

function writeView(sink: TermSink, view: ArrayBufferView): void {
  const { buffer, byteOffset, byteLength } = view;
  const prototype: object = Object.getPrototypeOf(view);
  const kind = viewKindOf(localPrototype(prototype) ?? prototype);
  if (types.isSharedArrayBuffer(buffer)) throw sharedMemory();
  const shares =
    !isResizable(buffer) && (byteLength === buffer.byteLength || sink.isRemembered(buffer));
  if (shares) {
    writeHeadOfViewOf(sink, kind);
    sink.value(buffer);
    sink.out.varint(byteOffset);
    sink.out.varint(byteLength);
  } else writeOwnBytes(sink, kind, bytesOf(view));
  // Behind its buffer, which the decoder must have before it can make the view.
  sink.remember(view);
}

function writeHeadOfViewOf(sink: TermSink, kind: number): void {
  sink.charge(weight.viewOf);
  sink.out.byte(tag.viewOf);
  sink.out.byte(kind);
}

/** A view and the bytes that it shows. If these go behind the message, it is a view of them. */
function writeOwnBytes(sink: TermSink, kind: number, bytes: Uint8Array): void {
  const { out } = sink;
  const { length } = bytes;
  if (!sink.attach(bytes)) {
    sink.charge(weight.view - 1);
    out.byte(tag.view);
    out.byte(kind);
    out.varint(length);
    out.raw(bytes);
    return;
  }
  writeHeadOfViewOf(sink, kind);
  sink.charge(weight.arrayBuffer - 1);
  // In the place of the buffer that the decoder makes, to which nothing else refers.
  sink.remember(bytes);
  out.byte(tag.attachment);
  out.varint(0);
  out.varint(length);
}

function isResizable(buffer: ArrayBufferLike): boolean {
  return Reflect.get(buffer, "resizable") === true;
}

function writeError(sink: TermSink, error: Error): void {
  const { kind, name, message, hidden, visible } = errorToForm(error);
  const { out } = sink;
  sink.remember(error);
  sink.charge(weight.error - 1 + hidden.length);
  sink.enter();
  out.byte(tag.error);
  out.byte(kind);
  sink.value(name);
  sink.value(message);
  out.byte(hidden.length);
  for (const key of hidden) {
    try {
      writeText(out, key);
      sink.value(Reflect.get(error, key));
    } catch (thrown) {
      throw refusedAt(thrown, atProperty(key));
    }
  }
  writePairs(sink, error, visible);
  sink.leave();
}

/** What stands for the instance comes again as a reference to it. */
function writeInstance(sink: TermSink, instance: object, form: InstanceForm): void {
  sink.remember(instance);
  sink.charge(weight.instance);
  sink.enter();
  sink.out.byte(tag.instance);
  writeText(sink.out, form.name);
  const value = form.encode(instance);
  if (isObject(value) && sink.isRemembered(value)) sink.charge(weightOfCopy(value));
  sink.value(value);
  sink.leave();
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function writeAddress(sink: TermSink, address: Address): void {
  sink.remember(address);
  sink.charge(weight.address - 1);
  sink.out.byte(tag.address);
  sink.addresses.write(sink.out, address);
}

function writeMailboxClosed(sink: TermSink, notice: MailboxClosed): void {
  const { id, reason } = notice;
  if (!isWholeNotice(id, reason)) throw halfNotice();
  sink.remember(notice);
  sink.charge(weight.mailboxClosed - 1);
  sink.out.byte(tag.mailboxClosed);
  writeText(sink.out, id);
  writeText(sink.out, reason);
}

function writeMultipleClaim(sink: TermSink, claim: MultipleClaim): void {
  const { name, claimants } = claim;
  if (typeof name !== "string" || !Array.isArray(claimants)) {
    throw new Refusal("a MultipleClaim without a name or claimants");
  }
  sink.charge(weight.multipleClaim - 1 + claimants.length);
  sink.enter();
  sink.out.byte(tag.multipleClaim);
  writeText(sink.out, name);
  sink.out.varint(claimants.length);
  claimants.forEach((claimant: unknown, i) => {
    if (!isAddress(claimant)) {
      throw new Refusal("not an address").at(atIndex(i)).at(atProperty("claimants"));
    }
    sink.value(claimant);
  });
  // Behind its claimants, which the decoder must have before it can make the claim.
  sink.remember(claim);
  sink.leave();
}
