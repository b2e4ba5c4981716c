/**
 * Appends messages to a batch in the term format.
 *
 * A recursive walk that writes as it goes; nothing is put together elsewhere first. The limits are
 * counted on the way by the rules the decoder counts by, so that what is written here is taken
 * there. Whatever a message's own getters and proxies throw ends as a refusal with the path, as
 * does what they change while they are read.
 */
import { ByteWriter } from "../../core/byte-writer.ts";
import { NotSerializableError } from "../../core/errors.ts";
import type { InstanceForms } from "../../core/instance-form.ts";
import {
  atIndex,
  atProperty,
  changedMeanwhile,
  describeRefused,
  Refusal,
  refusedAt,
  toNotSerializable,
  tooDeep,
  tooManyValues,
} from "../../core/refusal.ts";
import type { CodecLimits, Encoder, EncoderPorts } from "../../ports/codec.ts";
import { SeenObjects } from "../seen-objects.ts";
import { AddressBytes } from "./address-bytes.ts";
import { AttachedBytes } from "./attachments.ts";
import { KeyTrie } from "./key-trie.ts";
import { DoubleBytes, writeBigint, writeNumber } from "./numbers.ts";
import { tag } from "./tags.ts";
import type { TermSink } from "./term-sink.ts";
import { writeText } from "./text.ts";
import { weightOfObject } from "./weights.ts";
import { writeNamedArray, writeSpecial, writeWide } from "./write-special.ts";

/** Heads up to this length are copied here, which is faster than the call for it. */
const longestCopied = 48;

export class TermEncoder implements Encoder, TermSink {
  out: ByteWriter = new ByteWriter(0);
  readonly double: DoubleBytes = new DoubleBytes();
  readonly addresses: AddressBytes = new AddressBytes();
  readonly types: InstanceForms;
  readonly #limits: CodecLimits;
  readonly #keys: KeyTrie;
  readonly #seen = new SeenObjects();
  readonly #attached = new AttachedBytes();
  #valuesLeft = 0;
  #depth = 0;
  #busy = false;

  constructor({ limits, types, define }: EncoderPorts) {
    this.#limits = limits;
    this.types = types;
    this.#keys = new KeyTrie(define);
  }

  encode(message: unknown, out: ByteWriter): void {
    // A getter of the outer message would put the inner one in the middle of it.
    if (this.#busy)
      throw new NotSerializableError("message", "sent from within another that is being encoded");
    this.#busy = true;
    this.out = out;
    this.#valuesLeft = this.#limits.maxValues;
    this.#depth = 0;
    const mark = out.mark();
    try {
      this.charge(1);
      this.value(message);
      this.#attached.write(out, mark);
    } catch (thrown) {
      throw toNotSerializable(thrown);
    } finally {
      this.#seen.clear();
      this.#attached.clear();
      this.#busy = false;
    }
  }

  value(value: unknown): void {
    switch (typeof value) {
      case "string":
        writeText(this.out, value);
        break;
      case "number":
        writeNumber(this.out, value, this.double);
        break;
      case "boolean":
        this.out.byte(value ? tag.true : tag.false);
        break;
      case "undefined":
        this.out.byte(tag.undefined);
        break;
      case "bigint":
        writeBigint(this.out, value);
        break;
      case "object":
        if (value === null) this.out.byte(tag.null);
        else this.#object(value);
        break;
      default:
        throw new Refusal(describeRefused(value));
    }
  }

  charge(values: number): void {
    this.#valuesLeft -= values;
    if (this.#valuesLeft < 0) throw tooManyValues(this.#limits.maxValues);
  }

  enter(): void {
    if (++this.#depth > this.#limits.maxDepth) throw tooDeep(this.#limits.maxDepth);
  }

  leave(): void {
    this.#depth--;
  }

  remember(object: object): void {
    this.#seen.add(object);
  }

  isRemembered(object: object): boolean {
    return this.#seen.find(object) >= 0;
  }

  attach(bytes: Uint8Array): boolean {
    return this.#attached.add(bytes);
  }

  #object(object: object): void {
    const number = this.#seen.find(object);
    if (number >= 0) {
      this.out.byte(tag.reference);
      this.out.varint(number);
      return;
    }
    const prototype: object | null = Object.getPrototypeOf(object);
    if (prototype === Object.prototype) this.#plain(object as Record<string, unknown>);
    else if (prototype === Array.prototype && Array.isArray(object)) this.array(object);
    else writeSpecial(this, object, prototype);
  }

  #plain(record: Record<string, unknown>): void {
    const node = this.#keys.find(record);
    if (node?.head === undefined) {
      writeWide(this, record);
      return;
    }
    this.remember(record);
    this.enter();
    this.charge(weightOfObject(node.count) - 1);
    this.#head(node.head);
    let left = node.count;
    let at = "";
    try {
      // The keys are known to be the record's own: looking for their bytes has shown it.
      for (const key in record) {
        at = key;
        left--;
        this.value(record[key]);
      }
    } catch (thrown) {
      throw refusedAt(thrown, atProperty(at));
    }
    if (left !== 0) throw changedMeanwhile();
    this.leave();
  }

  #head(head: Uint8Array): void {
    const { out } = this;
    const { length } = head;
    if (length > longestCopied) {
      out.raw(head);
      return;
    }
    out.reserve(length);
    const { bytes, position } = out;
    for (let i = 0; i < length; i++) bytes[position + i] = head[i] as number;
    out.position = position + length;
  }

  array(array: readonly unknown[]): void {
    const { length } = array;
    this.remember(array);
    this.enter();
    this.charge(length);
    // What matching a regular expression gives has properties beside its elements.
    const { index, groups } = array as { readonly index?: unknown; readonly groups?: unknown };
    if (index !== undefined || groups !== undefined) {
      writeNamedArray(this, array, length);
    } else {
      if (length < tag.smallArrayEnd - tag.smallArray) {
        this.out.byte(tag.smallArray + length);
      } else {
        this.out.byte(tag.array);
        this.out.varint(length);
      }
      this.elements(array, length);
    }
    this.leave();
  }

  elements(array: readonly unknown[], length: number): void {
    let i = 0;
    try {
      for (; i < length; i++) this.value(array[i]);
    } catch (thrown) {
      throw refusedAt(thrown, atIndex(i));
    }
  }
}
