/** G4: everything that was sent was delivered, or is counted as lost under one cause. */
import type { ServiceStats } from "reign";
import type { Participant } from "./participant.ts";
import type { Violations } from "./violations.ts";

interface Account {
  readonly sent: number;
  readonly delivered: number;
  readonly lost: number;
  readonly inDoubt: number;
}

/**
 * To be asked when nothing moves any more. What a run that crashed had sent may have gone with it,
 * uncounted; what is in doubt may have been delivered. Without either, the account is even.
 */
export function checkAccount(
  all: readonly Participant[],
  crashed: readonly Participant[],
  violations: Violations,
): void {
  const { sent, delivered, lost, inDoubt } = accountOf(all);
  const goneWithIt = accountOf(crashed).sent;
  const accounted = delivered + lost;
  if (accounted - inDoubt <= sent && sent - goneWithIt <= accounted) return;
  const what = `${sent} sent (${goneWithIt} by runs that crashed), ${delivered} delivered`;
  violations.broken("G4", `${what}, ${lost} lost, of these ${inDoubt} in doubt`);
}

function accountOf(participants: readonly Participant[]): Account {
  const total = { sent: 0, delivered: 0, lost: 0, inDoubt: 0 };
  for (const { node } of participants) {
    const stats: ServiceStats = node.service.stats();
    total.sent += stats.sent;
    total.delivered += stats.delivered;
    total.inDoubt += stats.lost.in_doubt;
    for (const count of Object.values(stats.lost)) total.lost += count;
  }
  return total;
}
