/** A ring of a thousand loops, each with a mailbox, that pass on a token. */
import { noClustering, nullLogger } from "reign";
import type { Case, Role } from "./case.ts";
import { erlangHere } from "./erlang.ts";
import {
  alone,
  ringSize,
  type Source,
  type Target,
  type Token,
  timed,
  token,
} from "./local-role.ts";
import { PromiseRing } from "./raw-ring.ts";

export const localRing: Case = {
  id: "L5",
  title: "a token in a ring of 1,000 mailboxes, in one process",
  unit: "hops",
  size: { full: 1_000_000, quick: 20_000 },
  measure: "rate",
  remote: false,
  oneProcessor: false,
  contestants: [
    alone("reign", startReign),
    alone("raw ring, promise", startRaw),
    erlangHere("ring 1000"),
    erlangHere("ring 1000", { oneScheduler: true }),
    alone("nact", async () => (await import("./peer-nact.ts")).ring(), { share: 0.1 }),
    alone("effect", async () => (await import("./peer-effect.ts")).ring(), { share: 0.1 }),
    alone("xstate", async () => (await import("./peer-xstate.ts")).ring()),
  ],
  goals: [{ contestant: "reign", beside: "Erlang/OTP", atLeast: 1.2 }],
};

/** What comes to a member's target comes out of its source. */
interface Member {
  readonly source: Source<Token>;
  readonly target: Target<Token>;
}

function startReign(): Role {
  const service = noClustering({ logger: nullLogger });
  return ringOf(() => {
    const { address, mailbox } = service.newMailbox<Token>();
    return { source: mailbox, target: address };
  });
}

function startRaw(): Role {
  return ringOf(() => {
    const ring = new PromiseRing<Token>();
    return { source: ring, target: ring };
  });
}

/** Every member waits in a loop from now on; the one where a token ends says so. */
function ringOf(make: () => Member): Role {
  const end = { reached: () => {} };
  const members = Array.from({ length: ringSize }, make);
  members.forEach(({ source }, i) => {
    void passOn(source, (members[(i + 1) % ringSize] as Member).target, end);
  });
  return timed((count) => {
    const ended = new Promise<void>((resolve) => {
      end.reached = resolve;
    });
    members[0]?.target.send(token(count));
    return ended;
  });
}

async function passOn(
  source: Source<Token>,
  next: Target<Token>,
  end: { reached: () => void },
): Promise<never> {
  for (;;) {
    const { left } = await source.receive();
    if (left === 0) end.reached();
    else next.send(token(left - 1));
  }
}
