/** Gives each target its share of the time, in short turns, until the time or the inputs are up. */
import type { Hunt } from "./hunt.ts";

export interface Limits {
  readonly ms: number;
  /** In all. */
  readonly inputs: number;
}

/** After so long it is somebody else's turn, and signals are heard. */
const turnMs = 100;
const turnInputs = 4_096;

export async function runHunts(
  hunts: readonly Hunt[],
  limits: Limits,
  { signal, onTurn }: { readonly signal: AbortSignal; readonly onTurn: () => void },
): Promise<void> {
  const began = performance.now();
  while (!signal.aborted) {
    const leftMs = limits.ms - (performance.now() - began);
    const leftInputs = limits.inputs - hunts.reduce((sum, { inputs }) => sum + inputs, 0);
    if (leftMs <= 0 || leftInputs <= 0) return;
    const hunt = mostDue(hunts);
    await hunt?.run({ inputs: Math.min(turnInputs, leftInputs), ms: Math.min(turnMs, leftMs) });
    onTurn();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The one that has had least of its share. */
function mostDue(hunts: readonly Hunt[]): Hunt | undefined {
  const had = ({ spentMs, target }: Hunt): number => spentMs / target.share;
  return hunts.reduce<Hunt | undefined>(
    (least, hunt) => (least === undefined || had(hunt) < had(least) ? hunt : least),
    undefined,
  );
}
