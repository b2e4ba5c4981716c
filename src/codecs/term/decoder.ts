/**
 * Reads messages in the term format.
 *
 * The bytes may be anything. Each length is held against the bytes that are left, and each count
 * against the values that may come, before anything is made of its size; the walk goes no deeper
 * than `maxDepth`; and whatever is wrong ends as a `DecodeError`. No code of the message's making
 * runs: there are no constructors, setters or thenables among what is read, and nothing is awaited.
 * What makes the instances of a registered class is the program's own.
 */
import type { Address } from "../../core/address.ts";
import { DecodeError } from "../../core/errors.ts";
import type { InstanceForms } from "../../core/instance-form.ts";
import type { MailboxRef } from "../../core/mailbox-id.ts";
import { OpenInstance } from "../../core/open-instance.ts";
import { setOwn } from "../../core/own-property.ts";
import type { CodecLimits, Decoder, DecoderPorts } from "../../ports/codec.ts";
import { weightOfCopy } from "../copy-weight.ts";
import { AddressRefs } from "./address-bytes.ts";
import { Attachments, attachmentsOf } from "./attachments.ts";
import { ByteReader, truncated } from "./byte-reader.ts";
import { Definitions } from "./definitions.ts";
import { type KeyShape, KeyShapes, keyTwice } from "./key-shapes.ts";
import { DoubleBytes, readBigint, readNegativeInt, readUint } from "./numbers.ts";
import { readSpecial } from "./read-special.ts";
import { tag } from "./tags.ts";
import type { TermSource } from "./term-source.ts";
import { readShortText, readUtf8, readUtf16 } from "./text.ts";
import { weightOfObject } from "./weights.ts";

const noBytes = new Uint8Array(0);
/** A list of objects longer than this is not kept for the next message. */
const fewObjects = 64;

export class TermDecoder implements Decoder, TermSource {
  readonly input: ByteReader = new ByteReader(noBytes, 0, 0);
  readonly double: DoubleBytes = new DoubleBytes();
  readonly types: InstanceForms;
  readonly #limits: CodecLimits;
  readonly #addressOf: (ref: MailboxRef) => Address;
  readonly #addresses = new AddressRefs();
  readonly #shapes = new KeyShapes();
  readonly #definitions: Definitions;
  readonly #attachments = new Attachments();
  #objects: (object | undefined)[] = [];
  #objectCount = 0;
  #valuesLeft = 0;
  #depth = 0;

  constructor({ limits, types, addressOf }: DecoderPorts, generateReaders: boolean) {
    this.#limits = limits;
    this.types = types;
    this.#addressOf = addressOf;
    this.#definitions = new Definitions(generateReaders);
  }

  define(bytes: Uint8Array, start: number, end: number): void {
    try {
      this.#definitions.add(bytes, start, end);
    } catch (thrown) {
      throw asDecodeError(thrown, "definition");
    }
  }

  attachments(
    bytes: Uint8Array,
    start: number,
    end: number,
    totalBytes: number,
  ): readonly number[] {
    return attachmentsOf(bytes, start, end, totalBytes);
  }

  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    attachments?: readonly ArrayBuffer[],
  ): unknown {
    const { input } = this;
    input.bytes = bytes;
    input.position = start;
    input.end = end;
    this.#valuesLeft = this.#limits.maxValues;
    this.#depth = 0;
    const attached = attachments !== undefined || bytes[start] === tag.attachments;
    try {
      if (attached) this.#attachments.begin(input, attachments);
      this.charge(1);
      const message = this.value();
      if (input.remaining > 0) throw new DecodeError("The message goes on behind its value.");
      if (attached) this.#attachments.end();
      return message;
    } catch (thrown) {
      throw asDecodeError(thrown, "message");
    } finally {
      if (attached) this.#attachments.forget();
      this.#forget();
    }
  }

  value(): unknown {
    const { input } = this;
    if (input.position >= input.end) throw truncated();
    const first = input.bytes[input.position++] as number;
    if (first < tag.smallIntEnd) return first;
    if (first < tag.shortTextEnd) return readShortText(input, first - tag.shortText);
    if (first < tag.smallObjectEnd) return this.#object(first - tag.smallObject);
    if (first < tag.smallArrayEnd) return this.#array(first - tag.smallArray);
    if (first === tag.defined) return this.#defined();
    return this.#long(first);
  }

  address(): Address {
    return this.#addressOf(this.#addresses.read(this.input));
  }

  attachment(): ArrayBuffer {
    return this.#attachments.next();
  }

  charge(values: number): void {
    this.#valuesLeft -= values;
    if (this.#valuesLeft < 0) {
      throw new DecodeError(`The message holds more than ${this.#limits.maxValues} values.`);
    }
  }

  enter(): void {
    if (++this.#depth > this.#limits.maxDepth) {
      throw new DecodeError(`The message is nested deeper than ${this.#limits.maxDepth} levels.`);
    }
  }

  leave(): void {
    this.#depth--;
  }

  remember<T extends object>(object: T): T {
    this.#objects[this.#objectCount++] = object;
    return object;
  }

  instance(open: OpenInstance): object {
    const number = this.#objectCount;
    this.remember(open);
    const value = this.value();
    // Nothing has been made for it, so it was made before.
    if (this.#objectCount === number + 1) this.charge(weightOfCopy(value));
    const instance = open.close(value);
    this.#objects[number] = instance;
    return instance;
  }

  /** Everything whose first byte holds no number of its own. */
  #long(first: number): unknown {
    switch (first) {
      case tag.null:
        return null;
      case tag.undefined:
        return undefined;
      case tag.false:
        return false;
      case tag.true:
        return true;
      case tag.uint:
        return readUint(this.input);
      case tag.negativeInt:
        return readNegativeInt(this.input);
      case tag.double:
        return this.double.read(this.input);
      case tag.bigint:
        return readBigint(this.input, false);
      case tag.negativeBigint:
        return readBigint(this.input, true);
      case tag.text:
        return readUtf8(this.input, this.input.varint());
      case tag.utf16:
        return readUtf16(this.input);
      case tag.object:
        return this.#object(this.input.byte());
      case tag.array:
        return this.#array(this.input.count());
      case tag.reference:
        return this.#reference();
      default:
        return readSpecial(this, first);
    }
  }

  #object(count: number): object {
    this.charge(weightOfObject(count) - 1);
    this.enter();
    const object =
      count > 0 ? this.#keyed(this.#shapes.read(this.input, count)) : this.remember({});
    this.leave();
    return object;
  }

  #defined(): object {
    const definition = this.#definitions.get(this.input.varint());
    this.charge(definition.weight);
    this.enter();
    const { reader } = definition;
    if (reader === undefined) definition.onRead();
    const object = reader === undefined ? this.#keyed(definition.shape) : reader(this);
    this.leave();
    return object;
  }

  #keyed(shape: KeyShape): object {
    if (!shape.assignable) return this.#oddlyKeyed(shape);
    const { keys } = shape;
    const object: Record<string, unknown> = this.remember({});
    for (let i = 0; i < keys.length; i++) object[keys[i] as string] = this.value();
    return object;
  }

  #oddlyKeyed({ keys, strange }: KeyShape): object {
    // One property takes more memory in a hash table than behind a hidden class of its own.
    if (strange && keys.length > 1) return this.#table(keys);
    const object = this.remember({});
    for (const key of keys) setOwn(object, key, this.value());
    return object;
  }

  /** Without a prototype, an object is a hash table, and makes an own property of any key. */
  #table(keys: readonly string[]): object {
    const object: Record<string, unknown> = this.remember(Object.create(null));
    for (const key of keys) {
      if (key in object) throw keyTwice();
      object[key] = this.value();
    }
    return Object.setPrototypeOf(object, Object.prototype);
  }

  #array(count: number): unknown[] {
    this.charge(count);
    this.enter();
    // Of the final size at once: one that grows takes room for sixteen more.
    const array = this.remember(new Array<unknown>(count));
    for (let i = 0; i < count; i++) array[i] = this.value();
    this.leave();
    return array;
  }

  #reference(): object {
    const object = this.#objects[this.input.varint()];
    if (object === undefined) throw new DecodeError("A reference leads to nothing.");
    return object instanceof OpenInstance ? object.refer() : object;
  }

  #forget(): void {
    // The chunk that the bytes are part of must not be kept until the next message.
    this.input.bytes = noBytes;
    if (this.#objectCount > fewObjects) this.#objects = [];
    else for (let i = 0; i < this.#objectCount; i++) this.#objects[i] = undefined;
    this.#objectCount = 0;
  }
}

function asDecodeError(thrown: unknown, what: "message" | "definition"): DecodeError {
  if (thrown instanceof DecodeError) return thrown;
  return new DecodeError(`The ${what} cannot be made of its bytes.`, { cause: thrown });
}
