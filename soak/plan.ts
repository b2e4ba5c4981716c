/**
 * What goes wrong in a soak, and when: drawn from the seed alone, so that a run can be had again.
 *
 * The plan is made of rounds. In a round there is load all the time, and one trouble after the
 * other; at its end all is healed, the load pauses and everything is counted. Some rounds kill:
 * the counters of a killed process are gone, so only the others can be accounted for to the last
 * message.
 */
import type { Random } from "reign";

/** How a link is hurt. What has no direction hurts both. */
export type LinkFault =
  | { readonly kind: "cut"; readonly how: "fin" | "rst"; readonly after?: number }
  | { readonly kind: "stall"; readonly direction?: Direction }
  | { readonly kind: "discard"; readonly direction?: Direction }
  | { readonly kind: "delay"; readonly ms: number; readonly jitterMs: number }
  | { readonly kind: "trickle"; readonly bytes: number; readonly everyMs: number }
  | { readonly kind: "limit"; readonly bytesPerSecond: number };

/** From the lower id of a pair to the higher, or back. */
export type Direction = "forth" | "back";

export type Trouble =
  /** One link, or two at once. */
  | { readonly kind: "links"; readonly links: readonly HurtLink[]; readonly forMs: number }
  /** Nothing passes between this node and all others, and nobody is told. */
  | { readonly kind: "isolate"; readonly node: number; readonly forMs: number }
  /** SIGSTOP, and SIGCONT when the time is over. */
  | { readonly kind: "freeze"; readonly nodes: readonly number[]; readonly forMs: number }
  /** SIGKILL, and a new process with the same id when the time is over. */
  | { readonly kind: "kill"; readonly node: number; readonly forMs: number }
  /** `stop()`, the end of the process, and a new one with the same id when the time is over. */
  | { readonly kind: "leave"; readonly node: number; readonly forMs: number };

/** What is told apart in the report. */
export const troubleKinds = {
  cut: "a connection ended, at once or after some bytes",
  stall: "a path that takes nothing, in one direction or both",
  discard: "a path that loses all, in one direction or both",
  delay: "a path that is late",
  trickle: "a path that lets a few bytes pass at a time",
  limit: "a path that is slow",
  "two links": "two of these at once, on two links",
  isolate: "a node cut off from all others",
  freeze: "SIGSTOP, of one process or two",
  kill: "SIGKILL, and a new process",
  leave: "the end by stop(), and a new process",
} as const;

export type TroubleKind = keyof typeof troubleKinds;

export interface HurtLink {
  readonly pair: readonly [lower: number, higher: number];
  readonly fault: LinkFault;
}

export interface Step {
  /** After the trouble before was over. */
  readonly waitMs: number;
  readonly trouble: Trouble;
}

export interface Pace {
  readonly waitMs: Range;
  readonly forMs: Range;
  readonly stepsOfRound: Range;
}

type Range = readonly [least: number, most: number];

export const paces = {
  full: { waitMs: [2_000, 15_000], forMs: [1_000, 10_000], stepsOfRound: [3, 6] },
  quick: { waitMs: [50, 200], forMs: [50, 300], stepsOfRound: [2, 3] },
} as const satisfies Record<string, Pace>;

export const nodeCount = 5;
/** These are never killed and never leave: what they hold is compared over the whole run. */
export const keepers: readonly number[] = [1, 2, 3];
const goers: readonly number[] = [4, 5];

const nodes = [...keepers, ...goers];
const pairs: readonly HurtLink["pair"][] = nodes.flatMap((lower) =>
  nodes.filter((higher) => higher > lower).map((higher) => [lower, higher] as const),
);

/** The rounds of a run, without end. */
export function* planOf(random: Random, pace: Pace): Generator<readonly Step[], never> {
  const draw = new Draw(random);
  for (;;) {
    const kills = draw.chance(0.5);
    const steps = draw.within(pace.stepsOfRound);
    yield Array.from({ length: steps }, () => stepOf(draw, pace, kills));
  }
}

function stepOf(draw: Draw, pace: Pace, kills: boolean): Step {
  return { waitMs: draw.within(pace.waitMs), trouble: troubleOf(draw, pace, kills) };
}

function troubleOf(draw: Draw, pace: Pace, kills: boolean): Trouble {
  const forMs = draw.within(pace.forMs);
  const peaceful = ["links", "links", "links", "isolate", "freeze", "leave"] as const;
  const kind = draw.among(kills ? ([...peaceful, "kill", "kill"] as const) : peaceful);
  switch (kind) {
    case "isolate":
      return { kind, node: draw.among(nodes), forMs };
    case "freeze": {
      const first = draw.among(nodes);
      const second = draw.among(nodes.filter((id) => id !== first));
      return { kind, nodes: draw.chance(0.2) ? [first, second] : [first], forMs };
    }
    case "kill":
    case "leave":
      return { kind, node: draw.among(goers), forMs };
    default: {
      const first = draw.among(pairs);
      const second = draw.among(pairs.filter((pair) => pair !== first));
      const hurt = draw.chance(0.3) ? [first, second] : [first];
      return {
        kind: "links",
        links: hurt.map((pair) => ({ pair, fault: linkFaultOf(draw) })),
        forMs,
      };
    }
  }
}

function linkFaultOf(draw: Draw): LinkFault {
  const kind = draw.among(["cut", "cut", "stall", "discard", "delay", "trickle", "limit"] as const);
  const direction = draw.among([undefined, "forth", "back"] as const);
  const oneWay = direction === undefined ? {} : { direction };
  switch (kind) {
    case "cut": {
      const how = draw.among(["fin", "rst"] as const);
      return draw.chance(0.5) ? { kind, how } : { kind, how, after: draw.within([1, 200_000]) };
    }
    case "stall":
    case "discard":
      return { kind, ...oneWay };
    case "delay": {
      const ms = draw.within([1, 300]);
      return { kind, ms, jitterMs: draw.within([0, ms]) };
    }
    case "trickle":
      return { kind, bytes: draw.within([1, 500]), everyMs: draw.within([5, 100]) };
    case "limit":
      return { kind, bytesPerSecond: draw.within([2_000, 200_000]) };
  }
}

/** For the figures: what was done, without its numbers. */
export function kindOf(trouble: Trouble): TroubleKind {
  if (trouble.kind !== "links") return trouble.kind;
  const [first, second] = trouble.links;
  return second === undefined && first !== undefined ? first.fault.kind : "two links";
}

class Draw {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A whole number, both ends among them. */
  within([least, most]: Range): number {
    return least + Math.floor(this.#random.fraction() * (most - least + 1));
  }

  among<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random.fraction() * choices.length)] as T;
  }

  chance(share: number): boolean {
    return this.#random.fraction() < share;
  }
}
