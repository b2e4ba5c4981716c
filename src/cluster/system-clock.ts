/**
 * The time a real node lives by: Node's monotonic clock, its timers and `setImmediate`.
 *
 * Timers keep the process alive, since somebody waits for what they do: a `receive` with a timeout
 * must come to its end in a program that does nothing else. A node that is stopped has none left.
 * A timer never runs early by this clock.
 */
import type { Clock } from "../ports/clock.ts";

/** The longest delay that `setTimeout` takes; it would turn a longer one into 1 ms. */
const longestDelayMs = 2 ** 31 - 1;

export function createSystemClock(): Clock {
  return {
    now: () => performance.now(),
    after: startTimer,
    soon: (run) => void setImmediate(run),
  };
}

function startTimer(delayMs: number, run: () => void): Disposable {
  if (!Number.isFinite(delayMs)) {
    throw new RangeError(`Expected a delay in milliseconds, got ${delayMs}.`);
  }
  const dueAt = performance.now() + delayMs;
  let timer = setTimeout(runIfDue, nextDelay());

  // Node counts from the start of the turn of its loop, so a timer may come early by what the turn
  // has taken; and a long delay is waited for in stretches. Both end in waiting for the rest.
  function runIfDue(): void {
    if (performance.now() >= dueAt) run();
    else timer = setTimeout(runIfDue, nextDelay());
  }

  function nextDelay(): number {
    return Math.min(Math.ceil(dueAt - performance.now()), longestDelayMs);
  }

  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
