/**
 * Turns the host of a peer into IP addresses, and tells of it.
 *
 * A node dials for ever, so it tells what is new only: the first look at a host, and every outcome
 * that differs from the one before. Addresses written as numbers are nothing to look up or tell.
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

export class Resolver {
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  /** What was told last of each peer; no more entries than there are nodes. */
  readonly #told = new Map<NodeId, { readonly host: string; outcome: string | undefined }>();

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
    try {
      const found = await orAborted(lookup(host, { all: true }), signal);
      const ips = found.map(({ address }) => address);
      this.#tellResolved(peer, host, ips, this.#clock.now() - startedAt);
      return ips;
    } catch (error) {
      if (!isCallOff(error, signal)) this.#tellFailed(peer, host, messageOf(error));
      throw error;
    }
  }

  /** Forgets peers that are no longer asked for. */
  keepOnly(peers: ReadonlyMap<NodeId, unknown>): void {
    for (const peer of this.#told.keys()) if (!peers.has(peer)) this.#told.delete(peer);
  }

  #tellStart(peer: NodeId, host: string): void {
    if (this.#told.get(peer)?.host === host) return;
    this.#told.set(peer, { host, outcome: undefined });
    this.#telemetry.emit({ type: "resolving", peer, host });
  }

  #tellResolved(peer: NodeId, host: string, ips: readonly string[], tookMs: number): void {
    if (this.#isNews(peer, [...ips].sort().join())) {
      this.#telemetry.emit({ type: "resolved", peer, host, ip: ips.join(", "), tookMs });
    }
  }

  #tellFailed(peer: NodeId, host: string, reason: string): void {
    if (this.#isNews(peer, reason)) {
      this.#telemetry.emit({ type: "resolve_failed", peer, host, reason });
    }
  }

  #isNews(peer: NodeId, outcome: string): boolean {
    const told = this.#told.get(peer);
    if (told === undefined || told.outcome === outcome) return false;
    told.outcome = outcome;
    return true;
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
