/** Who is connected: tells callbacks, readers and those who wait, in this order. */
import type { ReignError } from "../core/errors.ts";
import type { NodeId } from "../core/mailbox-id.ts";
import type { Clock } from "../ports/clock.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { EventStream } from "./event-stream.ts";
import { type Waiter, type WaitOptions, waitFor } from "./waiting.ts";

/** One node, and whether a link to it is up. */
export interface ConnectionStatus {
  readonly nodeId: NodeId;
  readonly connected: boolean;
}

/** Hears of each link that has come up or gone down. */
export type ConnectionStatusCallback = (nodeId: NodeId, connected: boolean) => unknown;

export class ConnectionStatusFeed {
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #state = new Map<NodeId, boolean>();
  /** Nodes that are out of the cluster when their link is down. */
  readonly #leaving = new Set<NodeId>();
  readonly #callbacks = new Set<{ readonly call: ConnectionStatusCallback }>();
  readonly #streams = new Set<EventStream<ConnectionStatus>>();
  readonly #waiters = new Map<NodeId, Set<Waiter<void>>>();
  #ended: ReignError | undefined;

  constructor(clock: Clock, telemetry: Telemetry) {
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  /** A node has come into the cluster. Nobody is told before there is a link. */
  add(nodeId: NodeId): void {
    this.#leaving.delete(nodeId);
    if (!this.#state.has(nodeId)) this.#state.set(nodeId, false);
  }

  /** A node is taken out: whoever waits for a link to it waits in vain. */
  remove(nodeId: NodeId, error: unknown): void {
    if (this.#state.get(nodeId)) this.#leaving.add(nodeId);
    else this.#state.delete(nodeId);
    for (const waiter of [...(this.#waiters.get(nodeId) ?? [])]) waiter.reject(error);
  }

  addCallback(call: ConnectionStatusCallback): Disposable {
    if (typeof call !== "function") {
      throw new TypeError(`Expected a function (nodeId, connected), got ${typeof call}.`);
    }
    const entry = { call };
    this.#callbacks.add(entry);
    return { [Symbol.dispose]: () => void this.#callbacks.delete(entry) };
  }

  /** Begins with how things are now. */
  stream(): EventStream<ConnectionStatus> {
    const now = [...this.#state].map(([nodeId, connected]) => ({ nodeId, connected }));
    const stream = new EventStream(now, lastOfEach, (left) => this.#streams.delete(left));
    if (this.#ended === undefined) this.#streams.add(stream);
    else stream.end();
    return stream;
  }

  connected(nodeId: NodeId, options: WaitOptions): Promise<void> {
    return waitFor<void>(this.#clock, options, `a link to node ${nodeId}`, (waiter) => {
      if (this.#state.get(nodeId)) waiter.resolve();
      else if (this.#ended !== undefined) waiter.reject(this.#ended);
      const waiters = this.#waiters.get(nodeId) ?? new Set();
      this.#waiters.set(nodeId, waiters.add(waiter));
      return () => {
        waiters.delete(waiter);
        if (waiters.size === 0) this.#waiters.delete(nodeId);
      };
    });
  }

  publish(nodeId: NodeId, connected: boolean): void {
    this.#state.set(nodeId, connected);
    if (!connected && this.#leaving.delete(nodeId)) this.#state.delete(nodeId);
    // One that a callback begins has this in its present state already.
    const streams = [...this.#streams];
    for (const { call } of [...this.#callbacks]) this.#call(call, nodeId, connected);
    for (const stream of streams) stream.push({ nodeId, connected });
    if (!connected) return;
    for (const waiter of [...(this.#waiters.get(nodeId) ?? [])]) waiter.resolve();
  }

  /** Nothing changes any more. */
  end(error: ReignError): void {
    this.#ended = error;
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
    for (const waiters of [...this.#waiters.values()]) {
      for (const waiter of [...waiters]) waiter.reject(error);
    }
  }

  #call(call: ConnectionStatusCallback, nodeId: NodeId, connected: boolean): void {
    const callback = "connection status callback";
    const report = (error: unknown) =>
      this.#telemetry.emit({ type: "callback_failed", callback, error });
    try {
      const result = call(nodeId, connected);
      // It is not waited for, but its failure must not become an unhandled rejection.
      if (result instanceof Promise) void result.catch(report);
    } catch (error) {
      report(error);
    }
  }
}

/** The last state of each node, in the order in which they came to be. */
function lastOfEach(changes: readonly ConnectionStatus[]): ConnectionStatus[] {
  const last = new Map<NodeId, ConnectionStatus>();
  for (const change of changes) {
    last.delete(change.nodeId);
    last.set(change.nodeId, change);
  }
  return [...last.values()];
}
