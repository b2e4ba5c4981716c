/** A value that arrived, as text: the same for the same value, in every version. */
import { createHash } from "node:crypto";
import { type Address, isAddress } from "../../src/core/address.ts";

const longestText = 240;

export function canonical(value: unknown): string {
  const text = write(value, new Map());
  if (text.length <= longestText) return text;
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 32);
  return `${text.slice(0, 80)}… (${text.length} characters, sha256 ${digest})`;
}

function write(value: unknown, seen: Map<object, number>): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (isAddress(value)) return `<${(value as Address).id}>`;
  const known = seen.get(value);
  if (known !== undefined) return `#${known}`;
  seen.set(value, seen.size);
  return writeObject(value, (inner) => write(inner, seen));
}

function writeObject(value: object, inside: (value: unknown) => string): string {
  const name = Object.getPrototypeOf(value)?.constructor?.name ?? "null";
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof RegExp) return String(value);
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${hex(new Uint8Array(value))})`;
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return `${name}(${hex(new Uint8Array(buffer, byteOffset, byteLength))})`;
  }
  if (value instanceof Map) {
    return `Map{${[...value].map(([key, of]) => `${inside(key)} => ${inside(of)}`).join(", ")}}`;
  }
  if (value instanceof Set) return `Set{${[...value].map(inside).join(", ")}}`;
  const of = Object.entries(value).map(([key, part]) => [key, inside(part)] as const);
  if (Array.isArray(value)) {
    const elements = Array.from(value, (_, index) => of.find(([key]) => key === `${index}`)?.[1]);
    // What matching gives has properties beside its elements.
    const others = of.filter(([key]) => !/^\d+$/.test(key));
    const all = [...elements.map((text) => text ?? "hole"), ...others.map(pairText)];
    return `[${all.join(", ")}]`;
  }
  // What an error has is not all listed among its properties, and its places differ.
  const hidden = value instanceof Error ? ["name", "message", "cause", "errors"] : [];
  const more = hidden
    .filter((key) => key in value && !of.some(([listed]) => listed === key))
    .map((key) => [key, inside(Reflect.get(value, key))] as const);
  return `${name === "Object" ? "" : name}{${[...of, ...more].map(pairText).join(", ")}}`;
}

function pairText([key, text]: readonly [key: string, text: string]): string {
  return `${JSON.stringify(key)}: ${text}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
