/**
 * Turns the host of a peer into IP addresses, and tells of it.
 *
 * A node dials for ever, so it tells what is new only: the first look at a host, addresses other
 * than before, and each failure, or that it takes long, once until there are addresses again: two
 * that take turns would be a line of the log each time. Addresses written as numbers are nothing to
 * look up or tell.
 *
 * A lookup occupies one of the few threads that Node has for them until the system answers, also
 * when nobody waits for it any more. So there is one at most for each peer: the next dial waits for
 * the same one, and takes an answer that came between the two. Otherwise a name that nobody answers
 * for would take thread after thread, and keep the names of all other peers waiting.
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { NodeId } from "../../core/mailbox-id.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Telemetry } from "../../ports/telemetry.ts";

export interface ResolverOptions {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

interface Lookup {
  readonly host: string;
  readonly ips: Promise<readonly string[]>;
  /** When the system answered. */
  answeredAt: number | undefined;
}

/** What was told of a host: its addresses, and what went wrong since it had any. */
interface Told {
  readonly host: string;
  ips: string | undefined;
  /** That it takes long. */
  slow: boolean;
  readonly failures: Set<string>;
}

/** An answer that nobody took is worth nothing after so long. */
const staleMs = 30_000;
/** A lookup that takes longer is told of. */
const slowMs = 2_000;

export class Resolver {
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  /** What was told last of each peer; no more entries than there are nodes. */
  readonly #told = new Map<NodeId, Told>();
  readonly #lookups = new Map<NodeId, Lookup>();

  constructor(options: ResolverOptions) {
    this.#clock = options.clock;
    this.#telemetry = options.telemetry;
  }

  /**
   * All addresses of the host, in the order in which the system wants them tried. Rejects with the
   * system's error, or with the reason of `signal`; the system itself cannot be told to stop.
   */
  async resolve(peer: NodeId, host: string, signal: AbortSignal): Promise<readonly string[]> {
    if (isIP(host) !== 0) return [host];
    const startedAt = this.#clock.now();
    this.#tellStart(peer, host);
    const asked = this.#lookupOf(peer, host);
    const slow = this.#clock.after(slowMs, () => this.#tellSlow(peer, host, startedAt));
    try {
      const ips = await orAborted(asked.ips, signal);
      this.#tellResolved(peer, host, ips, this.#clock.now() - startedAt);
      return ips;
    } catch (error) {
      if (!isCallOff(error, signal)) this.#tellFailed(peer, host, messageOf(error));
      throw error;
    } finally {
      slow[Symbol.dispose]();
      // Taken; what is not answered yet is there for the next dial.
      if (asked.answeredAt !== undefined && this.#lookups.get(peer) === asked) {
        this.#lookups.delete(peer);
      }
    }
  }

  /** Forgets peers that are no longer asked for. */
  keepOnly(peers: ReadonlyMap<NodeId, unknown>): void {
    for (const known of [this.#told, this.#lookups]) {
      for (const peer of known.keys()) if (!peers.has(peer)) known.delete(peer);
    }
  }

  /** The lookup that is under way, or whose answer nobody has taken; else a new one. */
  #lookupOf(peer: NodeId, host: string): Lookup {
    const known = this.#lookups.get(peer);
    const since = known?.answeredAt ?? Number.POSITIVE_INFINITY;
    if (known?.host === host && this.#clock.now() - since < staleMs) return known;
    const found = lookup(host, { all: true });
    const ips = found.then((all) => all.map(({ address }) => address));
    const asked: Lookup = { host, ips, answeredAt: undefined };
    const answered = (): void => {
      asked.answeredAt = this.#clock.now();
    };
    ips.then(answered, answered);
    this.#lookups.set(peer, asked);
    return asked;
  }

  #tellStart(peer: NodeId, host: string): void {
    if (this.#told.get(peer)?.host === host) return;
    this.#told.set(peer, { host, ips: undefined, slow: false, failures: new Set() });
    this.#telemetry.emit({ type: "resolving", peer, host });
  }

  #tellSlow(peer: NodeId, host: string, startedAt: number): void {
    const told = this.#told.get(peer);
    if (told === undefined || told.host !== host || told.slow) return;
    told.slow = true;
    const tookMs = this.#clock.now() - startedAt;
    this.#telemetry.emit({ type: "resolve_slow", peer, host, tookMs });
  }

  #tellResolved(peer: NodeId, host: string, ips: readonly string[], tookMs: number): void {
    const told = this.#told.get(peer);
    const sorted = [...ips].sort().join();
    if (told === undefined) return;
    if (told.ips === sorted && told.failures.size === 0 && !told.slow) return;
    told.ips = sorted;
    told.slow = false;
    told.failures.clear();
    this.#telemetry.emit({ type: "resolved", peer, host, ip: ips.join(", "), tookMs });
  }

  #tellFailed(peer: NodeId, host: string, reason: string): void {
    const told = this.#told.get(peer);
    if (told === undefined || told.failures.has(reason)) return;
    told.failures.add(reason);
    this.#telemetry.emit({ type: "resolve_failed", peer, host, reason });
  }
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/**
 * Whether the caller has called the dial off, which says nothing about the host; a deadline does.
 */
function isCallOff(error: unknown, signal: AbortSignal): boolean {
  const late = error instanceof Error && Reflect.get(error, "code") === "ETIMEDOUT";
  return signal.aborted && error === signal.reason && !late;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
