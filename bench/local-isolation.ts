/**
 * What it costs that sender and receiver share nothing, or nothing that can be changed.
 *
 * Each message is made anew, as a program makes it: that is part of every contestant's time.
 */
import { noClustering, nullLogger } from "reign";
import type { Case, Role } from "./case.ts";
import { alone, inBursts, timed } from "./local-role.ts";

interface Numbered {
  readonly id: number;
}

type Make = (id: number) => Numbered;
type Isolation = "share" | "copy" | "freeze";

export const localIsolation: readonly Case[] = [
  isolation("small", "an object of two fields", (id) => ({ type: "tick", id })),
  isolation("order", "an order of seven fields, 140 bytes as JSON", order),
  isolation("orders", "eight orders in a list, 1.1 KB as JSON", (id) => ({
    id,
    orders: [order(1), order(2), order(3), order(4), order(5), order(6), order(7), order(8)],
  })),
];

function order(id: number): Numbered {
  const made = {
    id,
    type: "order",
    customer: "C-204-1187",
    product: "fountain pen, blue, medium nib",
    price: 38.5,
    paid: true,
    tags: ["gift", "express"],
  };
  return made;
}

function isolation(label: string, what: string, make: Make): Case {
  return {
    id: `L6-${label}`,
    title: `messages under each isolation, ${what}, in one process`,
    unit: "messages",
    size: { full: 200_000, quick: label === "small" ? 2_000 : 0 },
    measure: "rate",
    remote: false,
    oneProcessor: false,
    contestants: [
      alone("reign, share", () => start("share", make)),
      alone("reign, copy", () => start("copy", make)),
      alone("reign, freeze", () => start("freeze", make)),
      alone("structuredClone", () => start("share", (id) => structuredClone(make(id)))),
    ],
    goals: [],
  };
}

function start(isolation: Isolation, make: Make): Role {
  const { address, mailbox } = noClustering({
    logger: nullLogger,
    isolation,
  }).newMailbox<Numbered>();
  return timed(async (count) => {
    const received = (async () => {
      for (let i = 0; i < count; i++) {
        const { id } = await mailbox.receive();
        if (id !== i) throw new Error(`Expected message ${i}, got ${id}.`);
      }
    })();
    await inBursts(count, (id) => void address.send(make(id)));
    await received;
  });
}
