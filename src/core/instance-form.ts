/**
 * How the instances of one class travel: as the name of the class and a value, which is what its
 * `encode` gives, or the instance's own enumerable properties.
 *
 * An instance may be met again inside its own value. So an object that stands for it is made first
 * (`begin`), which a plain `decode` fills. A `decode` that makes another object is free to; if
 * something refers to the first one by then, that one takes over the properties of the other.
 */
import { DecodeError } from "./errors.ts";

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
  /** What travels in the place of an instance: anything that can be sent. */
  encode?(instance: T): unknown;
  /**
   * The instance, made of what came. `instance` is an object of the class that no constructor has
   * seen, to which parts of `value` may refer already: fill and return it, or return one of your
   * own. What it throws makes the message a loss of cause `unknown_type`.
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

export function instanceForm(prototype: object, options: FormOptions): InstanceForm {
  const { name, fields } = options;
  const encode = options.encode?.bind(options);
  const decode = options.decode?.bind(options);
  return {
    name,
    encode: encode ?? ((instance) => propertiesOf(instance, fields)),
    begin: () => Object.create(prototype),
    decode(value, begun, isKnown) {
      const instance = decoded(name, () =>
        decode === undefined ? filled(begun, value, fields) : decode(value, begun),
      );
      if (instance === begun || !isKnown) return instance;
      return Object.defineProperties(begun, Object.getOwnPropertyDescriptors(instance));
    },
  };
}

/** The options of a class of which nothing more is known. */
export interface FormOptions {
  readonly name: string;
  readonly fields?: readonly string[];
  encode?(instance: object): unknown;
  decode?(value: unknown, begun: object): object;
}

function decoded(name: string, decode: () => unknown): object {
  let instance: unknown;
  try {
    instance = decode();
  } catch (cause) {
    throw new UnknownTypeError(name, "came, which its decode does not take", { cause });
  }
  if (typeof instance === "object" && instance !== null) return instance;
  throw new UnknownTypeError(name, `came, of which its decode made ${typeof instance}`);
}

function propertiesOf(instance: object, fields: readonly string[] | undefined): object {
  const keys = fields?.filter((field) => Object.hasOwn(instance, field)) ?? Object.keys(instance);
  const properties = {};
  for (const key of keys) setOwn(properties, key, Reflect.get(instance, key));
  return properties;
}

function filled(begun: object, value: unknown, fields: readonly string[] | undefined): object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`Expected an object of its fields, got ${typeof value}.`);
  }
  for (const key of Object.keys(value)) {
    if (fields?.includes(key) !== false) setOwn(begun, key, Reflect.get(value, key));
  }
  return begun;
}

/** Whatever setters the class has, and whatever the key is. */
function setOwn(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}
