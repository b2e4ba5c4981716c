/**
 * Throws when something in a simulation reads the real clock, waits for real time or draws real
 * chance: its run could not be had again.
 *
 * The functions are replaced while callbacks of the simulation run, and the promises that these
 * settle, and are the real ones again for whatever else the process does.
 *
 * What a module has imported by name (`import { randomBytes } from "node:crypto"`) is out of reach.
 */
import nodeCrypto from "node:crypto";

interface Replaced {
  readonly place: object;
  readonly name: string;
  readonly trap: unknown;
  /** As it stood before; `undefined` where it is inherited. */
  real: PropertyDescriptor | undefined;
}

/** What to use instead, by what was touched. */
const instead = {
  time: "node.clock.now()",
  wait: "node.sleep(ms) or node.clock.after(ms, run)",
  chance: "node.random",
};

const chanceOfNode = ["randomBytes", "randomInt", "randomFill", "randomFillSync"] as const;

export class AmbientTraps {
  readonly #replaced: readonly Replaced[];

  constructor() {
    const { crypto, performance, process } = globalThis;
    this.#replaced = [
      trapped(globalThis, "Date", instead.time, trappedDate()),
      trapped(performance, "now", instead.time),
      trapped(process, "hrtime", instead.time),
      trapped(process, "uptime", instead.time),
      trapped(Math, "random", instead.chance),
      trapped(crypto, "getRandomValues", instead.chance),
      trapped(crypto, "randomUUID", instead.chance),
      ...chanceOfNode.map((name) => trapped(nodeCrypto, name, instead.chance)),
      trapped(globalThis, "setTimeout", instead.wait),
      trapped(globalThis, "setInterval", instead.wait),
      trapped(globalThis, "setImmediate", instead.wait),
      trapped(AbortSignal, "timeout", "the option timeout, or an AbortController"),
      trapped(globalThis, "fetch", "a node of the simulation"),
    ];
  }

  set(): void {
    for (const replaced of this.#replaced) {
      const { place, name, trap } = replaced;
      replaced.real = Object.getOwnPropertyDescriptor(place, name);
      Object.defineProperty(place, name, { value: trap, configurable: true, writable: true });
    }
  }

  lift(): void {
    for (const { place, name, real } of this.#replaced) {
      if (real === undefined) Reflect.deleteProperty(place, name);
      else Object.defineProperty(place, name, real);
    }
  }
}

function trapped(place: object, name: string, use: string, trap?: unknown): Replaced {
  const owner = ownerOf(place);
  const refuse = (): never => {
    throw new Error(
      `${owner}${name} was used inside a simulation, which could then not be had again from its ` +
        `seed. Use ${use}.`,
    );
  };
  // `process.hrtime` has a `bigint` of its own.
  return { place, name, trap: trap ?? Object.assign(refuse, { bigint: refuse }), real: undefined };
}

function ownerOf(place: object): string {
  if (place === globalThis) return "";
  if (place === Math) return "Math.";
  if (place === AbortSignal) return "AbortSignal.";
  if (place === globalThis.process) return "process.";
  return place === globalThis.performance ? "performance." : "crypto.";
}

/** `Date` as it is, but for the present moment. */
function trappedDate(): DateConstructor {
  const refuse = (what: string): never => {
    throw new Error(
      `${what} was used inside a simulation, which could then not be had again from its seed. ` +
        `Use ${instead.time}.`,
    );
  };
  return new Proxy(Date, {
    apply: () => refuse("Date()"),
    construct: (target, args: unknown[]) =>
      args.length === 0 ? refuse("new Date()") : Reflect.construct(target, args),
    get: (target, key) => (key === "now" ? () => refuse("Date.now") : Reflect.get(target, key)),
  });
}
