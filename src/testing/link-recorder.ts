/**
 * Subscribes to a link, writes down what the link tells, and lets a case wait for it.
 *
 * It also counts what a link must never do: an event from inside a call to it, or from inside
 * another event.
 */
import type { Link } from "../ports/carrier.ts";
import { joined } from "./contract-checks.ts";

export interface LinkRecorder {
  /** The link. Calls through it are watched for events that come from inside them. */
  readonly link: Link;
  /** The events in order. */
  readonly calls: readonly ("bytes" | "drain" | "down")[];
  /** The reason of each `onDown`. */
  readonly downs: readonly string[];
  /** What `pendingBytes` was at each `onDrain`. */
  readonly pendingAtDrain: readonly number[];
  /** Events that came from inside a call to the link or from inside another event. */
  readonly nested: number;
  /** Called on each `onBytes`, after it was written down. */
  onBytes: () => void;
  /** All that has arrived, copied. */
  bytes(): Uint8Array;
  /** Settles when so many bytes have arrived; rejects when the link goes down before. */
  received(count: number): Promise<void>;
  /** Settles when `onDrain` has been called. */
  drained(): Promise<void>;
  down(): Promise<void>;
}

interface Waiter {
  readonly ready: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export function createLinkRecorder(link: Link): LinkRecorder {
  return new Recorder(link);
}

class Recorder implements LinkRecorder {
  readonly link: Link;
  readonly calls: ("bytes" | "drain" | "down")[] = [];
  readonly downs: string[] = [];
  readonly pendingAtDrain: number[] = [];
  nested = 0;
  onBytes: () => void = () => undefined;
  readonly #pieces: Uint8Array[] = [];
  readonly #waiters = new Set<Waiter>();
  #count = 0;
  #inside = 0;

  constructor(link: Link) {
    this.link = this.#watched(link);
    this.link.subscribe({
      onBytes: (bytes) =>
        this.#event("bytes", () => {
          // A copy, since the bytes are the link's again when this returns.
          this.#pieces.push(bytes.slice());
          this.#count += bytes.length;
          this.onBytes();
        }),
      onDrain: () => this.#event("drain", () => this.pendingAtDrain.push(link.pendingBytes)),
      onDown: ({ reason }) => this.#event("down", () => this.downs.push(reason)),
    });
  }

  bytes(): Uint8Array {
    return joined(this.#pieces);
  }

  received(count: number): Promise<void> {
    return this.#until(() => this.#count >= count);
  }

  drained(): Promise<void> {
    return this.#until(() => this.calls.includes("drain"));
  }

  down(): Promise<void> {
    return this.#until(() => this.downs.length > 0);
  }

  #until(ready: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.add({ ready, resolve, reject });
      this.#wake();
    });
  }

  #wake(): void {
    for (const waiter of this.#waiters) {
      const ready = waiter.ready();
      if (!ready && this.downs.length === 0) continue;
      this.#waiters.delete(waiter);
      if (ready) waiter.resolve();
      else waiter.reject(new Error(`Expected more of a link that is down: ${this.downs[0]}.`));
    }
  }

  #event(call: "bytes" | "drain" | "down", record: () => void): void {
    if (this.#inside > 0) this.nested++;
    this.calls.push(call);
    this.#within(record);
    this.#wake();
  }

  #within<T>(run: () => T): T {
    this.#inside++;
    try {
      return run();
    } finally {
      this.#inside--;
    }
  }

  #watched(link: Link): Link {
    return {
      peer: link.peer,
      get pendingBytes() {
        return link.pendingBytes;
      },
      subscribe: (events) => this.#within(() => link.subscribe(events)),
      write: (bytes) => this.#within(() => link.write(bytes)),
      admit: () => this.#within(() => link.admit()),
      close: () => this.#within(() => link.close()),
      destroy: () => this.#within(() => link.destroy()),
    };
  }
}
