/** What a simulation is checked for, and which rare states it has reached. */
import { inspect } from "node:util";

export class Checks {
  readonly #always: { readonly name: string; readonly check: () => void }[] = [];
  readonly #atEnd: { readonly name: string; readonly check: () => void | Promise<void> }[] = [];
  readonly #reached = new Map<string, number>();

  get sometimes(): ReadonlyMap<string, number> {
    return this.#reached;
  }

  always(name: string, check: () => void): void {
    expectFunction(`the check of invariant ${JSON.stringify(name)}`, check);
    this.#always.push({ name, check });
  }

  atEnd(name: string, check: () => void | Promise<void>): void {
    expectFunction(`the check of ${JSON.stringify(name)}`, check);
    this.#atEnd.push({ name, check });
  }

  reached(label: string): void {
    this.#reached.set(label, (this.#reached.get(label) ?? 0) + 1);
  }

  /** Throws for the first invariant that does not hold. */
  checkAlways(): void {
    for (const { name, check } of this.#always) {
      try {
        refuseVerdict(check());
      } catch (cause) {
        throw new Error(`Invariant "${name}" does not hold: ${textOf(cause)}`, { cause });
      }
    }
  }

  /** Rejects for the first that does not hold in the end. */
  async checkAtEnd(): Promise<void> {
    for (const { name, check } of this.#atEnd) {
      try {
        refuseVerdict(await check());
      } catch (cause) {
        throw new Error(`"${name}" does not hold in the end: ${textOf(cause)}`, { cause });
      }
    }
  }
}

/** Throws a `TypeError` for what cannot be called. */
export function expectFunction(name: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new TypeError(`Expected ${name} to be a function, got ${textOf(value)}.`);
}

/**
 * Whoever returns `false`, or a promise that may reject, takes the check for one that bites: both
 * fit the type `() => void`.
 */
function refuseVerdict(returned: unknown): void {
  if (typeof returned === "boolean") {
    throw new TypeError(`its check returned ${returned}, and has to throw when it does not hold.`);
  }
  if (returned instanceof Promise) {
    returned.catch(() => {});
    throw new TypeError("its check returned a promise, which only those of eventually may.");
  }
}

/** What was thrown, for people: anything can be. */
export function textOf(error: unknown): string {
  if (error instanceof Error) return error.message === "" ? error.name : error.message;
  return typeof error === "string" ? error : inspect(error);
}
