/** A process is killed, and those who watch its mailboxes are told: all of them, and soon. */
import type { Address, MailboxClosed } from "reign";
import { monotonicMs, type NodeSetting, nowhere, placeNodes, startNode } from "./node.ts";
import { type Scenario, type Stage, series } from "./scenario.ts";

const rounds = { full: 100, quick: 1 } as const;
const mailboxes = { full: 10_000, quick: 1_000 } as const;
const patienceMs = 30_000;

interface Question {
  readonly reply: Address<readonly Address[]>;
}

export const kill: Scenario = {
  id: "kill",
  title: "SIGKILL of a process",
  limitSeconds: 1_200,
  parts: [startWatcher, startVictim],
  figures: [
    {
      title: "SIGKILL to all notices",
      done:
        "A process with 10,000 mailboxes gets SIGKILL; another watches them all, and is timed " +
        "from the signal until it has received the last notice. A new process for each round.",
      unit: "ms",
      wanted: rounds,
      goals: [
        { of: "p99", atMost: 250 },
        { of: "max", atMost: 1_000 },
      ],
      values: series("took"),
    },
    {
      title: "notices that did not come, came twice, or had another reason than noconnection",
      done: "Of all those of a round.",
      unit: "",
      wanted: rounds,
      goals: [{ of: "total", atMost: 0 }],
      values: series("wrong"),
    },
  ],
  run: runKill,
};

async function runKill(stage: Stage): Promise<void> {
  const { size, folder } = stage;
  const [one, two] = await placeNodes(2);
  if (one === undefined || two === undefined) return;
  const watcherPlace = { id: 1, address: nowhere, listen_address: "127.0.0.1:0" };
  const options = { maxReconnectDelay: 50 };
  const watcher = await stage.start(startWatcher, {
    folder,
    id: 1,
    nodes: [watcherPlace, two],
    options,
  });
  for (let round = 1; round <= rounds[size]; round++) {
    const victim = await stage.start(startVictim, {
      count: mailboxes[size],
      node: { folder, id: 2, nodes: [watcherPlace, two], options },
    });
    const watched = await watcher.ask.watch(await victim.ask.list());
    const killed = monotonicMs();
    victim.signal("SIGKILL");
    const { lastAt, wrong } = await watcher.ask.notices(watched);
    await victim.gone;
    stage.record("took", lastAt - killed);
    stage.record("wrong", wrong);
    if (round % 10 === 0) stage.progress(`round ${round} of ${rounds[size]}`);
  }
}

/** Node 2, with mailboxes to be watched. */
async function startVictim(setting: { readonly node: NodeSetting; readonly count: number }) {
  const service = await startNode(setting.node);
  const many = Array.from({ length: setting.count }, () => service.newMailbox().address);
  const { address, mailbox } = service.newMailbox<Question>();
  void (async () => {
    for await (const { reply } of mailbox) reply.send(many);
  })();
  return { list: () => address.id };
}

/** Node 1, which watches them. */
async function startWatcher(node: NodeSetting) {
  const service = await startNode(node);
  let watcher = service.newMailbox<MailboxClosed>();

  async function mailboxesOf(list: string): Promise<readonly Address[]> {
    await service.connected(2, { timeout: patienceMs });
    const target = service.address<Question>(list);
    const { address, mailbox } = service.newMailbox<readonly Address[]>();
    target.send({ reply: address });
    const many = await mailbox.receive({ timeout: patienceMs });
    mailbox.close();
    if (many === undefined) throw new Error("Nobody answered.");
    return many;
  }

  return {
    /** Watches all there are. When it settles, the other node knows of it. */
    async watch(list: string): Promise<readonly string[]> {
      watcher = service.newMailbox<MailboxClosed>();
      const many = await mailboxesOf(list);
      for (const address of many) address.onCloseNotify(watcher.address);
      // An answer to a question that was put after the watches.
      await mailboxesOf(list);
      return many.map(({ id }) => id);
    },
    async notices(watched: readonly string[]) {
      const missing = new Set(watched);
      let lastAt = Number.NaN;
      let wrong = 0;
      while (missing.size > 0) {
        const notice = await watcher.mailbox.receive({ timeout: patienceMs });
        if (notice === undefined) break;
        lastAt = monotonicMs();
        if (!missing.delete(notice.id) || notice.reason !== "noconnection") wrong += 1;
      }
      wrong += missing.size + watcher.mailbox.messageCount;
      watcher.mailbox.close();
      return { lastAt, wrong };
    },
  };
}
