/**
 * Waiting for something that happens once, with an end: `signal`, `timeout`, or the thing itself.
 */
import { ReignError } from "../core/errors.ts";
import type { Clock } from "../ports/clock.ts";
import { checkReceiveOptions } from "./receive-options.ts";

/** How long to wait at most, and what may end it before. */
export interface WaitOptions {
  /** Aborting it rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, after which the wait rejects with `REIGN_TIMEOUT`. None by default. */
  readonly timeout?: number | undefined;
}

/** How the one who waits is told. Only the first call counts. */
export interface Waiter<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * Waits for what `begin` is told to tell. `begin` is called at once; the function that it gives
 * back is called when the wait has ended, however it ended, and takes the waiter off every list.
 */
export function waitFor<T>(
  clock: Clock,
  options: WaitOptions,
  waitedFor: string,
  begin: (waiter: Waiter<T>) => () => void,
): Promise<T> {
  checkReceiveOptions(options);
  const { signal, timeout } = options;
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise<T>((resolve, reject) => {
    const cleanups: (() => void)[] = [];
    let over = false;
    const finish = (settle: () => void) => {
      if (over) return;
      over = true;
      for (const cleanup of cleanups) cleanup();
      settle();
    };
    if (signal !== undefined) {
      const onAbort = () => finish(() => reject(signal.reason));
      signal.addEventListener("abort", onAbort, { once: true });
      cleanups.push(() => signal.removeEventListener("abort", onAbort));
    }
    if (timeout !== undefined && timeout !== Number.POSITIVE_INFINITY) {
      const timer = clock.after(timeout, () => finish(() => reject(timedOut(waitedFor, timeout))));
      cleanups.push(() => timer[Symbol.dispose]());
    }
    const leave = begin({
      resolve: (value) => finish(() => resolve(value)),
      reject: (error) => finish(() => reject(error)),
    });
    if (over) leave();
    else cleanups.push(leave);
  });
}

function timedOut(waitedFor: string, timeoutMs: number): ReignError {
  return new ReignError(
    "REIGN_TIMEOUT",
    `Waiting for ${waitedFor} took longer than ${timeoutMs} ms.`,
    { waitedFor, timeoutMs },
  );
}
