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
  /**
   * As it is given to `--only`: `L1`. Where a case has several sizes or sides, each is a case, as
   * `L3-1k` and `L3-10k`, and `--only L3` means all of them.
   */
  readonly id: string;
  readonly title: string;
  /** What is counted: "messages", "round trips", "hops", "MB". */
  readonly unit: string;
  /** How many of the unit one round has. With 0 it is no part of that run, unless asked for. */
  readonly size: Readonly<Record<"full" | "quick", number>>;
  readonly measure: Measure;
  /** Whether it is between two processes, and needs ports and certificates. */
  readonly remote: boolean;
  /** Two processes that take turns are timed on one processor, where the system lets us choose. */
  readonly oneProcessor: boolean;
  /** The first is the one that the others are compared with. */
  readonly contestants: readonly Contestant[];
  readonly goals: readonly Goal[];
}

/**
 * What is compared: how many of the unit per second (more is better), how long half of them take at
 * most, in microseconds, how long a round takes, in milliseconds, or how many bytes each one takes
 * (less is better).
 */
export type Measure = "rate" | "p50" | "duration" | "memory";

/** What a contestant is to come to. `checkGoals` says whether it did. */
export interface Goal {
  readonly contestant: string;
  /** What is looked at, if it is not what the case measures: the time of all its processes. */
  readonly of?: "CPU s/million";
  /** The contestant whose figure it is divided by. Without one, the figure itself counts. */
  readonly beside?: string;
  /** The case in which `beside` stands, if it is another one. */
  readonly inCase?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Contestant {
  readonly name: string;
  /**
   * Which part of the case's count a round of this one has, if not all of it: for one so much
   * slower that the others would wait for it.
   */
  readonly share?: number;
  /** Why it cannot run here: "erl is not installed". It is then left out, and the page says so. */
  available?(): string | undefined;
  /** In the order in which they are started. The last one keeps the time. */
  readonly roles: readonly RoleDefinition[];
}

export interface RoleDefinition {
  readonly name: string;
  /** The bench leaves it to another role of this contestant, which starts it for each round. */
  readonly startedByOther?: true;
  /** Gets ready, in the role's own process: connected, and waiting for its first round. */
  start(setting: Setting): Promise<Role>;
}

/** What the roles of one contestant share. */
export interface Setting {
  /**
   * For files of this run: it goes when the bench ends. In a remote case `initCluster` has put the
   * certificates of nodes 1 and 2 there.
   */
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
  /** User and system time, so far, of the programs that this role has started. */
  cpuSeconds?(): number | Promise<number>;
  /** The most memory that these programs have had, in bytes. */
  memory?(): number | Promise<number>;
  /** Ends these programs: called before the role's process leaves. */
  end?(): void | Promise<void>;
}

/** What the role that keeps the time has found. */
export interface Timing {
  readonly seconds: number;
  /** How many it did, if it was told to end after a time. */
  readonly count?: number;
  /** How long each round trip took, in microseconds. */
  readonly p50?: number;
  readonly p99?: number;
  /** What each one takes, where the case measures memory. */
  readonly bytes?: number;
}

/** What a process, with the programs it has started, has used. */
export interface Usage {
  /** User and system time. */
  readonly cpuSeconds: number;
  /** The most memory it has had so far, in bytes, as the system counts it (RSS). */
  readonly memory: number;
}

/** One round of one contestant. */
export interface Sample extends Timing {
  readonly count: number;
  /** Of its processes, in the order of its roles; the time is that of this round. */
  readonly usage: readonly Usage[];
}
