/** A log that counts its lines and keeps none. */
import type { ClusterLogger } from "reign";

export interface LineCounter {
  readonly logger: ClusterLogger;
  /** Lines so far that a program would see by default: debug is not among them. */
  readonly count: () => number;
}

export function lineCounter(): LineCounter {
  let lines = 0;
  const take = (): void => {
    lines += 1;
  };
  const ignore = (): void => undefined;
  const logger: ClusterLogger = {
    trace: ignore,
    debug: ignore,
    info: take,
    warn: take,
    error: take,
  };
  return { logger, count: () => lines };
}
