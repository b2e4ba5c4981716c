import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../../src/core/errors.ts";
import { LinkAccount } from "../../src/core/link-account.ts";

const epochs = ["00000000000000aa", "00000000000000bb"];

describe("the account of messages over links", () => {
  test("is exact when two nodes meet again: each message arrived or is lost", () => {
    const link = fc.record({
      handed: fc.nat(50),
      arrived: fc.nat(50),
      confirmed: fc.nat(50),
      /** Whether the peer has been started anew before this link. */
      anew: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(link, { minLength: 1, maxLength: 12 }), (links) => {
        const account = new LinkAccount();
        let there = new LinkAccount();
        let [sent, delivered, lost, epoch] = [0, 0, 0, 0];
        let deliveredBefore = 0;
        for (const { handed, arrived, confirmed, anew } of links) {
          if (anew) {
            epoch = 1 - epoch;
            there = new LinkAccount();
            // What the run that is gone had taken is gone with it, and counts as lost in part.
            deliveredBefore = 0;
          }
          const inDoubt = account.inDoubt;
          const settled = account.onUp(epochs[epoch] ?? "", there.receipt?.messages ?? 0);
          there.onUp("00000000000000cc", 0);
          expect(settled).toBeLessThanOrEqual(inDoubt);
          lost += settled;
          account.onHanded(handed);
          sent += handed;
          const came = Math.min(arrived, handed);
          for (let i = 0; i < came; i++) there.onReceived();
          delivered += came;
          deliveredBefore += came;
          account.onReceipt(deliveredBefore - came + Math.min(confirmed, came));
          account.onDown();
        }
        if (links.some(({ anew }) => anew)) return;
        lost += account.onUp(epochs[epoch] ?? "", there.receipt?.messages ?? 0);
        expect(sent).toBe(delivered + lost);
        expect(account.inDoubt).toBe(0);
      }),
    );
  });

  test("has in doubt what was handed over and not confirmed, while nobody can be asked", () => {
    const account = new LinkAccount();
    account.onUp("00000000000000aa", 0);
    account.onHanded(10);
    account.onReceipt(4);

    expect(account.onDown()).toBe(6);
    expect(account.inDoubt).toBe(6);
    expect(account.onUp("00000000000000aa", 7)).toBe(3);
    expect(account.inDoubt).toBe(0);
  });

  test("gives up what is in doubt when another incarnation comes in the place of the peer's", () => {
    const account = new LinkAccount();
    account.onUp("00000000000000aa", 0);
    account.onHanded(10);
    account.onDown();

    expect(account.onUp("00000000000000bb", 10)).toBe(10);
  });

  test("takes a receipt for what was never sent, or less than before, for a violation", () => {
    const account = new LinkAccount();
    account.onUp("00000000000000aa", 0);
    account.onHanded(10);
    account.onReceipt(5);

    expect(() => account.onReceipt(11)).toThrow(DecodeError);
    expect(() => account.onReceipt(4)).toThrow(DecodeError);
    account.onDown();
    // A peer that lies when it comes again harms the account of nobody but itself.
    expect(account.onUp("00000000000000aa", 1_000_000)).toBe(0);
    expect(account.onDown()).toBe(0);
  });
});
