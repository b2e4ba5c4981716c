/**
 * What a selective receive may ask for, and the one form that mailboxes work with.
 *
 * A matcher is a type guard, a predicate, a class or a partial pattern. `compileMatcher` turns it
 * into an object that answers for one message at a time, and says by which tags a mailbox finds the
 * message without looking at the others, if it names any: what it asks of a message beyond doubt.
 *
 * A pattern is read once, when it is compiled: changes to it afterwards have no effect on a receive
 * that waits.
 */
import type { Address } from "./address.ts";
import { isAddress } from "./address.ts";

/** Tells by its parameter's narrowed type which messages it wants. */
export type TypeGuard<M, T extends M> = (message: M) => message is T;

/** Wants the messages for which it is true. */
export type Predicate<M> = (message: M) => boolean;

/** Wants the instances of a class and of its subclasses. */
export type ClassMatcher<T = unknown> = abstract new (...args: never[]) => T;

type Literal = string | number | bigint | boolean | symbol | null | undefined;

/**
 * A plain object whose every property has to be the message's own as well, with the same value by
 * `Object.is`. Values are literals, addresses, or plain objects that are patterns in turn.
 */
export type Pattern<M> = unknown extends M
  ? { readonly [key: string]: unknown }
  : M extends Literal | readonly unknown[] | ((...args: never[]) => unknown)
    ? never
    : { readonly [K in keyof M]?: PatternValue<M[K]> };

type PatternValue<V> = unknown extends V
  ? unknown
  : V extends Literal | Address<never>
    ? V
    : Pattern<V>;

/** Everything that selects messages. */
export type Matcher<M> = Predicate<M> | ClassMatcher | Pattern<M>;

/** The messages of `M` that a matcher of type `X` lets through. */
export type Matched<M, X> =
  X extends ClassMatcher<infer T>
    ? Narrow<M, T>
    : X extends TypeGuard<M, infer T>
      ? T
      : X extends (message: never) => unknown
        ? M
        : unknown extends M
          ? X
          : MatchedByPattern<M, X>;

/** What `instanceof` narrows to. */
type Narrow<M, T> = [Overlap<M, T>] extends [never] ? M & T : Overlap<M, T>;
type Overlap<M, T> = M extends T ? M : T extends M ? T : never;

/** The members of the union `M` that have all properties of `X`, each able to have its value. */
type MatchedByPattern<M, X> = M extends object
  ? [keyof X] extends [keyof M]
    ? M extends X
      ? M
      : Conflicts<M, X> extends never
        ? M & X
        : never
    : never
  : never;

/** The keys of `X` whose values `M` cannot have. */
type Conflicts<M, X> = {
  [K in keyof X & keyof M]-?: X[K] extends Literal | Address<never>
    ? [M[K] & X[K]] extends [never]
      ? K
      : never
    : [MatchedByPattern<M[K], X[K]>] extends [never]
      ? unknown extends M[K]
        ? never
        : K
      : never;
}[keyof X & keyof M];

/** Something that every message has which a matcher wants. */
export interface Tag {
  /** A property of the message's own. `undefined`: the tag is what the message inherits from. */
  readonly key: string | undefined;
  /** What the property is, or the `prototype` of a class. */
  readonly value: unknown;
}

/** A matcher made ready. `matches` runs code of the user's and may throw. */
export interface CompiledMatcher<in M> {
  /** At least one, or `undefined`: then the messages have to be looked at. */
  readonly tags?: readonly Tag[] | undefined;
  matches(message: M): boolean;
}

/** A `TypeError` for what is no matcher. */
export function compileMatcher<M>(matcher: Matcher<M>): CompiledMatcher<M> {
  const given: unknown = matcher;
  if (isClass(given)) return new InstanceOf(given);
  if (isFunction(given)) return new Satisfies(given);
  if (isPlainObject(given)) return compilePattern(given, undefined);
  throw new TypeError(
    "Expected a matcher: a type guard, a predicate, a class or a plain object, " +
      `got ${describe(given)}.`,
  );
}

/** Whether `value` was written as `{ … }`, or has no prototype at all. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // The second test knows the plain objects of other realms, such as a test runner's.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

type AnyFunction = (message: unknown) => unknown;

function isFunction(value: unknown): value is AnyFunction {
  return typeof value === "function";
}

/** Of all functions, only classes have a `prototype` that cannot be replaced. */
function isClass(value: unknown): value is ClassMatcher {
  if (typeof value !== "function") return false;
  return Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}

class Satisfies implements CompiledMatcher<unknown> {
  readonly #predicate: AnyFunction;

  constructor(predicate: AnyFunction) {
    this.#predicate = predicate;
  }

  matches(message: unknown): boolean {
    const predicate = this.#predicate;
    const answer = predicate(message);
    if (typeof answer === "boolean") return answer;
    // Every promise is truthy, so that an async predicate would want every message.
    if (isThenable(answer)) {
      throw new TypeError(
        "Expected a boolean from the matcher, got a promise: it cannot be async.",
      );
    }
    return Boolean(answer);
  }
}

export function isThenable(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return typeof Reflect.get(value, "then") === "function";
}

const ordinaryHasInstance: unknown = Function.prototype[Symbol.hasInstance];

const wrapperClasses: readonly unknown[] = [String, Number, Boolean, BigInt, Symbol];

class InstanceOf implements CompiledMatcher<unknown> {
  readonly tags: readonly Tag[] | undefined;
  readonly #class: ClassMatcher;

  constructor(wanted: ClassMatcher) {
    if (wrapperClasses.includes(wanted)) {
      throw new TypeError(
        `Expected a matcher, got ${wanted.name}, of which strings, numbers and the like are not ` +
          `instances: use a predicate such as (m) => typeof m === "${wanted.name.toLowerCase()}".`,
      );
    }
    this.#class = wanted;
    // A class that says itself what its instances are asks nothing of their prototypes.
    const inherits = Reflect.get(wanted, Symbol.hasInstance) === ordinaryHasInstance;
    this.tags = inherits ? [{ key: undefined, value: wanted.prototype }] : undefined;
  }

  matches(message: unknown): boolean {
    return message instanceof this.#class;
  }
}

/** Which property has to match which pattern. */
interface Nested {
  readonly key: string;
  readonly pattern: PartialPattern;
}

/** Properties that have to be the same, which are its tags, and some that are patterns in turn. */
class PartialPattern implements CompiledMatcher<unknown> {
  readonly tags: readonly Tag[] | undefined;
  readonly #nested: readonly Nested[] | undefined;

  constructor(tags: readonly Tag[] | undefined, nested: readonly Nested[] | undefined) {
    this.tags = tags;
    this.#nested = nested;
  }

  matches(message: unknown): boolean {
    if (typeof message !== "object" || message === null) return false;
    for (const { key, value } of this.tags ?? []) {
      if (key === undefined || !Object.hasOwn(message, key)) return false;
      if (!Object.is(value, Reflect.get(message, key))) return false;
    }
    for (const { key, pattern } of this.#nested ?? []) {
      if (!Object.hasOwn(message, key)) return false;
      if (!pattern.matches(Reflect.get(message, key))) return false;
    }
    return true;
  }
}

/** Where a pattern stands in the one around it. */
interface Place {
  readonly key: string;
  readonly within: object;
  readonly around: Place | undefined;
}

function compilePattern(
  pattern: Readonly<Record<string, unknown>>,
  place: Place | undefined,
): PartialPattern {
  let tags: Tag[] | undefined;
  let nested: Nested[] | undefined;
  for (const key of Object.keys(pattern)) {
    const value = pattern[key];
    if (isTagValue(value)) {
      tags ??= [];
      tags.push({ key, value });
    } else {
      nested ??= [];
      nested.push({ key, pattern: compileNested(value, { key, within: pattern, around: place }) });
    }
  }
  return new PartialPattern(tags, nested);
}

function compileNested(value: unknown, place: Place): PartialPattern {
  if (isPlainObject(value) && !contains(place, value)) return compilePattern(value, place);
  throw new TypeError(
    "Expected literals, addresses and plain objects in a pattern, " +
      `got ${describe(value)} at ${pathOf(place)}.`,
  );
}

function contains(place: Place | undefined, value: object): boolean {
  return place !== undefined && (place.within === value || contains(place.around, value));
}

function pathOf({ around, key }: Place): string {
  return around === undefined ? key : `${pathOf(around)}.${key}`;
}

/** Whether a pattern can ask for this very value. May run code of the user's. */
export function isTagValue(value: unknown): boolean {
  return isLiteral(value) || isAddress(value);
}

function isLiteral(value: unknown): value is Literal {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}

/** Names the kind of a value, never its contents: they may be secret. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "function") return "a function";
  if (typeof value !== "object") return `a ${typeof value}`;
  if (isPlainObject(value)) return "a pattern inside itself";
  const made: unknown = value.constructor;
  return typeof made === "function" ? `an instance of ${made.name}` : "an object";
}
