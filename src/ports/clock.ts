/** Time, as a node sees it: the only way in which anything in it waits. */
export interface Clock {
  /** Milliseconds since an arbitrary origin. Never goes back; the wall clock has no part in it. */
  now(): number;
  /**
   * Runs `run` once, `delayMs` from now, unless the timer is disposed of first. Keeps no process
   * alive by itself once disposed.
   */
  after(delayMs: number, run: () => void): Disposable;
  /**
   * Runs `run` after the input that is waiting now has been read (`setImmediate`), in order of
   * asking.
   */
  soon(run: () => void): void;
}
