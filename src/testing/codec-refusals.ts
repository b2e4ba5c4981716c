/** What every codec refuses at the sender, with the place that the error names. */
import { mailboxBrand } from "../core/address.ts";

export interface RefusedValue {
  readonly name: string;
  readonly value: () => unknown;
  /** Where in the message the value is that cannot travel. */
  readonly path: string;
  /** Words that the error's message has. */
  readonly says: string;
}

export function refusedValues(): readonly RefusedValue[] {
  return refusals;
}

class Order {
  readonly price = 1;
}

const refusals: readonly RefusedValue[] = [
  refusal(
    "a function",
    () => ({ order: { lines: [0, { price: () => 1 }] } }),
    "message.order.lines[1].price",
    "a function",
  ),
  refusal("a symbol", () => [Symbol("s")], "message[0]", "a symbol"),
  refusal("the message itself", () => () => 1, "message", "a function"),
  refusal(
    "an instance of a class",
    () => ({ order: new Order() }),
    "message.order",
    "class Order; send a plain object",
  ),
  refusal(
    "a class that extends Map",
    () => [new (class Table extends Map {})()],
    "message[0]",
    "class Table",
  ),
  refusal(
    "a class that extends Array",
    () => [new (class Row extends Array {})()],
    "message[0]",
    "class Row",
  ),
  refusal(
    "a class that extends Uint8Array",
    () => [new (class Pixels extends Uint8Array {})()],
    "message[0]",
    "class Pixels",
  ),
  refusal(
    "a mailbox",
    () => ({ replyTo: { [mailboxBrand]: true, __proto__: { constructor: Order } } }),
    "message.replyTo",
    "send its address",
  ),
  refusal("a promise", () => [Promise.resolve(1)], "message[0]", "class Promise"),
  refusal("a WeakMap", () => [new WeakMap()], "message[0]", "class WeakMap"),
  refusal(
    "a SharedArrayBuffer",
    () => [new SharedArrayBuffer(1)],
    "message[0]",
    "SharedArrayBuffer",
  ),
  refusal(
    "a view of a SharedArrayBuffer",
    () => [new Uint8Array(new SharedArrayBuffer(1))],
    "message[0]",
    "SharedArrayBuffer",
  ),
  refusal(
    "a value of a Map",
    () => ({ map: new Map([["k", [() => 1]]]) }),
    'message.map.get("k")[0]',
    "a function",
  ),
  refusal(
    "a value of a Map with a number for a key",
    () => new Map([[7, Symbol("s")]]),
    "message.get(7)",
    "a symbol",
  ),
  refusal(
    "a value of a Map with an object for a key",
    () => new Map([[{}, () => 1]]),
    "message.values()[0]",
    "a function",
  ),
  refusal(
    "a key of a Map",
    () => ({
      map: new Map<unknown, unknown>([
        [1, 1],
        [() => 1, 2],
      ]),
    }),
    "message.map.keys()[1]",
    "a function",
  ),
  refusal(
    "an item of a Set",
    () => ({ set: new Set([1, () => 1]) }),
    "message.set.values()[1]",
    "a function",
  ),
  refusal(
    "behind an odd key",
    () => ({ "a b": { 7: { é: () => 1 } } }),
    'message["a b"]["7"]["é"]',
    "a function",
  ),
  refusal(
    "without a prototype",
    () => ({ a: Object.assign(Object.create(null), { b: () => 1 }) }),
    "message.a.b",
    "a function",
  ),
  refusal(
    "the cause of an error",
    () => new Error("x", { cause: { f: () => 1 } }),
    "message.cause.f",
    "a function",
  ),
  refusal(
    "a property of an error",
    () => Object.assign(new Error("x"), { f: () => 1 }),
    "message.f",
    "a function",
  ),
  refusal(
    "a getter that throws",
    () => ({
      a: {
        get b(): never {
          throw new Error("no");
        },
      },
    }),
    "message.a.b",
    "threw",
  ),
  refusal(
    "a revoked proxy",
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return { proxy };
    },
    "message.proxy",
    "threw",
  ),
];

function refusal(name: string, value: () => unknown, path: string, says: string): RefusedValue {
  return { name, value, path, says };
}
