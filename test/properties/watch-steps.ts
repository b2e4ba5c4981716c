/** What can be done to mailboxes that watch each other, as plain data, so that it prints. */
import * as fc from "fast-check";

/** What a watcher does, and to which of its node, in the midst of its next notice. */
export interface Reaction {
  readonly do: "watch" | "unwatch";
  readonly watcher: number;
}

export type WatchStep =
  | { readonly do: "open"; readonly at: number }
  | { readonly do: "close"; readonly target: number }
  | {
      readonly do: "watch" | "unwatch";
      readonly at: number;
      readonly watcher: number;
      readonly target: number;
    }
  | {
      readonly do: "crowd";
      readonly at: number;
      readonly target: number;
      readonly reaction: Reaction;
    }
  | { readonly do: "read" | "renew"; readonly at: number; readonly watcher: number }
  | { readonly do: "say"; readonly from: number; readonly at: number; readonly watcher: number }
  | {
      readonly do: "cut";
      readonly from: number;
      readonly to: number;
      readonly how: "told" | "silent" | "one way" | "stall";
    }
  | { readonly do: "heal" }
  | { readonly do: "restart"; readonly at: number; readonly how: "calm" | "told" | "silent" }
  | { readonly do: "wait"; readonly ms: number };

const node = fc.nat(2);
const watcher = fc.nat(1);
const target = fc.nat(5);

function step<K extends WatchStep["do"], F extends Record<string, fc.Arbitrary<unknown>>>(
  weight: number,
  what: K,
  fields: F,
) {
  const arbitrary = fc.record({ do: fc.constant(what), ...fields }, { noNullPrototype: true });
  return { weight, arbitrary };
}

export const watchStep = fc.oneof(
  step(4, "open", { at: node }),
  step(5, "close", { target }),
  step(14, "watch", { at: node, watcher, target }),
  step(5, "unwatch", { at: node, watcher, target }),
  step(5, "crowd", {
    at: node,
    target,
    reaction: fc.record(
      { do: fc.constantFrom("watch", "unwatch"), watcher },
      { noNullPrototype: true },
    ),
  }),
  step(3, "read", { at: node, watcher }),
  step(1, "renew", { at: node, watcher }),
  step(6, "say", { from: node, at: node, watcher }),
  step(3, "cut", {
    from: node,
    to: node,
    how: fc.constantFrom("told", "silent", "one way", "stall"),
  }),
  step(3, "heal", {}),
  step(1, "restart", { at: node, how: fc.constantFrom("calm", "told", "silent") }),
  step(10, "wait", { ms: fc.constantFrom(0, 0, 1, 10, 40, 300, 3_000) }),
) as fc.Arbitrary<WatchStep>;
