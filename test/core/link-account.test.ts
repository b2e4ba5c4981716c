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
        let [sent, delivered, lost, unknown, epoch] = [0, 0, 0, 0, 0];
        let deliveredBefore = 0;
        for (const { handed, arrived, confirmed, anew } of links) {
          if (anew) {
            epoch = 1 - epoch;
            there = new LinkAccount();
            // What was in doubt with the run that is gone stays so; some of it was delivered.
            unknown += account.inDoubt;
            deliveredBefore = 0;
          }
          const inDoubt = account.inDoubt;
          const settled = account.onUp(epochs[epoch] ?? "", there.receipt?.messages);
          there.onUp("00000000000000cc", undefined);
          expect(settled.arrived + settled.lost).toBe(anew ? 0 : inDoubt);
          lost += settled.lost;
          account.onHanded(handed);
          sent += handed;
          const came = Math.min(arrived, handed);
          for (let i = 0; i < came; i++) there.onReceived();
          delivered += came;
          deliveredBefore += came;
          account.onReceipt(deliveredBefore - came + Math.min(confirmed, came));
          account.onDown();
        }
        lost += account.onUp(epochs[epoch] ?? "", there.receipt?.messages).lost;
        expect(sent).toBeGreaterThanOrEqual(delivered + lost);
        expect(sent).toBeLessThanOrEqual(delivered + lost + unknown);
        expect(account.inDoubt).toBe(0);
      }),
    );
  });

  test("has in doubt what was handed over and not confirmed, while nobody can be asked", () => {
    const account = new LinkAccount();
    account.onUp("00000000000000aa", undefined);
    account.onHanded(10);
    account.onReceipt(4);

    expect(account.onDown()).toBe(6);
    expect(account.inDoubt).toBe(6);
    expect(account.onUp("00000000000000aa", 7)).toEqual({ arrived: 3, lost: 3 });
    expect(account.inDoubt).toBe(0);
  });

  test("never knows of what was in doubt when another incarnation comes in the place of the peer's", () => {
    const account = new LinkAccount();
    account.onUp("00000000000000aa", undefined);
    account.onHanded(10);
    account.onDown();

    expect(account.onUp("00000000000000bb", undefined)).toEqual({ arrived: 0, lost: 0 });
    expect(account.inDoubt).toBe(0);
  });

  test("goes on with either of two processes that have one identity and come in turns", () => {
    const us = new LinkAccount();
    const twins = [new LinkAccount(), new LinkAccount()] as const;
    for (let round = 0; round < 6; round++) {
      const there = round % 2 === 0 ? twins[0] : twins[1];
      const epoch = epochs[round % 2] ?? "";
      const toldUs = there.receipt?.messages;
      const toldThem = us.receipt?.epoch === epoch ? us.receipt.messages : undefined;
      us.onUp(epoch, toldUs);
      there.onUp("00000000000000cc", toldThem);
      for (const [sender, receiver] of [
        [us, there],
        [there, us],
      ] as const) {
        sender.onHanded(10);
        for (let i = 0; i < 4; i++) receiver.onReceived();
        sender.onReceipt(receiver.received);
      }
      expect([us.onDown(), there.onDown()]).toEqual([6, 6]);
    }
  });

  test("takes a receipt for what was never sent, or less than before, for a violation", () => {
    const account = new LinkAccount();
    account.onUp("00000000000000aa", undefined);
    account.onHanded(10);
    account.onReceipt(5);

    expect(() => account.onReceipt(11)).toThrow(DecodeError);
    expect(() => account.onReceipt(4)).toThrow(DecodeError);
    account.onDown();
    // A peer that lies when it comes again harms the account of nobody but itself.
    const none = { arrived: 0, lost: 0 };
    expect(account.onUp("00000000000000aa", 1_000_000)).toEqual(none);
    expect(account.onDown()).toBe(0);
  });
});
