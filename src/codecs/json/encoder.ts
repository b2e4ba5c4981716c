/**
 * Appends messages to a batch as JSON.
 *
 * A recursive walk, by the same rules and with the same paths as that of the term format. The
 * limits are counted on the way as the decoder counts them, so that what is written here is taken
 * there.
 */
import { isAddress } from "../../core/address.ts";
import type { ByteWriter } from "../../core/byte-writer.ts";
import { NotSerializableError } from "../../core/errors.ts";
import type { InstanceForms } from "../../core/instance-form.ts";
import {
  atIndex,
  atProperty,
  describeRefused,
  Refusal,
  refusedAt,
  toNotSerializable,
  tooDeep,
  tooManyValues,
} from "../../core/refusal.ts";
import type { CodecLimits, Encoder, EncoderPorts } from "../../ports/codec.ts";
import type { JsonSink } from "./json-sink.ts";
import { JsonText } from "./json-text.ts";
import { bigintText, numberText } from "./numbers.ts";
import { SharedObjects } from "./shared-objects.ts";
import { weight } from "./weights.ts";
import { unboxed, writeAddress, writeArray, writeForm, writePlain } from "./write-forms.ts";

export class JsonEncoder implements Encoder, JsonSink {
  readonly text: JsonText = new JsonText();
  readonly types: InstanceForms;
  readonly #limits: CodecLimits;
  readonly #shared = new SharedObjects();
  #valuesLeft = 0;
  #depth = 0;
  #busy = false;

  constructor({ limits, types }: EncoderPorts) {
    this.#limits = limits;
    this.types = types;
  }

  encode(message: unknown, out: ByteWriter): void {
    // A getter of the outer message would put the inner one in the middle of it.
    if (this.#busy)
      throw new NotSerializableError("message", "sent from within another that is being encoded");
    this.#busy = true;
    this.#valuesLeft = this.#limits.maxValues;
    this.#depth = 0;
    this.text.begin(out);
    try {
      this.charge(1);
      this.value(message);
      const insertions = this.#shared.insertions();
      if (insertions.length > 0) this.text.insert(insertions);
      else this.text.flush();
    } catch (thrown) {
      throw toNotSerializable(thrown);
    } finally {
      this.#shared.clear();
      this.#busy = false;
    }
  }

  value(value: unknown): void {
    switch (typeof value) {
      case "string":
        this.text.expect(value.length);
        this.text.add(JSON.stringify(value));
        break;
      case "number":
        this.text.add(numberText(value));
        break;
      case "boolean":
        this.text.add(value ? "true" : "false");
        break;
      case "undefined":
        this.text.add('{"$undefined":true}');
        break;
      case "bigint":
        this.text.add(bigintText(value));
        break;
      case "object":
        if (value === null) this.text.add("null");
        else this.#object(value);
        break;
      default:
        throw new Refusal(describeRefused(value));
    }
  }

  isWritten(object: object): boolean {
    return this.#shared.has(object);
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

  #object(object: object): void {
    const { text } = this;
    if (this.#shared.refer(object, text.position)) return;
    // A receiver has one object for each of these, however often they are written.
    if (isAddress(object)) {
      writeAddress(this, object);
      return;
    }
    const prototype: object | null = Object.getPrototypeOf(object);
    const primitive = unboxed(object, prototype);
    if (primitive !== object) {
      this.value(primitive);
      return;
    }
    const place = this.#shared.begin(object, text.position);
    if (prototype === Object.prototype) writePlain(this, object);
    else if (prototype === Array.prototype && Array.isArray(object)) writeArray(this, object);
    else writeForm(this, object, prototype);
    this.#shared.end(place, text.position);
  }

  elements(array: readonly unknown[], length: number): void {
    const { text } = this;
    let i = 0;
    text.add("[");
    try {
      for (; i < length; i++) {
        if (i > 0) text.add(",");
        this.value(array[i]);
      }
    } catch (thrown) {
      throw refusedAt(thrown, atIndex(i));
    }
    text.add("]");
  }

  properties(object: object, keys: readonly string[]): void {
    const { text } = this;
    this.charge(keys.length * (1 + weight.key));
    let before = "{";
    let at = "";
    try {
      for (const key of keys) {
        at = key;
        text.add(`${before}${JSON.stringify(key.startsWith("$") ? `$${key}` : key)}:`);
        this.value(Reflect.get(object, key));
        before = ",";
      }
    } catch (thrown) {
      throw refusedAt(thrown, atProperty(at));
    }
    text.add(before === "{" ? "{}" : "}");
  }
}
