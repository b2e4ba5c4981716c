/**
 * Turns what V8's deserializer gave back into the message: the counterpart of `to-cloneable.ts`.
 *
 * Works in place, so that cycles and shared references stay as V8 has made them.
 */
import {
  defineOn,
  kindOfDomException,
  sealError,
  startError,
  withoutStack,
} from "../../core/error-form.ts";
import { DecodeError } from "../../core/errors.ts";
import { longestTypeName } from "../../core/instance-form.ts";
import { parseMailboxId } from "../../core/mailbox-id.ts";
import { makeMailboxClosed, makeMultipleClaim } from "../../core/notice-form.ts";
import { OpenInstance } from "../../core/open-instance.ts";
import type { DecoderPorts } from "../../ports/codec.ts";
import { makeView } from "../view-types.ts";
import { type Marked, mark } from "./mark.ts";

/** Restores one message. */
export class Restoration {
  readonly #ports: DecoderPorts;
  readonly #restored = new Map<object, object>();
  #values = 1;
  #depth = 0;

  constructor(ports: DecoderPorts) {
    this.#ports = ports;
  }

  value(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    const restored = this.#restored.get(value);
    if (restored instanceof OpenInstance) return restored.refer();
    return restored ?? this.#object(value);
  }

  #object(object: object): object {
    if (Array.isArray(object) && object[0] === mark) return this.#marked(object as never);
    this.#restored.set(object, object);
    if (object instanceof Map) this.#map(object);
    else if (object instanceof Set) this.#set(object);
    else this.#properties(object);
    return object;
  }

  #enter(size: number): void {
    const { maxDepth, maxValues } = this.#ports.limits;
    this.#values += size;
    if (this.#values > maxValues) {
      throw new DecodeError(`The message holds more than ${maxValues} values.`);
    }
    if (++this.#depth > maxDepth) {
      throw new DecodeError(`The message is nested deeper than ${maxDepth} levels.`);
    }
  }

  /** Of plain objects and arrays; dates and the like have none of their own. */
  #properties(object: object): object {
    const keys = Object.keys(object);
    if (keys.length === 0 && !Array.isArray(object) && isLeaf(object)) return object;
    this.#enter(keys.length);
    for (const key of keys) {
      const value = this.value(Reflect.get(object, key));
      Object.defineProperty(object, key, { value });
    }
    this.#depth--;
    return object;
  }

  #map(map: Map<unknown, unknown>): void {
    this.#enter(map.size * 2);
    const entries = [...map];
    map.clear();
    for (const [key, value] of entries) map.set(this.value(key), this.value(value));
    this.#depth--;
  }

  #set(set: Set<unknown>): void {
    this.#enter(set.size);
    const items = [...set];
    set.clear();
    for (const item of items) set.add(this.value(item));
    this.#depth--;
  }

  #marked(marked: Marked): object {
    const keep = <T extends object>(object: T): T => {
      this.#restored.set(marked, object);
      return object;
    };
    switch (marked[1]) {
      case "address":
        return keep(this.#ports.addressOf(parseMailboxId(marked[2])));
      case "bare":
        // Its properties first move over, since what is in them may lead back to it.
        return this.#properties(
          keep(Object.defineProperties(Object.create(null), descriptorsOf(marked[2]))),
        );
      case "view":
        return keep(makeView(marked[2], marked[3]));
      case "closed":
        return keep(makeMailboxClosed(marked[2], marked[3]));
      case "claim":
        return keep(makeMultipleClaim(marked[2], this.value(marked[3]) as readonly unknown[]));
      case "instance":
        return keep(this.#instance(marked, keep));
      case "error":
        return this.#error(marked, keep);
      default:
        throw new DecodeError("There is no such kind of marked value.");
    }
  }

  #instance(
    [, , name, value]: Extract<Marked, [unknown, "instance", ...unknown[]]>,
    keep: (open: OpenInstance) => void,
  ): object {
    if (typeof name !== "string" || name === "" || name.length > longestTypeName) {
      throw new DecodeError("Expected the name of a class.");
    }
    const open = new OpenInstance(this.#ports.types.named(name));
    keep(open);
    this.#enter(1);
    const instance = open.close(this.value(value));
    this.#depth--;
    return instance;
  }

  #error(
    [, , kind, name, message, hidden, visible]: Extract<
      Marked,
      readonly [unknown, "error", ...unknown[]]
    >,
    keep: (error: Error) => Error,
  ): Error {
    const error =
      kind === kindOfDomException
        ? withoutStack(() => new DOMException(message ?? "", name ?? "Error"))
        : startError(kind, name, message);
    if (error === undefined) throw new DecodeError(`There is no kind of error ${kind}.`);
    keep(error);
    for (const [from, enumerable] of [
      [hidden, false],
      [visible, true],
    ] as const) {
      for (const [key, value] of Object.entries(this.#properties(from))) {
        defineOn(error, key, value, enumerable);
      }
    }
    sealError(error, kind);
    return error;
  }
}

function isLeaf(object: object): boolean {
  return Object.getPrototypeOf(object) !== Object.prototype;
}

function descriptorsOf(object: object): PropertyDescriptorMap {
  return Object.getOwnPropertyDescriptors(object) as PropertyDescriptorMap;
}
