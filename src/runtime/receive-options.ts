/** What limits a wait for messages: read from what the caller gave, and kept while it waits. */
import { isPlainObject } from "../core/matcher.ts";
import { checkOptionKeys } from "../core/option-keys.ts";
import type { Clock } from "../ports/clock.ts";

/** Ends a wait that has not got a message. Either way, the wait has taken none. */
export interface ReceiveOptions {
  /**
   * Rejects the wait with its reason. One that is aborted already takes nothing.
   *
   * Any number of waits may share a signal; above ten at once Node prints a warning of its own,
   * unless `events.setMaxListeners(0, signal)` says that it is meant.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds after which the wait resolves to `undefined`. 0 takes only what is there;
   * `Infinity` waits for ever, as does leaving it out.
   */
  readonly timeout?: number | undefined;
}

/** Options under which a wait resolves to nothing but a message. */
export interface ReceiveWithoutTimeout extends ReceiveOptions {
  readonly timeout?: undefined;
}

const keys: readonly string[] = Object.freeze(["signal", "timeout"]);

/** Whether a sole argument is options, and not a pattern: `{}` is. */
export function isReceiveOptions(value: unknown): value is ReceiveOptions {
  if (!isPlainObject(value)) return false;
  return Object.keys(value).every((key) => keys.includes(key));
}

/** A `TypeError` or a `RangeError` for options that cannot be. */
export function checkReceiveOptions(options: ReceiveOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Expected options such as { signal, timeout }, got ${String(options)}.`);
  }
  // One that is misspelt would wait for ever.
  checkOptionKeys("a wait", options, keys);
  const { signal, timeout }: { readonly signal?: unknown; readonly timeout?: unknown } = options;
  checkSignal(signal);
  if (timeout === undefined) return;
  if (typeof timeout !== "number") {
    throw new TypeError(`Expected milliseconds as timeout, got ${typeof timeout}.`);
  }
  // Written so that NaN is refused too.
  if (!(timeout >= 0)) {
    throw new RangeError(`Expected a timeout of 0 ms or more, got ${timeout}.`);
  }
}

/** A `TypeError` for what is there and no signal. */
export function checkSignal(given: unknown): void {
  if (given === undefined || isAbortSignal(given)) return;
  throw new TypeError(`Expected an AbortSignal as signal, got ${typeof given}.`);
}

/** By its functions, since a signal may come from another realm or a polyfill. */
function isAbortSignal(value: unknown): value is AbortSignal {
  if (typeof value !== "object" || value === null) return false;
  return (
    typeof Reflect.get(value, "aborted") === "boolean" &&
    typeof Reflect.get(value, "addEventListener") === "function"
  );
}

/** What becomes of a wait that its options end. */
export interface LimitedWait {
  timedOut(): void;
  aborted(reason: unknown): void;
}

/**
 * The timer and the listener of one wait. Whoever waits calls `release` when the wait is over,
 * however it ended, and nothing is left on the clock or the signal.
 */
export class WaitLimits {
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  readonly #timer: Disposable | undefined;

  constructor(clock: Clock, options: ReceiveOptions, wait: LimitedWait) {
    const { signal, timeout } = options;
    this.#signal = signal;
    this.#onAbort = () => wait.aborted(signal?.reason);
    if (timeout !== undefined && timeout !== Number.POSITIVE_INFINITY) {
      this.#timer = clock.after(timeout, () => wait.timedOut());
    }
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  release(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#timer?.[Symbol.dispose]();
  }
}
