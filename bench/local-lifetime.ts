/** Mailboxes that are made, get one message and are closed; and what those take that stay. */
import { type Mailbox, noClustering, nullLogger } from "reign";
import type { Case, Role } from "./case.ts";
import { erlangHere } from "./erlang.ts";
import { kept } from "./kept.ts";
import { alone, burst, type Tick, tick, timed, turnOfTheLoop } from "./local-role.ts";
import { PromiseRing } from "./raw-ring.ts";

const local = { remote: false, oneProcessor: false } as const;

export const localLifetime: readonly Case[] = [
  {
    ...local,
    id: "L4",
    title: "a mailbox is made, gets one message and is closed, in one process",
    unit: "mailboxes",
    size: { full: 300_000, quick: 5_000 },
    measure: "rate",
    contestants: [
      alone("reign", startReign),
      alone("raw ring, promise", startRaw),
      erlangHere("spawn_exit"),
      alone("nact", async () => (await import("./peer-nact.ts")).lifetime(), { share: 0.1 }),
      alone("effect", async () => (await import("./peer-effect.ts")).lifetime()),
      alone("xstate", async () => (await import("./peer-xstate.ts")).lifetime()),
    ],
    goals: [{ contestant: "reign", atLeast: 3_000_000 }],
  },
  {
    ...local,
    id: "L4-idle",
    title: "what an idle mailbox takes, or an actor, with what it is sent to by",
    unit: "mailboxes",
    size: { full: 100_000, quick: 2_000 },
    measure: "memory",
    contestants: [
      alone("reign", idleReign),
      alone("raw ring, promise", () => kept(() => new PromiseRing<Tick>())),
      erlangHere("idle_memory"),
      alone("nact", async () => (await import("./peer-nact.ts")).idle(), { share: 0.2 }),
      alone("effect", async () => (await import("./peer-effect.ts")).idle()),
      alone("xstate", async () => (await import("./peer-xstate.ts")).idle(), { share: 0.2 }),
    ],
    goals: [{ contestant: "reign", atMost: 200 }],
  },
  {
    ...local,
    id: "L4-waiting",
    title: "what a mailbox takes in which a loop is waiting, with the loop",
    unit: "mailboxes",
    size: { full: 100_000, quick: 2_000 },
    measure: "memory",
    contestants: [
      alone("reign", waitingReign),
      alone("reign, for await", waitingIterator),
      alone("raw ring, promise", waitingRaw),
      erlangHere("idle_memory"),
      alone("effect", async () => (await import("./peer-effect.ts")).waiting(), { share: 0.2 }),
    ],
    goals: [{ contestant: "reign", atMost: 1000 }],
  },
];

function startReign(): Role {
  const service = noClustering({ logger: nullLogger });
  return timed(async (count) => {
    for (let i = 0; i < count; i++) {
      const { address, mailbox } = service.newMailbox<Tick>();
      address.send(tick(i));
      await mailbox.receive();
      mailbox.close();
      if (i % burst === 0) await turnOfTheLoop();
    }
  });
}

function startRaw(): Role {
  return timed(async (count) => {
    for (let i = 0; i < count; i++) {
      const ring = new PromiseRing<Tick>();
      ring.send(tick(i));
      await ring.receive();
      if (i % burst === 0) await turnOfTheLoop();
    }
  });
}

function idleReign(): Role {
  const service = noClustering({ logger: nullLogger });
  // It holds its address.
  const make = () => service.newMailbox<Tick>().mailbox;
  return kept(make, (mailbox) => mailbox.close());
}

function waitingReign(): Role {
  return waitingAt(async (mailbox) => {
    while ((await mailbox.receive()).id >= 0);
  });
}

function waitingIterator(): Role {
  return waitingAt(async (mailbox) => {
    for await (const { id } of mailbox) if (id < 0) return;
  });
}

function waitingAt(loop: (mailbox: Mailbox<Tick>) => Promise<void>): Role {
  const service = noClustering({ logger: nullLogger });
  const make = () => {
    const { mailbox } = service.newMailbox<Tick>();
    // A loop of `receive` ends with the error that its mailbox is closed.
    loop(mailbox).catch(() => {});
    return mailbox;
  };
  return kept(make, (mailbox) => mailbox.close());
}

function waitingRaw(): Role {
  return kept(() => {
    const ring = new PromiseRing<Tick>();
    void (async () => {
      while ((await ring.receive()).id >= 0);
    })();
    return ring;
  });
}
