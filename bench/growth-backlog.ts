/** How much waits in a mailbox: what a message costs that is sent and received, and the waiting. */
import { type Mailbox, noClustering, nullLogger } from "reign";
import type { Role } from "./case.ts";
import { costOf, type Growth } from "./growth.ts";
import { bytesInUse } from "./kept.ts";
import { alone } from "./local-role.ts";
import { manyCalls } from "./many-calls.ts";
import { asBytes, asCount, asTime } from "./quantities.ts";

interface Message {
  readonly type: "work" | "answer";
  readonly id: number;
}

/** One object waits many times, so that only what waiting takes is counted. */
const work: Message = { type: "work", id: 0 };
const limits = { most: 50_000, limitMs: 200 } as const;
/** Memory is counted over so many messages at least, or it would be lost in the engine's own. */
const leastCounted = 20_000;

export const backlogGrowth: Growth = {
  id: "backlog",
  x: { label: "messages that wait in the mailbox", format: asCount },
  sizes: { full: [0, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000], quick: [0, 1_000] },
  contestants: [
    alone("reign, by type", () => mailboxRole((mailbox) => mailbox.receive({ type: "answer" }))),
    alone("reign, oldest first", () => mailboxRole((mailbox) => mailbox.receive())),
    alone("scan of an array, by type", scanRole),
  ],
  charts: [
    {
      id: "backlog-cost",
      title: "One message more, while others wait",
      y: { label: "time to send one and receive one", format: asTime },
      value: costOf,
    },
    {
      id: "backlog-memory",
      title: "Memory of a message that waits",
      y: { label: "bytes for each, besides the message itself", format: asBytes },
      value: ({ bytes }) => bytes,
    },
  ],
};

/** By type, memory includes what the search by type has left. */
function mailboxRole(receive: (mailbox: Mailbox<Message>) => Promise<Message>): Role {
  const service = noClustering({ logger: nullLogger });
  const filled = (backlog: number) => {
    const made = service.newMailbox<Message>();
    for (let i = 0; i < backlog; i++) made.address.send(work);
    return made;
  };
  const search = async (made: ReturnType<typeof filled>, answer: Message) => {
    made.address.send(answer);
    await receive(made.mailbox);
  };
  const bytesEach = async (backlog: number) => {
    const many = Math.max(1, Math.ceil(leastCounted / backlog));
    const empty = Array.from({ length: many }, () => filled(0));
    const before = await bytesInUse();
    for (const made of empty) for (let i = 0; i < backlog; i++) made.address.send(work);
    for (const made of empty) await search(made, { type: "answer", id: 0 });
    const bytes = ((await bytesInUse()) - before) / (many * backlog);
    for (const { mailbox } of empty) mailbox.close();
    return bytes;
  };
  return {
    async round(backlog) {
      const memory = backlog === 0 ? {} : { bytes: await bytesEach(backlog) };
      const { address, mailbox } = filled(backlog);
      const timing = await manyCalls(limits, async (id) => {
        address.send({ type: "answer", id });
        await receive(mailbox);
        return { id };
      });
      mailbox.close();
      return { ...timing, ...memory };
    },
  };
}

function scanRole(): Role {
  return {
    async round(backlog) {
      const queue: Message[] = new Array<Message>(backlog).fill(work);
      return await manyCalls(limits, async (id) => {
        queue.push({ type: "answer", id });
        const at = queue.findIndex(({ type }) => type === "answer");
        return queue.splice(at, 1)[0] as Message;
      });
    },
  };
}
