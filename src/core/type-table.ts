/**
 * The classes whose instances a service sends and takes as instances, each under a name.
 *
 * Nothing is made of a name that was not registered: a peer's bytes choose among these classes
 * alone.
 */
import { MailboxClosed } from "./close-notice.ts";
import { ReignError } from "./errors.ts";
import {
  ancestryOf,
  type FormOptions,
  type InstanceForm,
  type InstanceForms,
  instanceForm,
  isBuiltin,
  longestTypeName,
  type TypeOptions,
  UnknownTypeError,
} from "./instance-form.ts";
import { MultipleClaim } from "./multiple-claim.ts";
import { checkOptionKeys } from "./option-keys.ts";
import { shown } from "./option-values.ts";
import { utf8Length } from "./utf8.ts";

/** A class, whatever its constructor takes. */
export type AnyClass<T extends object = object> = abstract new (...args: never) => T;

interface Registered {
  readonly form: InstanceForm;
  readonly prototype: object;
}

/** They travel by themselves. */
const taken: readonly AnyClass[] = [MailboxClosed, MultipleClaim, ReignError];

export class TypeTable implements InstanceForms {
  readonly #byPrototype = new Map<object, InstanceForm>();
  readonly #byName = new Map<string, Registered>();

  /** Throws a `TypeError` or `RangeError` for what cannot be registered. */
  register<T extends object>(type: AnyClass<T>, options: TypeOptions<T>): void {
    const prototype = prototypeOf(type);
    checkTypeOptions(options, prototype);
    const { name } = options;
    const holder = this.#byName.get(name);
    if (holder !== undefined && holder.prototype !== prototype) {
      throw new TypeError(`Expected a name that no other class has, got ${shown(name)}.`);
    }
    const known = this.#byPrototype.get(prototype);
    if (known !== undefined && known.name !== name) {
      const wanted = `Expected the name that the class has here, ${shown(known.name)}`;
      throw new TypeError(`${wanted}, got ${shown(name)}.`);
    }
    const form = instanceForm(prototype, options);
    this.#byName.set(name, { form, prototype });
    this.#byPrototype.set(prototype, form);
  }

  of(prototype: object): InstanceForm | undefined {
    return this.#byPrototype.get(prototype);
  }

  named(name: string): InstanceForm {
    const found = this.#byName.get(name);
    if (found === undefined) throw new UnknownTypeError(name, "came, which is not registered here");
    return found.form;
  }
}

function prototypeOf(type: AnyClass): object {
  const prototype: unknown = typeof type === "function" ? type.prototype : undefined;
  if (typeof prototype !== "object" || prototype === null) {
    const got = typeof type === "function" ? `the function ${shown(type.name)}` : shown(type);
    throw new TypeError(`Expected a class to register, got ${got}.`);
  }
  if (isBuiltin(prototype) || taken.some((each) => each.prototype === prototype)) {
    throw new TypeError(`Expected a class of your own, got ${type.name}.`);
  }
  return prototype;
}

function checkTypeOptions(options: FormOptions, prototype: object): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Expected options such as { name }, got ${shown(options)}.`);
  }
  checkOptionKeys("registerType", options, ["name", "fields", "encode", "decode"]);
  const { name, fields } = options;
  checkName(name);
  checkFields(fields);
  const coders: { readonly encode?: unknown; readonly decode?: unknown } = options;
  const { encode, decode } = coders;
  for (const [key, coder] of Object.entries({ encode, decode })) {
    if (coder !== undefined && typeof coder !== "function") {
      throw new TypeError(
        `Expected ${key} of ${shown(name)} to be a function, got ${shown(coder)}.`,
      );
    }
  }
  if (fields !== undefined && (encode !== undefined || decode !== undefined)) {
    throw new TypeError(`Expected ${shown(name)} to have fields, or encode and decode, got both.`);
  }
  if (ancestryOf(prototype) === "builtin" && (encode === undefined || decode === undefined)) {
    const why = "its class extends a builtin, whose contents are in no field";
    throw new TypeError(`Expected encode and decode for ${shown(name)}: ${why}.`);
  }
}

function checkName(name: unknown): void {
  if (typeof name !== "string") {
    throw new TypeError(`Expected name to be a string, got ${shown(name)}.`);
  }
  if (name === "" || name.length > longestTypeName || utf8Length(name) === undefined) {
    const got = name.length > longestTypeName ? `${name.length} characters` : shown(name);
    throw new RangeError(
      `Expected a name of 1 to ${longestTypeName} characters of well-formed text, got ${got}.`,
    );
  }
}

function checkFields(fields: unknown): void {
  if (fields === undefined) return;
  if (Array.isArray(fields) && fields.every((field) => typeof field === "string")) return;
  throw new TypeError(`Expected fields to be an array of names, got ${shown(fields)}.`);
}
