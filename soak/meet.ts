/** When a node has a link to each of the others that works, and is not merely taken for one. */
import type { ConnectionService } from "reign";
import type { LinkChanges } from "../reliability/link-changes.ts";

const answerLimitMs = 2_000;

/**
 * Settles when all of `others` have answered over links of which none went down meanwhile. `false`
 * when that did not come to be within `limitMs`.
 */
export async function meetAll(
  service: ConnectionService,
  changes: LinkChanges,
  others: readonly number[],
  limitMs: number,
): Promise<boolean> {
  const signal = AbortSignal.timeout(limitMs);
  const downs = (): number => others.reduce((sum, id) => sum + changes.downs(String(id)), 0);
  while (!signal.aborted) {
    const before = downs();
    try {
      await Promise.all(others.map((id) => service.connected(id, { signal })));
      await service.names.sync({ signal, timeout: answerLimitMs });
      if (downs() === before) return true;
    } catch {
      // Once more, until the time is over.
    }
  }
  return false;
}
