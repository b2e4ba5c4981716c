/**
 * Reads messages in JSON.
 *
 * The bytes may be anything. They are read once, from the first to the last; each value is counted
 * before it is made, and the walk goes no deeper than `maxDepth`. No code of the message's making
 * runs: there are no constructors, setters or thenables among what is read.
 */
import type { Address } from "../../core/address.ts";
import { DecodeError } from "../../core/errors.ts";
import { isIndexKey, keepIndexesSparse } from "../../core/index-key.ts";
import type { InstanceForms } from "../../core/instance-form.ts";
import type { MailboxRef } from "../../core/mailbox-id.ts";
import { setOwn } from "../../core/own-property.ts";
import type { CodecLimits, Decoder, DecoderPorts } from "../../ports/codec.ts";
import { weightOfCopy } from "../copy-weight.ts";
import { Definitions } from "./definitions.ts";
import { char, JsonInput } from "./json-input.ts";
import type { JsonSource } from "./json-source.ts";
import { readForm } from "./read-forms.ts";
import { weight } from "./weights.ts";

const noBytes = new Uint8Array(0);

export class JsonDecoder implements Decoder, JsonSource {
  readonly input: JsonInput = new JsonInput();
  readonly definitions: Definitions = new Definitions();
  readonly types: InstanceForms;
  readonly addressOf: (ref: MailboxRef) => Address;
  readonly #limits: CodecLimits;
  /** Elements of arrays whose ends have not come. */
  #elements: unknown[] = [];
  #valuesLeft = 0;
  #depth = 0;

  constructor({ limits, types, addressOf }: DecoderPorts) {
    this.#limits = limits;
    this.types = types;
    this.addressOf = addressOf;
  }

  decode(bytes: Uint8Array, start: number, end: number): unknown {
    const { input } = this;
    input.begin(bytes, start, end);
    this.#valuesLeft = this.#limits.maxValues;
    this.#depth = 0;
    try {
      const message = this.value();
      if (!input.isOver()) throw new DecodeError("The message goes on behind its value.");
      return message;
    } catch (thrown) {
      if (thrown instanceof DecodeError) throw thrown;
      throw new DecodeError("The message cannot be made of its bytes.", { cause: thrown });
    } finally {
      // The chunk that the bytes are part of must not be kept until the next message.
      input.begin(noBytes, 0, 0);
      this.definitions.forget();
      if (this.#elements.length > 0) this.#elements = [];
    }
  }

  value(): unknown {
    this.charge(1);
    const { input } = this;
    switch (input.peek()) {
      case char.quote:
        return input.text();
      case char.brace:
        return this.#braces();
      case char.bracket:
        return this.#array();
      case char.n:
        return input.word("null", null);
      case char.t:
        return input.word("true", true);
      case char.f:
        return input.word("false", false);
      default:
        return input.number();
    }
  }

  elements<T extends unknown[]>(array: T): T {
    const { input } = this;
    let more = input.opens(char.bracket, char.bracketEnd);
    for (; more; more = input.more(char.bracketEnd)) array.push(this.value());
    return array;
  }

  copied(): unknown {
    const before = this.#valuesLeft;
    const value = this.value();
    // What is made here and has properties counts as more than a reference does.
    if (before - this.#valuesLeft === 1) this.charge(weightOfCopy(value));
    return value;
  }

  /** Of its final size at once: one that grows takes room for sixteen more. */
  list(): unknown[] {
    const elements = this.#elements;
    const start = elements.length;
    this.elements(elements);
    return cut(elements, start);
  }

  pairs(): unknown[] {
    const { input } = this;
    const elements = this.#elements;
    const start = elements.length;
    let more = input.opens(char.bracket, char.bracketEnd);
    for (; more; more = input.more(char.bracketEnd)) {
      input.expect(char.bracket);
      elements.push(this.value());
      input.expect(char.comma);
      elements.push(this.value());
      input.expect(char.bracketEnd);
    }
    return cut(elements, start);
  }

  properties<T extends object>(object: T): T {
    const { input } = this;
    if (input.opens(char.brace, char.braceEnd)) this.#fill(object, input.key());
    return object;
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

  #array(): unknown[] {
    this.enter();
    const { definitions } = this;
    const array = definitions.isOpen ? this.elements(definitions.made([])) : this.list();
    this.leave();
    return array;
  }

  #braces(): unknown {
    const { input } = this;
    const isEmpty = !input.opens(char.brace, char.braceEnd);
    const first = isEmpty ? "" : input.key();
    if (isMark(first)) {
      const value = readForm(this, first);
      input.expect(char.braceEnd);
      return value;
    }
    this.charge(weight.object - 1);
    this.enter();
    const object = this.definitions.made({});
    if (!isEmpty) this.#fill(object, first);
    this.leave();
    return object;
  }

  #fill(object: object, first: string): void {
    const { input } = this;
    let sparse = false;
    for (let key = first; ; key = input.key()) {
      if (isMark(key)) throw new DecodeError("A key that begins with $ stands among others.");
      const own = key.charCodeAt(0) === char.dollar ? key.slice(1) : key;
      if (!sparse && isIndexKey(own)) {
        if (Array.isArray(object)) throw new DecodeError("An element is among the names.");
        keepIndexesSparse(object);
        sparse = true;
      }
      this.charge(weight.key);
      const value = this.value();
      if (Object.hasOwn(object, own)) throw new DecodeError("A key of an object is there twice.");
      setOwn(object, own, value);
      if (!input.more(char.braceEnd)) return;
    }
  }
}

function cut(elements: unknown[], start: number): unknown[] {
  const taken = elements.slice(start);
  elements.length = start;
  return taken;
}

/** One `$`, and no second one, which would make it a key of the message's own. */
function isMark(key: string): boolean {
  return key.charCodeAt(0) === char.dollar && key.charCodeAt(1) !== char.dollar;
}
