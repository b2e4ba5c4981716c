/** The chance a real node lives by. */
import { randomBytes } from "node:crypto";
import type { Random } from "../ports/random.ts";

export function createSystemRandom(): Random {
  return {
    fraction: () => Math.random(),
    // An epoch that a stranger could foresee would let old addresses be forged: no Math.random
    // here.
    epoch: () => randomBytes(8).toString("hex"),
  };
}
