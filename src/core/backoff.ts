/**
 * How long to wait before the next try: exponential with full jitter, for ever.
 *
 * Each wait is drawn evenly from zero up to a ceiling that doubles with each failure. Nodes that
 * lost each other at one moment so come back spread over the whole span, not in step.
 */
export interface BackoffSettings {
  /** The ceiling of the first wait. */
  readonly firstMs: number;
  /** The ceiling that is never passed. */
  readonly maxMs: number;
}

/** `failures` counts from 1; `fraction` is drawn from 0 up to 1. */
export function backoffMs(settings: BackoffSettings, failures: number, fraction: number): number {
  const ceiling = Math.min(settings.maxMs, settings.firstMs * 2 ** Math.min(failures - 1, 30));
  return ceiling * fraction;
}
