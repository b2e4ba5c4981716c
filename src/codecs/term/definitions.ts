/** The keys of objects that the encoder at the other end has defined, by number. */
import { DecodeError } from "../../core/errors.ts";
import { ByteReader } from "./byte-reader.ts";
import { type KeyShape, learnKeys } from "./key-shapes.ts";
import { makeObjectMaker, type ObjectMaker } from "./object-maker.ts";
import { mostDefinitions } from "./tags.ts";
import { weightOfObject } from "./weights.ts";

/** So many objects are read before code is made for them: that takes as long as reading 100. */
const timesToMake = 64;

export class Definition {
  readonly shape: KeyShape;
  /** What an object with these keys counts as, beside its values and itself. */
  readonly weight: number;
  /** Code for these keys, once they have come often enough to be worth it. */
  make: ObjectMaker | undefined = undefined;
  #timesLeft: number;

  constructor(shape: KeyShape, makesCode: boolean) {
    this.shape = shape;
    this.weight = weightOfObject(shape.keys.length) - 1;
    this.#timesLeft = makesCode ? timesToMake : Number.POSITIVE_INFINITY;
  }

  /** An object with these keys has come, and `make` was not there for it. */
  onRead(): void {
    if (--this.#timesLeft === 0) this.make = makeObjectMaker(this.shape.keys);
  }
}

export class Definitions {
  readonly #list: Definition[] = [];
  readonly #makesCode: boolean;

  constructor(makesCode: boolean) {
    this.#makesCode = makesCode;
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    if (this.#list.length === mostDefinitions) {
      throw new DecodeError(`More than ${mostDefinitions} lists of keys are defined.`);
    }
    const input = new ByteReader(bytes, start, end);
    const shape = learnKeys(input, input.byte());
    if (input.remaining > 0) throw new DecodeError("A definition goes on behind its keys.");
    this.#list.push(new Definition(shape, this.#makesCode));
  }

  get(number: number): Definition {
    const definition = this.#list[number];
    if (definition === undefined) throw new DecodeError("An object has keys not defined before.");
    return definition;
  }
}
