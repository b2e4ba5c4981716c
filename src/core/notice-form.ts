/** What codecs check in this package's own notices, which a peer may have made up. */
import { type Address, isAddress } from "./address.ts";
import { type CloseReason, closeReasons, MailboxClosed } from "./close-notice.ts";
import { DecodeError } from "./errors.ts";
import { MultipleClaim } from "./multiple-claim.ts";

/** Whether a `MailboxClosed` can be made of these. */
export function isWholeNotice(id: unknown, reason: unknown): boolean {
  return typeof id === "string" && closeReasons.some((known) => known === reason);
}

export function makeMailboxClosed(id: unknown, reason: unknown): MailboxClosed {
  if (!isWholeNotice(id, reason)) {
    throw new DecodeError("Expected a MailboxClosed with an id and a reason, got another.");
  }
  return new MailboxClosed(id as string, reason as CloseReason);
}

export function makeMultipleClaim(name: unknown, claimants: readonly unknown[]): MultipleClaim {
  if (typeof name !== "string" || !claimants.every(isAddress)) {
    throw new DecodeError("Expected a MultipleClaim with a name and addresses, got another.");
  }
  return new MultipleClaim(name, claimants as readonly Address[]);
}
