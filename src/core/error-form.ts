/**
 * Errors in a form that codecs can write down and put together again.
 *
 * An error arrives as an instance of the nearest class that both sides have: a builtin one, or one
 * of this package. Its name, message, cause, the errors of an `AggregateError` and its own
 * enumerable properties travel; the stack does not. Constructors of this package's own classes are
 * not run on the way in: their fields are properties like all others, and `sealError` checks them.
 */
import { DecodeError, NotSerializableError, ReignError, reignErrorCodes } from "./errors.ts";

/** The own properties that builtin constructors make and do not let be enumerated. */
export type HiddenProperty = "cause" | "errors";

export interface ErrorForm {
  /** Which class: an index into `errorKinds`. */
  readonly kind: number;
  /** Only where it is neither the name that the class gives nor an enumerable property. */
  readonly name: string | undefined;
  /** Only where it is not an enumerable property. */
  readonly message: string | undefined;
  readonly hidden: readonly HiddenProperty[];
  /** The own enumerable properties. */
  readonly visible: readonly string[];
}

interface ErrorKind {
  readonly name: string;
  readonly prototype: object | undefined;
  readonly make: (message: string | undefined) => Error;
}

/** The order is part of what goes over the wire: append only. */
const errorKinds: readonly ErrorKind[] = [
  ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(
    (builtin): ErrorKind => ({
      name: builtin.name,
      prototype: builtin.prototype,
      make: (message) => new builtin(message),
    }),
  ),
  { name: "AggregateError", prototype: AggregateError.prototype, make: makeAggregateError },
  {
    name: "ReignError",
    prototype: ReignError.prototype,
    make: (message) => Reflect.construct(Error, messageArgument(message), ReignError),
  },
  {
    name: "NotSerializableError",
    prototype: NotSerializableError.prototype,
    make: (message) => Reflect.construct(TypeError, messageArgument(message), NotSerializableError),
  },
  // Known by its name: it is the platform's and not the language's, so that codecs make it.
  { name: "DOMException", prototype: undefined, make: (message) => new Error(message) },
];

const kindOfReignError = errorKinds.findIndex((kind) => kind.name === "ReignError");
const kindOfNotSerializable = errorKinds.findIndex((kind) => kind.name === "NotSerializableError");
export const kindOfDomException: number = errorKinds.length - 1;

export function errorKindName(kind: number): string | undefined {
  return errorKinds[kind]?.name;
}

/** -1 when there is no such kind. */
export function errorKindNamed(name: string): number {
  return errorKinds.findIndex((known) => known.name === name);
}

/** Takes an error apart. May run getters of the error, and throw what they throw. */
export function errorToForm(error: Error): ErrorForm {
  const visible = Object.keys(error).filter((key) => key !== "stack");
  const kind = nearestKind(error, visible);
  const name = visible.includes("name") ? undefined : String(error.name);
  const message = visible.includes("message") ? undefined : String(error.message);
  return {
    kind,
    name: name === defaultName(kind) ? undefined : name,
    message: message === "" && !Object.hasOwn(error, "message") ? undefined : message,
    hidden: (["cause", "errors"] as const).filter(
      (key) => Object.hasOwn(error, key) && !visible.includes(key),
    ),
    visible,
  };
}

/** Starts an error of a kind, or `undefined` when there is no such kind. */
export function startError(
  kind: number,
  name: string | undefined,
  message: string | undefined,
): Error | undefined {
  const error = withoutStack(() => errorKinds[kind]?.make(message));
  if (error !== undefined && name !== undefined) defineOn(error, "name", name, false);
  return error;
}

/** Makes an error without the walk over the stack, which a peer could order from us in masses. */
export function withoutStack<T>(make: () => T): T {
  const limit: unknown = Reflect.get(Error, "stackTraceLimit");
  Reflect.set(Error, "stackTraceLimit", 0);
  try {
    return make();
  } finally {
    Reflect.set(Error, "stackTraceLimit", limit);
  }
}

export function defineOn(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
}

/** Ends an error that came from a peer: checks what its class promises, and gives it a stack. */
export function sealError(error: Error, kind: number): void {
  if (kind === kindOfReignError && !isWholeReignError(error)) {
    throw new DecodeError("Expected a ReignError with a known code and details, got another.");
  }
  if (kind === kindOfNotSerializable && !hasPath(error)) {
    throw new DecodeError("Expected a NotSerializableError with a path, got one without.");
  }
  const name = typeof error.name === "string" ? error.name : "Error";
  const message = typeof error.message === "string" ? error.message : "";
  defineOn(error, "stack", message === "" ? name : `${name}: ${message}`, false);
}

/** Told by its name, since another copy of this package has another class. */
function isWholeReignError(error: Error): boolean {
  const code: unknown = Reflect.get(error, "code");
  const details: unknown = Reflect.get(error, "details");
  return (
    error.name === "ReignError" &&
    reignErrorCodes.some((known) => known === code) &&
    typeof details === "object" &&
    details !== null
  );
}

function hasPath(error: Error): boolean {
  return typeof Reflect.get(error, "path") === "string";
}

/**
 * An error of this package goes as one only if all that `sealError` asks for travels with it: what
 * somebody has bent must not cost the link.
 */
function nearestKind(error: Error, visible: readonly string[]): number {
  const whole = ["name", "code", "details"].every((key) => visible.includes(key));
  if (whole && isWholeReignError(error) && isPlain(Reflect.get(error, "details"))) {
    return kindOfReignError;
  }
  for (let at = prototypeOf(error); at !== null; at = prototypeOf(at)) {
    const kind = kindOf(at);
    const bent =
      kind === kindOfReignError ||
      (kind === kindOfNotSerializable && !(visible.includes("path") && hasPath(error)));
    if (kind >= 0 && !bent) return kind;
  }
  return 0;
}

/** By identity, or by name for a `DOMException` and for the builtins of another realm (`vm`). */
function kindOf(prototype: object): number {
  const kind = errorKinds.findIndex((known) => known.prototype === prototype);
  if (kind >= 0 || !Object.hasOwn(prototype, "constructor")) return kind;
  const named = errorKinds.findIndex((known) => known.name === prototype.constructor?.name);
  return named === kindOfReignError || named === kindOfNotSerializable ? -1 : named;
}

function isPlain(value: object): boolean {
  return prototypeOf(value) === Object.prototype;
}

function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value);
}

function defaultName(kind: number): unknown {
  const prototype = errorKinds[kind]?.prototype;
  return prototype === undefined ? undefined : Reflect.get(prototype, "name");
}

function messageArgument(message: string | undefined): [] | [string] {
  return message === undefined ? [] : [message];
}

function makeAggregateError(message: string | undefined): Error {
  const error = new AggregateError([], message);
  // Comes back with the properties, if the sender's had it.
  Reflect.deleteProperty(error, "errors");
  return error;
}
