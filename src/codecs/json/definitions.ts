/**
 * The objects of a message that are met more than once, by their numbers: 0, 1, 2 and so on, as
 * they begin. One can be referred to from where it begins, since it may be in itself.
 */
import { DecodeError } from "../../core/errors.ts";
import { OpenInstance } from "../../core/open-instance.ts";

interface Definition {
  object: object | undefined;
}

export class Definitions {
  #list: Definition[] = [];
  #open: Definition | undefined;

  /** The next object that is made is the one with this number. */
  open(number: unknown): void {
    if (this.#open !== undefined) throw new DecodeError("An object is numbered twice.");
    if (number !== this.#list.length) {
      throw new DecodeError(`Expected the object with number ${this.#list.length}, got another.`);
    }
    this.#open = { object: undefined };
    this.#list.push(this.#open);
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Takes the open number for an object that will be there later. */
  take(): Definition | undefined {
    const open = this.#open;
    this.#open = undefined;
    return open;
  }

  /** Every object is told of as soon as it is made, and before anything that is in it. */
  made<T extends object>(object: T): T {
    if (this.#open !== undefined) {
      this.#open.object = object;
      this.#open = undefined;
    }
    return object;
  }

  /** What has been read behind a number must have taken it. */
  close(): void {
    if (this.#open !== undefined) throw new DecodeError("What is numbered is no object.");
  }

  find(number: unknown): object {
    const found = typeof number === "number" ? this.#list[number] : undefined;
    if (found?.object === undefined) throw new DecodeError("A reference leads to nothing.");
    return found.object instanceof OpenInstance ? found.object.refer() : found.object;
  }

  forget(): void {
    if (this.#list.length > 0) this.#list = [];
    this.#open = undefined;
  }
}
