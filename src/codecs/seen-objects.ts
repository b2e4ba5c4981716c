/**
 * The objects of the message being encoded, numbered as they come, so that one that comes again is
 * written as a reference: shared objects stay shared, and cycles end.
 *
 * Most messages hold a handful of objects, which are compared one by one; a `Map` takes over when
 * there are more.
 */
const fewObjects = 16;

export class SeenObjects {
  readonly #few: (object | undefined)[] = new Array<object | undefined>(fewObjects).fill(undefined);
  #many: Map<object, number> | undefined;
  #count = 0;

  /** The number that `object` was given, or -1. */
  find(object: object): number {
    if (this.#many !== undefined) return this.#many.get(object) ?? -1;
    const few = this.#few;
    for (let i = 0; i < this.#count; i++) {
      if (few[i] === object) return i;
    }
    return -1;
  }

  add(object: object): void {
    const number = this.#count++;
    if (this.#many !== undefined) {
      this.#many.set(object, number);
    } else if (number < fewObjects) {
      this.#few[number] = object;
    } else {
      this.#many = new Map();
      this.#few.forEach((known, i) => {
        if (known !== undefined) this.#many?.set(known, i);
      });
      this.#many.set(object, number);
    }
  }

  /** Lets go of every object. */
  clear(): void {
    const used = Math.min(this.#count, fewObjects);
    for (let i = 0; i < used; i++) this.#few[i] = undefined;
    this.#many = undefined;
    this.#count = 0;
  }
}
