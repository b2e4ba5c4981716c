/**
 * Why a value cannot leave the process, and where in the message it is.
 *
 * A codec that meets such a value throws a `Refusal` there, and each container on the way out adds
 * its part of the path. So the path costs nothing as long as everything can travel.
 */
import { isMailbox } from "./address.ts";
import { TooManyBytes } from "./byte-writer.ts";
import { NotSerializableError } from "./errors.ts";

/** Longer paths lose their middle; nobody reads a thousand brackets. */
const longestPath = 240;

/** On its way from a value that cannot travel to the codec's entry, which makes it an error. */
export class Refusal extends Error {
  readonly #inwards: string[] = [];

  /** Says that the value is inside another one, at `segment` of it. */
  at(segment: string): this {
    this.#inwards.push(segment);
    return this;
  }

  get path(): string {
    const path = `message${this.#inwards.toReversed().join("")}`;
    if (path.length <= longestPath) return path;
    return `${path.slice(0, longestPath / 2)} … ${path.slice(-longestPath / 2)}`;
  }
}

/** Adds `segment` to what was thrown below; what was not a refusal becomes one. */
export function refusedAt(thrown: unknown, segment: string): Refusal {
  return asRefusal(thrown).at(segment);
}

export function toNotSerializable(thrown: unknown): NotSerializableError {
  const refusal = asRefusal(thrown);
  const options = refusal.cause === undefined ? undefined : { cause: refusal.cause };
  return new NotSerializableError(refusal.path, refusal.message, options);
}

/** Says in one phrase what `value` is and what could be sent instead. */
export function describeRefused(value: unknown): string {
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  if (isMailbox(value)) {
    return "a mailbox is bound to its process; send its address";
  }
  const name = typeof value.constructor === "function" ? value.constructor.name : "";
  const instead = "send a plain object, or register the class";
  if (name === "") return `an instance of a class without a name; ${instead}`;
  return `an instance of class ${name}; ${instead}`;
}

export function atProperty(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

export function atIndex(index: number): string {
  return `[${index}]`;
}

/** The value of a Map's entry, by its key where that can be written down. */
export function atMapValue(key: unknown, index: number): string {
  if (typeof key === "string") return `.get(${JSON.stringify(key)})`;
  if (typeof key === "object" && key !== null) return `.values()[${index}]`;
  return `.get(${String(key)})`;
}

export function atMapKey(index: number): string {
  return `.keys()[${index}]`;
}

export function atSetItem(index: number): string {
  return `.values()[${index}]`;
}

/** The refusals that any codec has for a message as a whole. */
export function tooDeep(maxDepth: number): Refusal {
  return new Refusal(`nested deeper than ${maxDepth} levels`);
}

export function tooManyValues(maxValues: number): Refusal {
  return new Refusal(`the message holds more than ${maxValues} values`);
}

export function changedMeanwhile(): Refusal {
  return new Refusal("changed while it was being encoded");
}

/** And those for parts that have to be copied or filled in before they can travel. */
export function resizable(): Refusal {
  return new Refusal("a resizable ArrayBuffer; send a copy made with slice()");
}

export function sharedMemory(): Refusal {
  return new Refusal("a view of a SharedArrayBuffer; send a copy made with slice()");
}

export function halfNotice(): Refusal {
  return new Refusal("a MailboxClosed without an id or one of the three reasons");
}

function asRefusal(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  // Nothing is wrong with the value: there is too much of it, which is for the caller to say.
  if (thrown instanceof TooManyBytes) throw thrown;
  // The message was within the bounds, but the caller had used up most of the stack already.
  if (thrown instanceof RangeError && thrown.message.includes("call stack")) {
    return new Refusal("nested too deeply for the stack that is left", { cause: thrown });
  }
  return new Refusal("reading it threw an error, which is the cause", { cause: thrown });
}
