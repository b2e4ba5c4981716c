/**
 * Messages that want to know of their way: instances of classes with one of three functions.
 *
 * Which messages those are is known by their class alone, once for each class. Plain objects,
 * arrays and everything that is no object are never looked into, so that they cost one comparison.
 */
import type { NodeId } from "./mailbox-id.ts";

/** One step of a message. */
export interface Hop {
  /** The node where the step begins. */
  readonly from: NodeId;
  /** Where it leads: the mailbox (its `address.id`), or for `reignTransferred` the next node. */
  readonly to: string;
  /**
   * When: milliseconds of the clock of the node that calls (`service.clock`). Those of one node can
   * be compared with each other, and with nothing else.
   */
  readonly at: number;
}

/**
 * What the class of a message may have, each of them or some, to be told of the message's way. They
 * have to be functions of the class, not of the one message.
 *
 * Each is called at once, on the message itself: what it writes into the message before that leaves
 * its node travels along. Across a link, only instances of classes that both nodes have registered
 * (`service.registerType`) are instances again. What one throws is reported, as `callback_failed`,
 * and changes nothing; what it returns is not waited for. It may use the service.
 *
 * From the first such message on, a node looks at the class of each message that is handed over.
 *
 * Go: the `TracedMsg` that its list of wishes has. Erlang: `seq_trace`.
 */
export interface TracedMsg {
  /**
   * `send` was called with it, and a mailbox or a link is there to take it. Whether that does is
   * not known yet: a mailbox that is full, or a link with too much before it, makes `send` `false`.
   */
  reignSent?(hop: Hop): unknown;
  /** It is about to be given to a link, and on the other node it has come over it. */
  reignTransferred?(hop: Hop): unknown;
  /** It is handed over to who receives it, who gets it next, whatever this does. */
  reignReceived?(hop: Hop): unknown;
}

export type TraceHook = keyof TracedMsg;

const hooks: readonly TraceHook[] = ["reignSent", "reignTransferred", "reignReceived"];

/**
 * The class of a message; nothing of plain objects and arrays. By `constructor`, since the engine
 * has that at hand when it has the object, while to ask for its prototype is a call.
 */
export function classOf(message: unknown): object | undefined {
  if (typeof message !== "object" || message === null) return undefined;
  const made = constructorOf(message);
  if (made === Object || made === Array || typeof made !== "function") return undefined;
  return made;
}

/** The classes with hooks. */
export class TracedClasses {
  readonly #known = new WeakMap<object, boolean>();
  /** One without: a program sends most often what it has sent before. */
  #last: object | undefined = undefined;

  has(made: object): boolean {
    if (made === this.#last) return false;
    const known = this.#known.get(made) ?? this.#learn(made);
    if (!known) this.#last = made;
    return known;
  }

  #learn(made: object): boolean {
    const traced = hasHooks(made);
    this.#known.set(made, traced);
    return traced;
  }
}

/** No class that refuses to be looked at, as a proxy may. */
function hasHooks(made: object): boolean {
  try {
    const prototype: unknown = Reflect.get(made, "prototype");
    const isObject = typeof prototype === "object" && prototype !== null;
    return isObject && hooks.some((hook) => hook in prototype);
  } catch {
    return false;
  }
}

/** Nothing of an object that refuses: what its proxy throws is no matter of who sends it. */
function constructorOf(message: object): unknown {
  try {
    return message.constructor;
  } catch {
    return undefined;
  }
}
