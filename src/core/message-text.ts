/**
 * A message as a short text for people: bounded in depth, entries and characters, whatever it is.
 *
 * It runs no code of the message. Properties are read as descriptors, so that no getter runs;
 * `toString`, `toJSON` and iterators of its own are not called. The one exception are the traps of
 * a `Proxy`, which nothing in the language can see: what they throw is caught.
 */
import { addressBrand, isAddress, mailboxBrand } from "./address.ts";

const mostDepth = 4;
const mostEntries = 20;
const cut = "…";

/** At most `mostCharacters`, one of them `…` if something is left out at the end. */
export function messageText(message: unknown, mostCharacters: number): string {
  const writer = new TextWriter(mostCharacters);
  try {
    writer.value(message, 0);
  } catch {
    writer.add("[unreadable]");
  }
  return writer.text;
}

class TextWriter {
  #text = "";
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get text(): string {
    if (this.#text.length <= this.#most) return this.#text;
    return this.#text.slice(0, Math.max(0, this.#most - 1)) + (this.#most > 0 ? cut : "");
  }

  add(text: string): void {
    if (!this.#full) this.#text += text;
  }

  value(value: unknown, depth: number): void {
    if (this.#full) return;
    if (typeof value === "string") this.#quoted(value);
    else if (typeof value === "bigint") this.add(bigintText(value));
    else if (typeof value === "symbol")
      this.add(`Symbol(${(value.description ?? "").slice(0, 50)})`);
    else if (typeof value === "function") this.add("[function]");
    else if (typeof value === "object" && value !== null) this.#object(value, depth);
    else this.add(Object.is(value, -0) ? "-0" : String(value));
  }

  get #full(): boolean {
    return this.#text.length > this.#most;
  }

  #quoted(text: string): void {
    this.add(JSON.stringify(text.length > this.#most ? text.slice(0, this.#most) + cut : text));
  }

  #object(value: object, depth: number): void {
    const known = builtinText(value);
    if (known !== undefined) this.add(known);
    else if (depth >= mostDepth) this.add(Array.isArray(value) ? `[${cut}]` : `{${cut}}`);
    else if (Array.isArray(value)) this.#array(value, depth);
    else if (value instanceof Map) this.#map(value, depth);
    else if (value instanceof Set) this.#set(value, depth);
    else this.#properties(value, depth);
  }

  #array(value: readonly unknown[], depth: number): void {
    const shown = Math.min(value.length, mostEntries);
    this.#list("[", "]", value.length, shown, (i) => this.#property(value, String(i), depth));
  }

  #map(value: Map<unknown, unknown>, depth: number): void {
    const entries = firstOf(Map.prototype.entries.call(value));
    const size = sizeOf(Map.prototype, "size", value);
    this.#list("Map {", "}", size, entries.length, (i) => {
      this.value(entries[i]?.[0], depth + 1);
      this.add(" => ");
      this.value(entries[i]?.[1], depth + 1);
    });
  }

  #set(value: Set<unknown>, depth: number): void {
    const values = firstOf(Set.prototype.values.call(value));
    const size = sizeOf(Set.prototype, "size", value);
    this.#list("Set {", "}", size, values.length, (i) => this.value(values[i], depth + 1));
  }

  #properties(value: object, depth: number): void {
    const name = className(value);
    const keys = Object.keys(value);
    const shown = Math.min(keys.length, mostEntries);
    this.#list(name === "" ? "{" : `${name} {`, "}", keys.length, shown, (i) => {
      const key = keys[i] ?? "";
      this.add(/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key.slice(0, this.#most)));
      this.add(": ");
      this.#property(value, key, depth);
    });
  }

  #property(of: object, key: string, depth: number): void {
    const property = Object.getOwnPropertyDescriptor(of, key);
    if (property === undefined) this.add("[nothing]");
    else if (!("value" in property)) this.add("[getter]");
    else this.value(property.value, depth + 1);
  }

  #list(open: string, close: string, all: number, shown: number, entry: (i: number) => void): void {
    this.add(open);
    for (let i = 0; i < shown && !this.#full; i++) {
      if (i > 0) this.add(", ");
      entry(i);
    }
    if (all > shown) this.add(`, ${cut}${all - shown} more`);
    this.add(close);
  }
}

function firstOf<T>(iterator: Iterator<T, undefined>): T[] {
  const first: T[] = [];
  while (first.length < mostEntries) {
    const next = iterator.next();
    if (next.done) break;
    first.push(next.value);
  }
  return first;
}

function bigintText(value: bigint): string {
  // The digits of a long one take time that grows with its square.
  return BigInt.asIntN(128, value) === value ? `${value}n` : "[long bigint]";
}

/** Classes whose instances have no properties to show. */
const opaque: readonly string[] = ["Date", "RegExp", "Promise", "WeakMap", "WeakSet", "WeakRef"];

/** What is said of an object without looking into it. */
function builtinText(value: object): string | undefined {
  // The classes of this package say so in their prototypes, as a plain value.
  if (inherited(value, addressBrand) === true && isAddress(value)) {
    return `Address${value.toString()}`;
  }
  if (inherited(value, mailboxBrand) === true) return "[mailbox]";
  const bytes = bytesOf(value);
  if (bytes !== undefined) return `${className(value)}(${bytes} bytes)`;
  if (value instanceof Error) return errorText(value);
  const name = className(value);
  return opaque.includes(name) ? `[${name}]` : undefined;
}

const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);

function bytesOf(value: object): number | undefined {
  if (value instanceof ArrayBuffer) return sizeOf(ArrayBuffer.prototype, "byteLength", value);
  if (!ArrayBuffer.isView(value)) return undefined;
  return sizeOf(value instanceof DataView ? DataView.prototype : typedArray, "byteLength", value);
}

/** By the getter of the language, since a subclass may have one of its own. */
function sizeOf(prototype: object, key: string, value: object): number {
  return Number(Reflect.get(prototype, key, value));
}

function errorText(value: Error): string {
  const message: unknown = Object.getOwnPropertyDescriptor(value, "message")?.value;
  const text = typeof message === "string" ? JSON.stringify(message.slice(0, 200)) : "";
  return `${className(value)}(${text})`;
}

/** What the class of an object is called; nothing for plain ones. */
function className(value: object): string {
  if (Object.getPrototypeOf(value) === Object.prototype) return "";
  const made = inherited(value, "constructor");
  if (typeof made !== "function") return "";
  const name: unknown = Object.getOwnPropertyDescriptor(made, "name")?.value;
  return typeof name === "string" && name !== "Object" ? name.slice(0, 50) : "";
}

/** The value of a property that is not its own, if it is no getter. */
function inherited(value: object, key: PropertyKey): unknown {
  for (let at: unknown = Object.getPrototypeOf(value); isObject(at); ) {
    const property = Object.getOwnPropertyDescriptor(at, key);
    if (property !== undefined) return property.value;
    at = Object.getPrototypeOf(at);
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
