import type { SimulateOptions } from "../../../src/testing/index.ts";

/** A network without surprises, and nodes that are soon impatient. */
export const calm = {
  delay: [1, 1],
  chunk: false,
  settings: { pingInterval: 500, deadlineInterval: 2_000, maxReconnectDelay: 500 },
} as const satisfies Partial<SimulateOptions>;

export interface Seen {
  readonly at: number;
  readonly node: string;
  readonly peer: string;
  readonly up: boolean;
  readonly reason: string;
}

/** What the nodes of a simulation tell of their links. */
export function createSeen(): {
  readonly seen: Seen[];
  readonly onEvent: NonNullable<SimulateOptions["onEvent"]>;
  /** What was told from a moment on, as `1-2 down`. */
  since(at: number): string[];
} {
  const seen: Seen[] = [];
  return {
    seen,
    onEvent: (node, event) => {
      if (event.type !== "link_up" && event.type !== "link_down") return;
      const reason = event.type === "link_down" ? event.reason : "";
      const up = event.type === "link_up";
      seen.push({ at: node.clock.now(), node: node.name, peer: event.peer, up, reason });
    },
    since: (at) =>
      seen
        .filter((one) => one.at >= at)
        .map(({ node, peer, up }) => `${node}-${peer} ${up ? "up" : "down"}`),
  };
}
