/**
 * What is measured, and by whom.
 *
 * A case is a piece of work. Its contestants do that work, each in processes of its own, so that
 * none gets code that was optimised, or spoilt, for another, and each can be profiled by itself. A
 * contestant has one or more roles, a process each: `reign` has one in a local case, a receiver and
 * a sender in a remote one. A further peer is one more contestant in the list of a case; one that
 * is another program starts it in its role.
 */

export interface Case {
  /** As it is given to `--only`. */
  readonly id: string;
  readonly title: string;
  readonly unit: "messages" | "round trips";
  /** How many messages, or round trips, one round has. */
  readonly size: Readonly<Record<"full" | "quick", number>>;
  /** What is compared: how many per second, or how long half of them take at most. */
  readonly compared: "rate" | "p50";
  /** Whether it is between two processes, and needs ports and certificates. */
  readonly remote: boolean;
  /** Two processes that take turns are timed on one processor, where the system lets us choose. */
  readonly oneProcessor: boolean;
  /** The first is the one that the others are compared with. */
  readonly contestants: readonly Contestant[];
}

export interface Contestant {
  readonly name: string;
  /** In the order in which they are started. The last one keeps the time. */
  readonly roles: readonly RoleDefinition[];
}

export interface RoleDefinition {
  readonly name: string;
  /** Gets ready, in the role's own process: connected, and waiting for its first round. */
  start(setting: Setting): Promise<Role>;
}

/** What the roles of one contestant share. */
export interface Setting {
  /** Where `initCluster` has put the certificates of nodes 1 and 2. Empty in a local case. */
  readonly folder: string;
  /** The ports of nodes 1 and 2, which were free a moment ago. */
  readonly ports: readonly [number, number];
}

export interface Role {
  /**
   * Does its share of a round: settles when it is done. Whoever waits for others is listening for
   * them when the call returns. Rejects when what came is not what was sent.
   */
  round(count: number): Promise<Timing | undefined>;
}

/** What the role that keeps the time has found. */
export interface Timing {
  readonly seconds: number;
  /** How long each round trip took, in microseconds. */
  readonly p50?: number;
  readonly p99?: number;
}

/** One round of one contestant. */
export interface Sample extends Timing {
  /** User and system time of its processes during the round, in the order of its roles. */
  readonly cpuSeconds: readonly number[];
}
