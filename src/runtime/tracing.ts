/**
 * Who looks at the messages of a node on their way: its traces, and messages with hooks of their
 * own.
 *
 * Addresses and mailboxes ask `on` for each message, and nothing else while it is false. It is true
 * while there is a trace, and for good from the first message with hooks on.
 *
 * Everything here runs in the middle of sending and receiving, and runs code of the user's: hooks
 * and matchers. So it is called where all is in order: before a message is put on its way, and
 * after it has been handed over. No step depends on what such code did.
 */
import type { LossCause } from "../core/loss.ts";
import type { MailboxId, NodeId } from "../core/mailbox-id.ts";
import {
  classOf,
  type Hop,
  TracedClasses,
  type TracedMsg,
  type TraceHook,
} from "../core/traced.ts";
import type { Clock } from "../ports/clock.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { checkTraceOptions, type TraceEvent, type TraceOptions } from "./trace-options.ts";
import { type Step, TraceStream } from "./trace-stream.ts";

interface Target {
  readonly id: MailboxId;
}

/** An address, as far as a message is put on its way with it. */
export interface Way<in M> extends Target {
  readonly nodeId: NodeId;
  /** Whether there is a mailbox or a link that may take the message. */
  readonly reachable: boolean;
  readonly refusedBytes: number | undefined;
  transmit(message: M): LossCause | undefined;
}

export interface TracingPorts {
  readonly nodeId: NodeId;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export class Tracing {
  /** Whether anybody looks. */
  on = false;
  readonly #ports: TracingPorts;
  readonly #traces = new Set<TraceStream>();
  readonly #classes = new TracedClasses();
  #hooksSeen = false;
  #ended = false;

  constructor(ports: TracingPorts) {
    this.#ports = ports;
  }

  trace(options: TraceOptions = {}): AsyncIterableIterator<TraceEvent, undefined> {
    const request = checkTraceOptions(options);
    const stream = new TraceStream(request, this.#ports.clock, (left) => this.#leave(left));
    if (this.#ended || request.signal?.aborted) stream.end();
    else this.#traces.add(stream);
    this.#turn();
    return stream;
  }

  /** Whether the message has hooks. */
  sees(message: unknown): message is TracedMsg {
    const made = classOf(message);
    if (made === undefined || !this.#classes.has(made)) return false;
    this.#hooksSeen = true;
    this.#turn();
    return true;
  }

  /** Transmits the message, and tells of it. */
  transmit<M>(to: Way<M>, message: M): LossCause | undefined {
    const from = this.#ports.nodeId;
    const leaves = to.nodeId !== from;
    if (to.reachable) {
      this.#call(message, "reignSent", from, to);
      if (leaves) this.#call(message, "reignTransferred", from, { id: to.nodeId });
      // Whoever waits for it has it before `transmit` returns.
      else this.#tell({ direction: "sent", from, to, message });
    }
    const cause = to.transmit(message);
    if (cause !== undefined) {
      this.#tell({ direction: "lost", from, to, message, cause, size: to.refusedBytes });
    } else if (leaves) {
      this.#tell({ direction: "sent", from, to, message });
      this.#tell({ direction: "transferred", from, to, message });
    }
    return cause;
  }

  /** A message has come over a link. */
  arrived(to: Target, message: unknown, from: NodeId, size: number): void {
    this.#call(message, "reignTransferred", from, { id: this.#ports.nodeId });
    this.#tell({ direction: "transferred", from, to, message, size });
  }

  /** One that had come over a link was not taken. */
  refused(to: Target, message: unknown, from: NodeId, size: number, cause: LossCause): void {
    this.#tell({ direction: "lost", from, to, message, size, cause });
  }

  /** A message is about to be seen by who receives it. */
  handedOver(to: Target, message: unknown): void {
    this.#call(message, "reignReceived", this.#ports.nodeId, to);
    this.#tell({ direction: "received", from: undefined, to, message });
  }

  end(): void {
    this.#ended = true;
    for (const stream of [...this.#traces]) stream.end();
  }

  #leave(stream: TraceStream): void {
    this.#traces.delete(stream);
    this.#turn();
  }

  #turn(): void {
    this.on = this.#hooksSeen || this.#traces.size > 0;
  }

  #tell(step: Step): void {
    // A matcher may begin and end traces.
    if (this.#traces.size > 0) for (const stream of [...this.#traces]) stream.tell(step);
  }

  #call(message: unknown, hook: TraceHook, from: NodeId, to: Target): void {
    if (!this.sees(message)) return;
    const report = (error: unknown) =>
      this.#ports.telemetry.emit({ type: "callback_failed", callback: hook, error });
    try {
      const hop: Hop = Object.freeze({ from, to: to.id, at: this.#ports.clock.now() });
      const result: unknown = message[hook]?.(hop);
      // It is not waited for, but its failure must not become an unhandled rejection.
      if (result instanceof Promise) void result.catch(report);
    } catch (error) {
      report(error);
    }
  }
}
