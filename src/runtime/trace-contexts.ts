/**
 * Which trace context each message came with, on a node that was given the option `traceContext`.
 *
 * The function of the option is asked at each send of what can be told apart later, and never from
 * within itself. It runs in the middle of a send: what it throws, and what is no `traceparent`, is
 * told once, and counts as none.
 */
import { isTraceparent } from "../core/trace-context.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { LocalTarget } from "./local-address.ts";

export type TraceContextSource = () => string | undefined;

export class TraceContexts {
  readonly #source: TraceContextSource;
  readonly #telemetry: Telemetry;
  readonly #contexts = new WeakMap<object, string>();
  #asking = false;
  #reported = false;

  constructor(source: TraceContextSource, telemetry: Telemetry) {
    this.#source = source;
    this.#telemetry = telemetry;
  }

  /** That of what is going on now. */
  current(): string | undefined {
    if (this.#asking) return undefined;
    this.#asking = true;
    try {
      const given: unknown = this.#source();
      if (given === undefined || isTraceparent(given)) return given;
      const got = typeof given === "string" ? JSON.stringify(given.slice(0, 80)) : typeof given;
      this.#report(new TypeError(`Expected a traceparent of version 00 or undefined, got ${got}.`));
    } catch (error) {
      this.#report(error);
    } finally {
      this.#asking = false;
    }
    return undefined;
  }

  /** A mailbox for messages of its own node, which come without being encoded. */
  around<M>(mailbox: LocalTarget<M>): LocalTarget<M> {
    return {
      get closed() {
        return mailbox.closed;
      },
      get maxMessages() {
        return mailbox.maxMessages;
      },
      deliver: (message) => {
        if (isObject(message)) this.keep(message, this.current());
        return mailbox.deliver(message);
      },
    };
  }

  /** An object that comes again has the context that it came with last. */
  keep(message: unknown, traceparent: string | undefined): void {
    if (!isObject(message)) return;
    if (traceparent === undefined) this.#contexts.delete(message);
    else this.#contexts.set(message, traceparent);
  }

  of(message: unknown): string | undefined {
    return isObject(message) ? this.#contexts.get(message) : undefined;
  }

  #report(error: unknown): void {
    if (this.#reported) return;
    this.#reported = true;
    this.#telemetry.emit({ type: "callback_failed", callback: "traceContext", error });
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
