/**
 * A message is received by its tag while many others, that came before, stay: as a call waits for
 * its answer in a mailbox that is full of work.
 *
 * A round ends after a while, however few it had by then: who looks at every message needs
 * milliseconds for each.
 */
import { noClustering, nullLogger } from "reign";
import type { Case, Goal, Role } from "./case.ts";
import { erlangHere } from "./erlang.ts";
import { alone } from "./local-role.ts";
import { manyCalls } from "./many-calls.ts";

const roundLimitMs = 300;

interface Work {
  readonly type: "work";
  readonly id: number;
}

/** One of these is wanted: by its `type`, by its class, or by the reference that it bears. */
interface Answer {
  readonly type: "answer";
  readonly id: number;
}

class AnswerOfClass {
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }
}

interface AnswerTo {
  readonly type: "answer";
  readonly to: symbol;
  readonly id: number;
}

export const localSelective: readonly Case[] = [
  selective("1k", 1_000, []),
  selective("10k", 10_000, []),
  selective("100k", 100_000, [
    { contestant: "reign, type", beside: "Erlang/OTP, tag", atLeast: 100 },
  ]),
  selective("1M", 1_000_000, [
    ...["reign, type", "reign, class", "reign, fresh reference"].map((contestant) => {
      return { contestant, beside: contestant, inCase: "L3-1k", atLeast: 0.5 };
    }),
  ]),
];

function selective(label: string, backlog: number, goals: readonly Goal[]): Case {
  return {
    id: `L3-${label}`,
    title: `received by tag, while ${backlog.toLocaleString("en-US")} others wait, in one process`,
    unit: "messages",
    // Thousands of messages take a while to be sent: one such case shows that it works.
    size: { full: 200_000, quick: backlog > 1000 ? 0 : 500 },
    measure: "rate",
    remote: false,
    oneProcessor: false,
    contestants: [
      alone("reign, type", () => startByType(backlog)),
      alone("reign, class", () => startByClass(backlog)),
      alone("reign, fresh reference", () => startByReference(backlog)),
      alone("raw scan", () => startScan(backlog)),
      erlangHere(`select_by_tag ${backlog}`, { as: ", tag" }),
      erlangHere(`select_by_reference ${backlog}`, { as: ", fresh reference" }),
    ],
    goals,
  };
}

function startByType(backlog: number): Role {
  const { address, mailbox } = filledMailbox<Answer>(backlog);
  return callsOf((id) => {
    address.send({ type: "answer", id });
    return mailbox.receive({ type: "answer" });
  });
}

function startByClass(backlog: number): Role {
  const { address, mailbox } = filledMailbox<AnswerOfClass>(backlog);
  return callsOf((id) => {
    address.send(new AnswerOfClass(id));
    return mailbox.receive(AnswerOfClass);
  });
}

function startByReference(backlog: number): Role {
  const { address, mailbox } = filledMailbox<AnswerTo>(backlog);
  return callsOf((id) => {
    const to = Symbol();
    address.send({ type: "answer", to, id });
    return mailbox.receive({ to });
  });
}

function filledMailbox<M>(backlog: number) {
  const made = noClustering({ logger: nullLogger }).newMailbox<M | Work>();
  for (let id = 0; id < backlog; id++) made.address.send({ type: "work", id });
  return made;
}

function startScan(backlog: number): Role {
  const queue: (Work | Answer)[] = Array.from({ length: backlog }, (_, id) => {
    return { type: "work", id };
  });
  return callsOf((id) => {
    queue.push({ type: "answer", id });
    const at = queue.findIndex(({ type }) => type === "answer");
    return Promise.resolve(queue.splice(at, 1)[0] as Answer);
  });
}

function callsOf(call: (id: number) => Promise<{ readonly id: number }>): Role {
  return { round: (most) => manyCalls({ most, limitMs: roundLimitMs }, call) };
}
