/**
 * How the instances of one class travel: as the name of the class and a value, which is what its
 * `encode` gives, or the instance's own enumerable properties.
 *
 * An instance may be met again inside its own value. So an object that stands for it is made first
 * (`begin`), which a plain `decode` fills. A `decode` that makes another object is free to; if
 * something refers to the first one by then, that one takes over the properties of the other.
 *
 * Errors are errors from the beginning, since no prototype makes one of another object; what they
 * hide from enumeration travels with their properties, and their stack does not.
 */
import { sealError, withoutStack } from "./error-form.ts";
import { DecodeError } from "./errors.ts";
import { isIndexKey, keepIndexesSparse } from "./index-key.ts";
import { setOwn } from "./own-property.ts";

export const longestTypeName = 255;

/** How the instances of a class travel. */
export interface TypeOptions<T extends object> {
  /**
   * What the class is called on the wire, the same on every node: 1 to 255 characters. A text of
   * its own, since minifiers change the names of classes.
   */
  readonly name: string;
  /**
   * The fields that travel and are taken; others are dropped, on both sides. Default: the own
   * enumerable properties travel, and all that come are kept. Not together with `encode` and
   * `decode`.
   */
  readonly fields?: readonly string[];
  /** What travels in the place of an instance: anything else that can be sent. */
  encode?(instance: T): unknown;
  /**
   * The instance, made of what came. `instance` is an object of the class that no constructor has
   * seen, to which parts of `value` may refer already: fill and return it, or return one of your
   * own. If something does refer to `instance`, that gets the own properties of yours and stands
   * for it, without its private fields. What this throws, or another thing than an instance, makes
   * the message a loss of cause `unknown_type`. Not awaited.
   */
  decode?(value: never, instance: T): T;
}

/** How the instances of one class travel, as codecs see it. */
export interface InstanceForm {
  readonly name: string;
  /** The value that travels. What it throws is for the sender of the message. */
  encode(instance: object): unknown;
  /** The object that stands for the instance while its value is read. */
  begin(): object;
  /**
   * The instance. It is `begun` itself if something refers to that (`isKnown`). Throws
   * `UnknownTypeError` if the class takes no such value.
   */
  decode(value: unknown, begun: object, isKnown: boolean): object;
}

/** What a codec needs to know of the classes of its service. */
export interface InstanceForms {
  /** By the prototype of an instance: those of subclasses are not meant. */
  of(prototype: object): InstanceForm | undefined;
  /** Throws `UnknownTypeError` for a name that is not registered. */
  named(name: string): InstanceForm;
}

/**
 * A message holds an instance that this node cannot make. The message is lost, with the name of the
 * class; the link is as good as before.
 */
export class UnknownTypeError extends DecodeError {
  readonly typeName: string;

  constructor(typeName: string, problem: string, options?: ErrorOptions) {
    super(`An instance of ${JSON.stringify(typeName)} ${problem}.`, options);
    this.typeName = typeName;
  }
}

/**
 * What an instance is beside an object with properties. Of a builtin that holds something nothing
 * but its constructor makes one.
 */
export type Ancestry = "object" | "error" | "builtin";

export function ancestryOf(prototype: object): Ancestry {
  const parent: object | null = Object.getPrototypeOf(prototype);
  if (parent === null || parent === Object.prototype) return "object";
  if (parent === Error.prototype) return "error";
  // The other errors of the language hold no more than Error does.
  if (isBuiltin(parent) && !(parent instanceof Error)) return "builtin";
  return ancestryOf(parent);
}

export function isBuiltin(prototype: object): boolean {
  const made: unknown = prototype.constructor;
  return typeof made === "function" && String(made).endsWith("{ [native code] }");
}

/** The options of a class of which nothing more is known. */
export interface FormOptions {
  readonly name: string;
  readonly fields?: readonly string[];
  encode?(instance: object): unknown;
  decode?(value: unknown, begun: object): object;
}

export function instanceForm(prototype: object, options: FormOptions): InstanceForm {
  const { name, fields } = options;
  const ancestry = ancestryOf(prototype);
  const encode = options.encode?.bind(options);
  const decode = options.decode?.bind(options);
  return {
    name,
    encode(instance) {
      if (encode === undefined) return propertiesOf(instance, ancestry, fields);
      const value = encode(instance);
      if (value !== instance) return value;
      throw new TypeError(
        `Expected encode of ${JSON.stringify(name)} to give what travels, got the instance itself.`,
      );
    },
    begin: () => (ancestry === "error" ? beginError(prototype) : Object.create(prototype)),
    decode(value, begun, isKnown) {
      try {
        const made =
          decode === undefined
            ? fill(name, begun, value, fields)
            : checked(decode(value, begun), prototype);
        if (made === begun || !isKnown) return sealed(made);
        if (ancestry === "builtin") throw new UnknownTypeError(name, insideItself);
        return Object.defineProperties(begun, Object.getOwnPropertyDescriptors(made));
      } catch (thrown) {
        throw asUnknownType(name, thrown);
      }
    },
  };
}

const insideItself = "came inside itself, which one that extends a builtin cannot be";
/** They are own properties that cannot be enumerated, where an error has them. */
const hiddenKeys: readonly string[] = ["message", "cause", "errors"];
const stackOfNone = "Error";

function beginError(prototype: object): object {
  return Object.setPrototypeOf(
    withoutStack(() => new Error()),
    prototype,
  );
}

/** An error that was begun here, and got no stack since, gets the line that others have. */
function sealed(instance: object): object {
  if (instance instanceof Error && instance.stack === stackOfNone) sealError(instance, -1);
  return instance;
}

/** What a class's own code throws, its getters too, is no fault of the bytes. */
function asUnknownType(name: string, thrown: unknown): UnknownTypeError {
  if (thrown instanceof UnknownTypeError) return thrown;
  const cause = thrown ?? new TypeError(`Expected an Error to be thrown, got ${String(thrown)}.`);
  return new UnknownTypeError(name, "came, of which its decode made none", { cause });
}

function checked(made: unknown, prototype: object): object {
  const isObject = typeof made === "object" && made !== null;
  if (isObject && Object.prototype.isPrototypeOf.call(prototype, made)) return made;
  throw new TypeError(`Expected an instance of the class, got ${describe(made)}.`);
}

function propertiesOf(
  instance: object,
  ancestry: Ancestry,
  fields: readonly string[] | undefined,
): object {
  let keys = fields ?? Object.keys(instance);
  if (ancestry === "error") {
    keys = fields ?? [...new Set([...hiddenKeys, ...keys])];
    keys = keys.filter((key) => key !== "stack");
  }
  const properties = {};
  for (const key of keys) {
    if (Object.hasOwn(instance, key)) setOwn(properties, key, Reflect.get(instance, key));
  }
  return properties;
}

function fill(
  name: string,
  begun: object,
  value: unknown,
  fields: readonly string[] | undefined,
): object {
  if (typeof value !== "object" || value === null || !isPlain(value)) {
    throw new UnknownTypeError(name, `came as ${describe(value)}, not as an object of its fields`);
  }
  const isError = begun instanceof Error;
  const keys = fields?.filter((field) => Object.hasOwn(value, field)) ?? Object.keys(value);
  if (keys.some(isIndexKey)) keepIndexesSparse(begun);
  for (const key of keys) {
    // Where an error was made is for nobody else to say.
    if (isError && key === "stack") continue;
    setOwn(begun, key, Reflect.get(value, key));
    if (isError && hiddenKeys.includes(key)) {
      Object.defineProperty(begun, key, { enumerable: false });
    }
  }
  return begun;
}

function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return "another object";
}
