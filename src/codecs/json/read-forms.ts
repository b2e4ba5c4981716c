/** Readers of what JSON has no form for: objects with one key, which begins with `$`. */
import {
  defineOn,
  errorKindNamed,
  kindOfDomException,
  sealError,
  startError,
  withoutStack,
} from "../../core/error-form.ts";
import { DecodeError } from "../../core/errors.ts";
import { parseMailboxId } from "../../core/mailbox-id.ts";
import { makeMailboxClosed, makeMultipleClaim } from "../../core/notice-form.ts";
import { openInstance } from "../../core/open-instance.ts";
import { collidingKeys, NumberKeys } from "../number-keys.ts";
import { weightOfPattern } from "../pattern-weight.ts";
import { makeView } from "../view-types.ts";
import { char } from "./json-input.ts";
import type { JsonSource } from "./json-source.ts";
import { bigintOf, numberNamed } from "./numbers.ts";
import { weight } from "./weights.ts";

type WriteBase64 = (this: Uint8Array, text: string, at: number, length: number) => number;

const base64Write: WriteBase64 = Reflect.get(Buffer.prototype, "base64Write");

type Reader = (source: JsonSource) => unknown;

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["$undefined", readUndefined],
  ["$number", ({ input }) => numberNamed(input.text())],
  ["$bigint", ({ input }) => bigintOf(input.text())],
  ["$date", readDate],
  ["$regexp", readRegExp],
  ["$map", readMap],
  ["$set", readSet],
  ["$bare", readBare],
  ["$array", readNamedArray],
  ["$buffer", readBuffer],
  ["$bytes", readView],
  ["$error", readError],
  ["$address", readAddress],
  ["$closed", readMailboxClosed],
  ["$claim", readMultipleClaim],
  ["$instance", readInstance],
  ["$def", readDefinition],
  ["$ref", ({ input, definitions }) => definitions.find(readNumber(input))],
]);

/** Reads what is behind the key; it has been counted as one value. */
export function readForm(source: JsonSource, key: string): unknown {
  const read = readers.get(key);
  if (read === undefined) {
    throw new DecodeError(`There is no kind of value called ${JSON.stringify(key.slice(0, 40))}.`);
  }
  return read(source);
}

type Input = JsonSource["input"];

function readNumber(input: Input): number {
  input.peek();
  return input.number();
}

function readUndefined({ input }: JsonSource): undefined {
  input.peek();
  input.word("true", true);
}

/** Two texts in brackets. */
function readTwo(input: Input): [string, string] {
  input.expect(char.bracket);
  const first = input.text();
  input.expect(char.comma);
  const second = input.text();
  input.expect(char.bracketEnd);
  return [first, second];
}

function readDate(source: JsonSource): Date {
  const { input, definitions } = source;
  source.charge(weight.date - 1);
  if (input.peek() === char.n) return definitions.made(new Date(input.word("null", Number.NaN)));
  const date = new Date(input.number());
  if (Number.isNaN(date.getTime())) throw new DecodeError("A date is beyond all dates.");
  return definitions.made(date);
}

function readRegExp(source: JsonSource): RegExp {
  const [pattern, flags] = readTwo(source.input);
  source.charge(weight.regExp - 1 + weightOfPattern(pattern, flags));
  // A SyntaxError of what is no pattern becomes the cause of a DecodeError.
  return source.definitions.made(new RegExp(pattern, flags));
}

/** Is filled when all has been read: how many keys there are decides whether they are guarded. */
function readMap(source: JsonSource): Map<unknown, unknown> {
  source.charge(weight.map - 1);
  source.enter();
  const map = source.definitions.made(new Map<unknown, unknown>());
  const entries = source.pairs();
  const numbers = NumberKeys.guarding(entries.length / 2);
  for (let i = 0; i < entries.length; i += 2)
    map.set(admitted(entries[i], numbers), entries[i + 1]);
  source.leave();
  return map;
}

function readSet(source: JsonSource): Set<unknown> {
  source.charge(weight.set - 1);
  source.enter();
  const set = source.definitions.made(new Set<unknown>());
  const items = source.list();
  const numbers = NumberKeys.guarding(items.length);
  for (const item of items) set.add(admitted(item, numbers));
  source.leave();
  return set;
}

function admitted(key: unknown, numbers: NumberKeys | undefined): unknown {
  if (numbers?.admit(key) === false) throw new DecodeError(`A key is ${collidingKeys}.`);
  return key;
}

function readBare(source: JsonSource): object {
  source.charge(weight.bareObject - 1);
  source.enter();
  const object = source.properties(source.definitions.made(Object.create(null)));
  source.leave();
  return object;
}

function readNamedArray(source: JsonSource): unknown[] {
  const { input } = source;
  source.enter();
  input.expect(char.bracket);
  const array = source.elements(source.definitions.made([]));
  input.expect(char.comma);
  source.properties(array);
  input.expect(char.bracketEnd);
  source.leave();
  return array;
}

function readBuffer(source: JsonSource): ArrayBuffer {
  source.charge(weight.arrayBuffer - 1);
  return source.definitions.made(bytesOf(source.input.raw()));
}

function readView(source: JsonSource): object {
  const { input, definitions } = source;
  source.charge(weight.view - 1);
  input.expect(char.bracket);
  const type = input.text();
  input.expect(char.comma);
  const view = makeView(type, bytesOf(input.raw()));
  input.expect(char.bracketEnd);
  return definitions.made(view);
}

/** Node.js passes over what is no base64, and so makes fewer bytes; but it takes `-` and `_`. */
function bytesOf(base64: string): ArrayBuffer {
  const padding = /={0,2}$/.exec(base64.slice(-2))?.[0].length ?? 0;
  const bytes = new Uint8Array(Math.max(0, Math.floor(base64.length / 4) * 3 - padding));
  const made = base64Write.call(bytes, base64, 0, bytes.length);
  const odd = base64.length % 4 !== 0 || base64.includes("-") || base64.includes("_");
  if (odd || made !== bytes.length) {
    throw new DecodeError("Expected bytes in base64, got another text.");
  }
  return bytes.buffer;
}

function readError(source: JsonSource): Error {
  const { input } = source;
  source.charge(weight.error - 1);
  source.enter();
  input.expect(char.bracket);
  const kind = errorKindNamed(input.text());
  input.expect(char.comma);
  const name = readOptionalText(input);
  input.expect(char.comma);
  const message = readOptionalText(input);
  const error = source.definitions.made(makeError(kind, name, message));
  if (input.more(char.bracketEnd)) {
    for (const [key, value] of Object.entries(source.properties({}))) {
      if (key !== "cause" && key !== "errors") {
        throw new DecodeError("An error has no such hidden property.");
      }
      defineOn(error, key, value, false);
    }
    if (input.more(char.bracketEnd)) {
      source.properties(error);
      input.expect(char.bracketEnd);
    }
  }
  sealError(error, kind);
  source.leave();
  return error;
}

function makeError(kind: number, name: string | undefined, message: string | undefined): Error {
  const error =
    kind === kindOfDomException
      ? withoutStack(() => new DOMException(message ?? "", name ?? "Error"))
      : startError(kind, name, message);
  if (error === undefined) throw new DecodeError("There is no such class of errors.");
  return error;
}

function readOptionalText(input: Input): string | undefined {
  return input.peek() === char.n ? input.word("null", undefined) : input.text();
}

function readAddress(source: JsonSource): object {
  source.charge(weight.address - 1);
  const text = source.input.text();
  if (!text.startsWith("<")) throw new DecodeError("Expected an address, got another text.");
  // What is no address becomes the cause of a DecodeError.
  return source.definitions.made(source.addressOf(parseMailboxId(text)));
}

function readMailboxClosed(source: JsonSource): object {
  source.charge(weight.mailboxClosed - 1);
  return source.definitions.made(makeMailboxClosed(...readTwo(source.input)));
}

function readMultipleClaim(source: JsonSource): object {
  const { input, definitions } = source;
  const definition = definitions.take();
  source.charge(weight.multipleClaim - 1);
  source.enter();
  input.expect(char.bracket);
  const name = input.text();
  input.expect(char.comma);
  const claimants = source.list();
  input.expect(char.bracketEnd);
  source.leave();
  const claim = makeMultipleClaim(name, claimants);
  if (definition !== undefined) definition.object = claim;
  return claim;
}

function readInstance(source: JsonSource): object {
  const { input, definitions } = source;
  source.charge(weight.instance - 1);
  source.enter();
  input.expect(char.bracket);
  const open = openInstance(source.types, input.text());
  input.expect(char.comma);
  const definition = definitions.take();
  if (definition !== undefined) definition.object = open;
  const value = source.copied();
  input.expect(char.bracketEnd);
  const instance = open.close(value);
  if (definition !== undefined) definition.object = instance;
  source.leave();
  return instance;
}

/** A number, and the value that has it. */
function readDefinition(source: JsonSource): unknown {
  const { input, definitions } = source;
  input.expect(char.bracket);
  definitions.open(readNumber(input));
  input.expect(char.comma);
  // The value counts itself, and has been counted as this one.
  source.charge(-1);
  const value = source.value();
  definitions.close();
  input.expect(char.bracketEnd);
  return value;
}
