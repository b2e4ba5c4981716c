/**
 * An instance whose value is still being read, in its place among the objects of a message.
 *
 * Every codec keeps one there until `close` gives the instance, so that what leads back to it finds
 * the object that stands for it, and `decode` is told.
 */
import { DecodeError } from "./errors.ts";
import { type InstanceForm, type InstanceForms, longestTypeName } from "./instance-form.ts";

/** Opens an instance of the class of that name, which is whatever stood in its place. */
export function openInstance(types: InstanceForms, name: unknown): OpenInstance {
  if (typeof name !== "string" || name === "" || name.length > longestTypeName) {
    throw new DecodeError("Expected the name of a class, got another value.");
  }
  return new OpenInstance(types.named(name));
}

export class OpenInstance {
  readonly #form: InstanceForm;
  readonly #begun: object;
  #isKnown = false;

  constructor(form: InstanceForm) {
    this.#form = form;
    this.#begun = form.begin();
  }

  /** What stands for the instance where something inside its value refers to it. */
  refer(): object {
    this.#isKnown = true;
    return this.#begun;
  }

  close(value: unknown): object {
    return this.#form.decode(value, this.#begun, this.#isKnown);
  }
}
