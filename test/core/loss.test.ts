import { expect, test } from "vitest";
import { type LossCause, lossCauses } from "../../src/core/loss.ts";

test("every cause for which a message can be lost is counted, and in one order", () => {
  /** The mapped type makes the compiler ask for a cause that is missing. */
  const causes: { readonly [C in LossCause]: true } = {
    closed: true,
    mailbox_full: true,
    stale: true,
    no_connection: true,
    too_large: true,
    queue_full: true,
    link_lost: true,
    in_doubt: true,
    unreadable: true,
    unknown_type: true,
  };

  expect(lossCauses).toEqual(Object.keys(causes));
  expect(Object.isFrozen(lossCauses)).toBe(true);
});
