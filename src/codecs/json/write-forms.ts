/** Writers of what JSON has no form for: objects with one key, which begins with `$`. */
import { types } from "node:util";
import { type Address, isAddress } from "../../core/address.ts";
import { MailboxClosed } from "../../core/close-notice.ts";
import { errorKindName, errorToForm } from "../../core/error-form.ts";
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
import { viewTypeOf } from "../view-types.ts";
import type { JsonSink } from "./json-sink.ts";
import { weight } from "./weights.ts";

type Writer = (sink: JsonSink, value: never) => void;
type SliceBase64 = (this: Uint8Array, start: number, end: number) => string;

const base64Slice: SliceBase64 = Reflect.get(Buffer.prototype, "base64Slice");

/** By prototype, so that an instance of a subclass is not taken for what it extends. */
const writers: ReadonlyMap<object | undefined, Writer> = new Map<object | undefined, Writer>([
  [Map.prototype, writeMap],
  [Set.prototype, writeSet],
  [Date.prototype, writeDate],
  [RegExp.prototype, writeRegExp],
  [ArrayBuffer.prototype, writeBuffer],
  [MailboxClosed.prototype, writeMailboxClosed],
  [MultipleClaim.prototype, writeMultipleClaim],
]);

const boxes: ReadonlySet<object | undefined> = new Set(
  [Number, String, Boolean, BigInt].map(({ prototype }) => prototype),
);

export function writeForm(sink: JsonSink, object: object, prototype: object | null): void {
  const write = writerOf(sink, object, prototype);
  if (write === undefined) throw new Refusal(describeRefused(object));
  write(sink, object as never);
}

function writerOf(sink: JsonSink, object: object, prototype: object | null): Writer | undefined {
  if (prototype === null) return writeBare;
  const form = sink.types.of(prototype);
  if (form !== undefined) return (_, instance: object) => writeInstance(sink, instance, form);
  if (ArrayBuffer.isView(object)) return writeView;
  const write = writers.get(prototype);
  if (write !== undefined) return write;
  if (object instanceof Error || types.isNativeError(object)) return writeError;
  const local = localPrototype(prototype);
  if (local === Object.prototype) return writePlain;
  if (local === Array.prototype) return Array.isArray(object) ? writeArray : undefined;
  return writers.get(local);
}

/** `new Number(1)` and its like arrive as what they hold; anything else is given back as it is. */
export function unboxed(object: object, prototype: object | null): unknown {
  if (prototype === null || prototype === Object.prototype) return object;
  const box = boxes.has(prototype) ? prototype : localPrototype(prototype);
  return boxes.has(box) ? box?.valueOf.call(object) : object;
}

export function writePlain(sink: JsonSink, object: object): void {
  sink.charge(weight.object - 1);
  sink.enter();
  sink.properties(object, Object.keys(object));
  sink.leave();
}

export function writeArray(sink: JsonSink, array: readonly unknown[]): void {
  const { length } = array;
  sink.enter();
  sink.charge(length);
  // What matching a regular expression gives has properties beside its elements.
  const { index, groups } = array as { readonly index?: unknown; readonly groups?: unknown };
  if (index !== undefined || groups !== undefined) writeNamedArray(sink, array, length);
  else sink.elements(array, length);
  sink.leave();
}

function writeNamedArray(sink: JsonSink, array: readonly unknown[], length: number): void {
  const names = Object.keys(array).filter((key) => !isIndexKey(key));
  sink.text.add('{"$array":[');
  sink.elements(array, length);
  sink.text.add(",");
  sink.properties(array, names);
  sink.text.add("]}");
}

function writeBare(sink: JsonSink, object: object): void {
  sink.charge(weight.bareObject - 1);
  sink.enter();
  sink.text.add('{"$bare":');
  sink.properties(object, Object.keys(object));
  sink.text.add("}");
  sink.leave();
}

function writeInstance(sink: JsonSink, instance: object, form: InstanceForm): void {
  sink.charge(weight.instance);
  sink.enter();
  sink.text.add(`{"$instance":[${JSON.stringify(form.name)},`);
  const value = form.encode(instance);
  if (typeof value === "object" && value !== null && sink.isWritten(value)) {
    sink.charge(weightOfCopy(value));
  }
  sink.value(value);
  sink.text.add("]}");
  sink.leave();
}

function writeMap(sink: JsonSink, map: ReadonlyMap<unknown, unknown>): void {
  const { size } = map;
  sink.charge(weight.map - 1 + 2 * size);
  sink.enter();
  sink.text.add('{"$map":[');
  const numbers = NumberKeys.guarding(size);
  let written = 0;
  for (const [key, value] of map) {
    if (written === size) throw changedMeanwhile();
    sink.text.add(written > 0 ? ",[" : "[");
    writeKey(sink, key, numbers, () => atMapKey(written));
    sink.text.add(",");
    try {
      sink.value(value);
    } catch (thrown) {
      throw refusedAt(thrown, atMapValue(key, written));
    }
    sink.text.add("]");
    written++;
  }
  if (written !== size) throw changedMeanwhile();
  sink.text.add("]}");
  sink.leave();
}

function writeSet(sink: JsonSink, set: ReadonlySet<unknown>): void {
  const { size } = set;
  sink.charge(weight.set - 1 + size);
  sink.enter();
  sink.text.add('{"$set":[');
  const numbers = NumberKeys.guarding(size);
  let written = 0;
  for (const item of set) {
    if (written === size) throw changedMeanwhile();
    if (written > 0) sink.text.add(",");
    writeKey(sink, item, numbers, () => atSetItem(written));
    written++;
  }
  if (written !== size) throw changedMeanwhile();
  sink.text.add("]}");
  sink.leave();
}

/** What a collection finds its entries by. */
function writeKey(
  sink: JsonSink,
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

function writeDate(sink: JsonSink, date: Date): void {
  const time = Date.prototype.getTime.call(date);
  sink.charge(weight.date - 1);
  sink.text.add(`{"$date":${Number.isNaN(time) ? "null" : time}}`);
}

function writeRegExp(sink: JsonSink, pattern: RegExp): void {
  const { source, flags } = pattern;
  sink.charge(weight.regExp - 1 + weightOfPattern(source, flags));
  sink.text.add(`{"$regexp":${JSON.stringify([source, flags])}}`);
}

function writeBuffer(sink: JsonSink, buffer: ArrayBuffer): void {
  if (Reflect.get(buffer, "resizable") === true) throw resizable();
  sink.charge(weight.arrayBuffer - 1);
  sink.text.add('{"$buffer":');
  writeBase64(sink, new Uint8Array(buffer));
  sink.text.add("}");
}

/** With the bytes that it shows, and never the rest of its buffer. */
function writeView(sink: JsonSink, view: ArrayBufferView): void {
  const type = viewTypeOf(view);
  if (type === undefined) throw new Refusal(describeRefused(view));
  const { buffer, byteOffset, byteLength } = view;
  if (types.isSharedArrayBuffer(buffer)) throw sharedMemory();
  sink.charge(weight.view - 1);
  sink.text.add(`{"$bytes":["${type}",`);
  writeBase64(sink, new Uint8Array(buffer, byteOffset, byteLength));
  sink.text.add("]}");
}

function writeBase64(sink: JsonSink, bytes: Uint8Array): void {
  sink.text.expect(Math.ceil(bytes.length / 3) * 4);
  sink.text.add(`"${base64Slice.call(bytes, 0, bytes.length)}"`);
}

function writeError(sink: JsonSink, error: Error): void {
  const { kind, name, message, hidden, visible } = errorToForm(error);
  const head = [errorKindName(kind), name ?? null, message ?? null];
  sink.charge(weight.error - 1);
  sink.enter();
  sink.text.add(`{"$error":${JSON.stringify(head).slice(0, -1)}`);
  if (hidden.length + visible.length > 0) {
    sink.text.add(",");
    sink.properties(error, hidden);
  }
  if (visible.length > 0) {
    sink.text.add(",");
    sink.properties(error, visible);
  }
  sink.text.add("]}");
  sink.leave();
}

export function writeAddress(sink: JsonSink, address: Address): void {
  sink.charge(weight.address - 1);
  sink.text.add(`{"$address":"<${address.id}>"}`);
}

function writeMailboxClosed(sink: JsonSink, { id, reason }: MailboxClosed): void {
  if (!isWholeNotice(id, reason)) throw halfNotice();
  sink.charge(weight.mailboxClosed - 1);
  sink.text.add(`{"$closed":${JSON.stringify([id, reason])}}`);
}

function writeMultipleClaim(sink: JsonSink, { name, claimants }: MultipleClaim): void {
  if (typeof name !== "string" || !Array.isArray(claimants)) {
    throw new Refusal("a MultipleClaim without a name or claimants");
  }
  sink.charge(weight.multipleClaim - 1 + claimants.length);
  sink.enter();
  sink.text.add(`{"$claim":[${JSON.stringify(name)},[`);
  claimants.forEach((claimant: unknown, i) => {
    if (!isAddress(claimant)) {
      throw new Refusal("not an address").at(atIndex(i)).at(atProperty("claimants"));
    }
    if (i > 0) sink.text.add(",");
    writeAddress(sink, claimant);
  });
  sink.text.add("]]}");
  sink.leave();
}
