/**
 * Copies a message into what V8's serializer carries, and refuses what must not travel.
 *
 * V8 alone would send an instance of a class as a plain object, and an address as what happens to
 * be inside it. So everything is looked at first, by the same rules and with the same paths as in
 * the term format.
 */
import { types } from "node:util";
import { isAddress } from "../../core/address.ts";
import { MailboxClosed } from "../../core/close-notice.ts";
import { errorToForm } from "../../core/error-form.ts";
import type { InstanceForm, InstanceForms } from "../../core/instance-form.ts";
import { MultipleClaim } from "../../core/multiple-claim.ts";
import { isWholeNotice } from "../../core/notice-form.ts";
import {
  atIndex,
  atMapKey,
  atMapValue,
  atProperty,
  atSetItem,
  describeRefused,
  halfNotice,
  Refusal,
  refusedAt,
  resizable,
  sharedMemory,
  tooDeep,
  tooManyValues,
} from "../../core/refusal.ts";
import type { CodecLimits } from "../../ports/codec.ts";
import { viewTypeOf } from "../view-types.ts";
import { type Marked, mark } from "./mark.ts";

/** Makes the copy of one message. */
export class CloneableCopy {
  readonly #limits: CodecLimits;
  readonly #types: InstanceForms;
  /** Each object of the message with its copy, so that shared ones stay shared and cycles end. */
  readonly #copies = new Map<object, unknown>();
  #values = 1;
  #depth = 0;

  constructor(limits: CodecLimits, types: InstanceForms) {
    this.#limits = limits;
    this.#types = types;
  }

  value(value: unknown): unknown {
    if (typeof value === "function" || typeof value === "symbol") {
      throw new Refusal(describeRefused(value));
    }
    if (typeof value !== "object" || value === null) return value;
    return this.#copies.get(value) ?? this.#object(value);
  }

  #object(object: object): unknown {
    const prototype: object | null = Object.getPrototypeOf(object);
    if (prototype === Object.prototype) return this.#record(object, this.#keep(object, {}));
    if (prototype === Array.prototype && Array.isArray(object)) return this.#array(object);
    if (prototype === null) {
      const properties = {};
      this.#keep(object, [mark, "bare", properties]);
      this.#record(object, properties);
      return this.#copies.get(object);
    }
    if (isAddress(object)) return this.#keep(object, [mark, "address", object.id]);
    const form = this.#types.of(prototype);
    if (form !== undefined) return this.#instance(object, form);
    if (ArrayBuffer.isView(object)) return this.#view(object);
    return this.#builtin(object, prototype);
  }

  #builtin(object: object, prototype: object): unknown {
    switch (prototype) {
      case Map.prototype:
        return this.#map(object as Map<unknown, unknown>);
      case Set.prototype:
        return this.#set(object as Set<unknown>);
      case MailboxClosed.prototype:
        return this.#closed(object as MailboxClosed);
      case MultipleClaim.prototype:
        return this.#claim(object as MultipleClaim);
      case Date.prototype:
      case RegExp.prototype:
        return this.#keep(object, object);
      case ArrayBuffer.prototype:
        return this.#buffer(object as ArrayBuffer);
      case Number.prototype:
      case String.prototype:
      case Boolean.prototype:
      case BigInt.prototype:
        return prototype.valueOf.call(object);
    }
    if (object instanceof Error || types.isNativeError(object)) return this.#error(object);
    throw new Refusal(describeRefused(object));
  }

  #keep<T>(object: object, copy: T): T {
    this.#copies.set(object, copy);
    return copy;
  }

  #marked(object: object, marked: Marked): Marked {
    return this.#keep(object, marked);
  }

  /** Begins what holds `size` values; `#leave` ends it. */
  #enter(size: number): void {
    const { maxDepth, maxValues } = this.#limits;
    this.#values += size;
    if (this.#values > maxValues) throw tooManyValues(maxValues);
    if (++this.#depth > maxDepth) throw tooDeep(maxDepth);
  }

  #leave(): void {
    this.#depth--;
  }

  #record(object: object, copy: object): object {
    return this.#properties(object, Object.keys(object), copy);
  }

  #properties(object: object, keys: readonly string[], copy: object): object {
    this.#enter(keys.length);
    for (const key of keys) {
      try {
        const value = this.value(Reflect.get(object, key));
        Object.defineProperty(copy, key, { value, enumerable: true, writable: true });
      } catch (thrown) {
        throw refusedAt(thrown, atProperty(key));
      }
    }
    this.#leave();
    return copy;
  }

  #array(array: readonly unknown[]): unknown {
    this.#enter(array.length);
    const copy = this.#keep(array, new Array<unknown>(array.length));
    for (let i = 0; i < copy.length; i++) {
      try {
        copy[i] = this.value(array[i]);
      } catch (thrown) {
        throw refusedAt(thrown, atIndex(i));
      }
    }
    this.#leave();
    // Such as matching a regular expression gives an array.
    const named = Object.keys(array).filter((key) => String(Number(key)) !== key);
    return named.length === 0 ? copy : this.#properties(array, named, copy);
  }

  #map(map: ReadonlyMap<unknown, unknown>): unknown {
    this.#enter(map.size * 2);
    const copy = this.#keep(map, new Map());
    let at = 0;
    for (const [key, value] of map) {
      const place = at++;
      const keyCopy = this.#part(key, () => atMapKey(place));
      copy.set(
        keyCopy,
        this.#part(value, () => atMapValue(key, place)),
      );
    }
    this.#leave();
    return copy;
  }

  #set(set: ReadonlySet<unknown>): unknown {
    this.#enter(set.size);
    const copy = this.#keep(set, new Set());
    let at = 0;
    for (const item of set) {
      const place = at++;
      copy.add(this.#part(item, () => atSetItem(place)));
    }
    this.#leave();
    return copy;
  }

  #part(value: unknown, segment: () => string): unknown {
    try {
      return this.value(value);
    } catch (thrown) {
      throw refusedAt(thrown, segment());
    }
  }

  #buffer(buffer: ArrayBuffer): unknown {
    if (Reflect.get(buffer, "resizable") === true) throw resizable();
    return this.#keep(buffer, buffer);
  }

  #view(view: ArrayBufferView): unknown {
    const type = viewTypeOf(view);
    if (type === undefined) throw new Refusal(describeRefused(view));
    if (types.isSharedArrayBuffer(view.buffer)) throw sharedMemory();
    const { byteOffset, byteLength } = view;
    const bytes = view.buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    return this.#marked(view, [mark, "view", type, bytes]);
  }

  #closed(notice: MailboxClosed): unknown {
    const { id, reason } = notice;
    if (!isWholeNotice(id, reason)) throw halfNotice();
    return this.#marked(notice, [mark, "closed", id, reason]);
  }

  #claim(claim: MultipleClaim): unknown {
    const { name, claimants } = claim;
    if (typeof name !== "string" || !claimants.every(isAddress)) {
      throw new Refusal("a MultipleClaim without a name or addresses");
    }
    const addresses = claimants.map((claimant) => this.value(claimant));
    return this.#marked(claim, [mark, "claim", name, addresses]);
  }

  #instance(instance: object, form: InstanceForm): unknown {
    const marked: Marked = [mark, "instance", form.name, undefined];
    this.#marked(instance, marked);
    this.#enter(1);
    marked[3] = this.value(form.encode(instance));
    this.#leave();
    return marked;
  }

  #error(error: Error): unknown {
    const { kind, name, message, hidden, visible } = errorToForm(error);
    const [hiddenCopy, visibleCopy] = [{}, {}];
    const marked = [mark, "error", kind, name, message, hiddenCopy, visibleCopy] as const;
    this.#marked(error, marked);
    this.#properties(error, hidden, hiddenCopy);
    this.#properties(error, visible, visibleCopy);
    return marked;
  }
}
