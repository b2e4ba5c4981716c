/** Ctrl-C and its like: the command ends when it can, and shows what it has found so far. */
import { signalExitCodes } from "./leave-nothing.ts";

export interface Interruption {
  readonly signal: AbortSignal;
  /** What to exit with, once it has been interrupted. */
  readonly code: number | undefined;
}

/** A signal asks for an end; the same one again does not ask. */
export function abortedBySignals(progress: (text: string) => void): Interruption {
  const controller = new AbortController();
  const seen = new Set<string>();
  let first: number | undefined;
  for (const [name, code] of Object.entries(signalExitCodes)) {
    process.on(name, () => {
      if (seen.has(name)) process.exit(code);
      seen.add(name);
      if (first !== undefined) return;
      first = code;
      progress(`${name}: ending, with what was found so far`);
      controller.abort(new Error(`stopped by ${name}`));
    });
  }
  return {
    signal: controller.signal,
    get code() {
      return first;
    },
  };
}
