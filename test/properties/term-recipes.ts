/**
 * Values of any shape, as recipes: what is sent and what is to arrive are made of the same one, so
 * that the two are compared and neither is derived from the other. The leaves are the rows of the
 * table of values, and of the table of what is refused.
 */
import * as fc from "fast-check";
import type { Address } from "../../src/core/address.ts";
import type { TypeTable } from "../../src/core/type-table.ts";
import { type RefusedValue, refusedValues } from "../../src/testing/codec-refusals.ts";
import { type CodecValue, codecValues } from "../../src/testing/codec-values.ts";

export type Recipe =
  | { readonly kind: "row"; readonly row: CodecValue }
  | { readonly kind: "refused"; readonly row: RefusedValue }
  | { readonly kind: "plain"; readonly value: unknown }
  | { readonly kind: "address"; readonly number: number }
  /** A container that was begun before: around it, which is a circle, or beside it. */
  | { readonly kind: "again"; readonly which: number }
  | { readonly kind: "array"; readonly items: readonly Recipe[]; readonly hole: boolean }
  | { readonly kind: ObjectKind; readonly entries: readonly (readonly [string, Recipe])[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [string, Recipe])[] }
  | { readonly kind: "set"; readonly items: readonly Recipe[] }
  | { readonly kind: "error"; readonly name: ErrorName; readonly text: string; cause: Recipe };

/** The last two are instances of classes, the second of which is made by its `decode`. */
type ObjectKind = "object" | "bare" | "begun" | "remade";

class Begun {}

class Remade {}

export function registerClasses(types: TypeTable): void {
  types.register(Begun, { name: "begun" });
  types.register(Remade, {
    name: "remade",
    encode: (remade) => Object.defineProperties({}, Object.getOwnPropertyDescriptors(remade)),
    decode: (properties: object) =>
      Object.defineProperties(new Remade(), Object.getOwnPropertyDescriptors(properties)),
  });
}

function emptyOf(kind: ObjectKind): object {
  switch (kind) {
    case "object":
      return {};
    case "bare":
      return Object.create(null);
    case "begun":
      return new Begun();
    case "remade":
      return new Remade();
  }
}

const errors = { Error, RangeError, TypeError, SyntaxError } as const;
type ErrorName = keyof typeof errors;

const key = fc.oneof(
  fc.constantFrom("id", "type", "__proto__", "constructor", "then", "toJSON", "", "a b", "\ud800"),
  // No index: those come first, wherever they are put.
  fc.string({ maxLength: 8 }).map((text) => `k${text}`),
  fc.string({ unit: "binary", maxLength: 4 }).map((text) => `${text}k`),
);

const plain = fc.oneof(
  fc.constantFrom<unknown>(null, true, -0, Number.NaN, 2 ** 53, -(2 ** 31), "", "\udc00\ud800"),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.string({ unit: "binary" }),
  fc.date({ noInvalidDate: false }),
);

const objectKinds = ["object", "object", "bare", "begun", "remade"] as const;
const rows = codecValues();
const refusals = refusedValues();
/** What a recipe is made of beside others: plain values, rows, and now and then what is refused. */
function leaf(withRefused: boolean): fc.Arbitrary<Recipe> {
  return fc.oneof<fc.MaybeWeightedArbitrary<Recipe>[]>(
    { weight: 6, arbitrary: plain.map((value) => ({ kind: "plain", value })) },
    { weight: 5, arbitrary: fc.constantFrom(...rows).map((row) => ({ kind: "row", row })) },
    { weight: 3, arbitrary: fc.nat(20).map((which) => ({ kind: "again", which })) },
    { weight: 1, arbitrary: fc.nat(3).map((number) => ({ kind: "address", number: number + 1 })) },
    {
      weight: withRefused ? 3 : 0,
      arbitrary: fc.constantFrom(...refusals).map((row) => ({ kind: "refused", row })),
    },
  );
}

export function recipes(withRefused: boolean): fc.Arbitrary<Recipe> {
  const { recipe } = fc.letrec<{ recipe: Recipe; node: Recipe; items: Recipe[] }>((tie) => {
    const entries = fc.uniqueArray(fc.tuple(key, tie("recipe")), {
      maxLength: 6,
      selector: ([name]) => name,
    });
    return {
      recipe: fc.oneof({ depthSize: "small" }, leaf(withRefused), tie("node"), tie("node")),
      items: fc.array(tie("recipe"), { maxLength: 5 }),
      node: fc.oneof<fc.Arbitrary<Recipe>[]>(
        fc.record({ kind: fc.constant("array"), items: tie("items"), hole: fc.boolean() }),
        fc.record({ kind: fc.constantFrom(...objectKinds), entries }),
        fc.record({ kind: fc.constant("map"), entries }),
        fc.record({ kind: fc.constant("set"), items: tie("items") }),
        fc.record({
          kind: fc.constant("error"),
          name: fc.constantFrom<ErrorName>("Error", "RangeError", "TypeError", "SyntaxError"),
          text: fc.string(),
          cause: tie("recipe"),
        }),
      ),
    };
  });
  return recipe;
}

/** Makes one value of a recipe: what is sent, or what is to arrive. */
export class Cook {
  /** Where the first thing is that is refused, and why. */
  refusal: { readonly path: string; readonly says: string } | undefined;
  /** Which rows, and what else, the value is made of. */
  readonly used = new Set<string>();
  readonly #side: "sent" | "arrives";
  readonly #addressOf: (number: number) => Address;
  readonly #containers: object[] = [];

  constructor(side: "sent" | "arrives", addressOf: (number: number) => Address) {
    this.#side = side;
    this.#addressOf = addressOf;
  }

  make(recipe: Recipe, path = "message"): unknown {
    switch (recipe.kind) {
      case "plain":
        return recipe.value;
      case "address":
        return this.#addressOf(recipe.number);
      case "row":
        return this.#row(recipe.row);
      case "refused":
        return this.#refused(recipe.row, path);
      case "again":
        return this.#again(recipe.which);
      case "array":
        return this.#array(recipe.items, recipe.hole, path);
      case "set":
        return this.#set(recipe.items, path);
      case "map":
        return this.#map(recipe.entries, path);
      case "error":
        return this.#error(recipe, path);
      default:
        return this.#object(recipe, path);
    }
  }

  #row({ name, value, arrives }: CodecValue): unknown {
    this.used.add(name);
    return this.#side === "sent" ? value() : (arrives ?? value)();
  }

  #refused(row: RefusedValue, path: string): unknown {
    this.used.add(row.name);
    this.refusal ??= { path: `${path}${row.path.slice("message".length)}`, says: row.says };
    return row.value();
  }

  #again(which: number): unknown {
    if (this.#containers.length === 0) return null;
    this.used.add("again");
    return this.#containers[which % this.#containers.length];
  }

  #begun<T extends object>(container: T): T {
    this.#containers.push(container);
    return container;
  }

  #array(items: readonly Recipe[], hole: boolean, path: string): unknown {
    const array = this.#begun<unknown[]>([]);
    if (hole && this.#side === "sent") array.length = 1;
    else if (hole) array.push(undefined);
    for (const item of items) array.push(this.make(item, `${path}[${array.length}]`));
    return array;
  }

  #set(items: readonly Recipe[], path: string): unknown {
    const set = this.#begun(new Set<unknown>());
    for (const item of items) set.add(this.make(item, `${path}.values()[${set.size}]`));
    return set;
  }

  #map(entries: readonly (readonly [string, Recipe])[], path: string): unknown {
    const map = this.#begun(new Map<unknown, unknown>());
    for (const [name, item] of entries) {
      map.set(name, this.make(item, `${path}.get(${JSON.stringify(name)})`));
    }
    return map;
  }

  #object(recipe: Extract<Recipe, { kind: ObjectKind }>, path: string): unknown {
    const object = this.#begun(emptyOf(recipe.kind));
    this.used.add(recipe.kind);
    if (this.#side === "sent") {
      // These stay behind.
      Object.defineProperty(object, Symbol("s"), { value: 1, enumerable: true });
      Object.defineProperty(object, "hidden", { value: () => 1, enumerable: false });
    }
    for (const [name, item] of recipe.entries) {
      const value = this.make(item, `${path}${segment(name)}`);
      Object.defineProperty(object, name, {
        value,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return object;
  }

  #error({ name, text, cause }: Extract<Recipe, { kind: "error" }>, path: string): unknown {
    const error = this.#begun(new errors[name](text));
    const value = this.make(cause, `${path}.cause`);
    Object.defineProperty(error, "cause", { value, writable: true, configurable: true });
    return error;
  }
}

function segment(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
