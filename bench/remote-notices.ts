/**
 * What one mailbox is told of ten thousand that it watches on another node: when that node's
 * process is killed, and when all are closed.
 *
 * The watching side keeps the time, to the last notice: from the signal that kills the node, or
 * from its word to close. The node that is killed is made anew for each round by the role that
 * watches it. The program of Erlang's watcher is told by its role, which sends the signal and waits
 * for its word: a line through a pipe each way is in its time.
 */
import type { Address, MultipleClaim } from "reign";
import { MailboxClosed } from "reign";
import type { Case, Contestant, Role, Setting, Timing } from "./case.ts";
import { usageOfPrograms } from "./child-program.ts";
import { secondsSince } from "./elapsed.ts";
import {
  type Distribution,
  erlangBetween,
  missingErlang,
  startCallingErlang,
  startWaitingErlang,
} from "./erlang.ts";
import { startNamedNode, startSeekingNode } from "./pair-of-nodes.ts";
import { RoleProcess } from "./role-process.ts";

type Request =
  | { readonly type: "make"; readonly count: number; readonly answerTo: Address<Made | "watched"> }
  | { readonly type: "watch" }
  | { readonly type: "close" };

interface Made {
  readonly addresses: readonly Address[];
}

type Answer = Made | "watched" | MailboxClosed;

const shared = {
  unit: "notices",
  size: { full: 10_000, quick: 500 },
  measure: "duration",
  remote: true,
  oneProcessor: false,
} as const;

const killedId = "R4-killed";

export const remoteNoticesKilled: Case = {
  ...shared,
  id: killedId,
  title: "close notices for the mailboxes of another node whose process is killed",
  contestants: [
    {
      name: "reign",
      roles: [
        { name: "watched", startedByOther: true, start: startWatched },
        { name: "watching", start: startWatchingKilled },
      ],
    },
    erlangKilled("TLS"),
  ],
  goals: [{ contestant: "reign", atMost: 25 }],
};

export const remoteNoticesClosed: Case = {
  ...shared,
  id: "R4-closed",
  title: "close notices for mailboxes of another node that are all closed",
  contestants: [
    {
      name: "reign",
      roles: [
        { name: "watched", start: startWatched },
        { name: "watching", start: startWatchingClosed },
      ],
    },
    erlangBetween("TLS", "notices_when_closed"),
  ],
  goals: [{ contestant: "reign", atMost: 30 }],
};

async function startWatched(setting: Setting): Promise<Role> {
  const { service, mailbox } = await startNamedNode<Request>(setting);
  return {
    async round(): Promise<undefined> {
      const request = (await mailbox.receive({ type: "make" })) as Request & {
        readonly type: "make";
      };
      const ends = Array.from({ length: request.count }, () => service.newMailbox());
      request.answerTo.send({ addresses: ends.map(({ address }) => address) });
      // Behind all that was asked for before.
      await mailbox.receive({ type: "watch" });
      request.answerTo.send("watched");
      await mailbox.receive({ type: "close" });
      for (const end of ends) end.mailbox.close();
    },
  };
}

async function startWatchingClosed(setting: Setting): Promise<Role> {
  const watcher = await startWatcher(setting);
  return {
    async round(count: number): Promise<Timing> {
      const target = await watcher.watch(count);
      const started = performance.now();
      target.send({ type: "close" });
      await watcher.allClosed(count);
      return { seconds: secondsSince(started) };
    },
  };
}

async function startWatchingKilled(setting: Setting): Promise<Role> {
  const name = { caseId: killedId, contestant: "reign", role: "watched", setting };
  const start = async () => {
    const watched = new RoleProcess({ name });
    await watched.start();
    return watched;
  };
  let next = await start();
  const watcher = await startWatcher(setting);
  return {
    async round(count: number): Promise<Timing> {
      const watched = next;
      await watched.begin(count);
      await watcher.watch(count);
      const started = performance.now();
      watched.kill();
      await watcher.allClosed(count);
      const seconds = secondsSince(started);
      next = await start();
      return { seconds };
    },
    end: () => next.kill(),
  };
}

interface Watcher {
  /** Has the other node make mailboxes and watches them all; gives the one that it is asked by. */
  watch(count: number): Promise<Address<Request>>;
  allClosed(count: number): Promise<void>;
}

async function startWatcher(setting: Setting): Promise<Watcher> {
  const ends = await startSeekingNode<Request | MultipleClaim, Answer>(setting);
  const { address, mailbox } = ends;
  return {
    async watch(count) {
      const target = await ends.seek();
      target.send({ type: "make", count, answerTo: address });
      const made = (await mailbox.receive()) as Made;
      for (const each of made.addresses) each.onCloseNotify(address);
      target.send({ type: "watch" });
      await mailbox.receive();
      return target;
    },
    async allClosed(count) {
      for (let i = 0; i < count; i++) {
        const notice = await mailbox.receive();
        if (!(notice instanceof MailboxClosed)) throw new Error("Expected a notice.");
      }
    },
  };
}

function erlangKilled(distribution: Distribution): Contestant {
  const start = async (setting: Setting): Promise<Role> => {
    const watching = await startCallingErlang(distribution, setting, "notices_when_killed");
    return {
      ...usageOfPrograms([watching]),
      async round(count: number): Promise<Timing> {
        const watched = await startWaitingErlang(distribution, setting);
        watching.tell(`round ${count}`);
        await watching.line("watching");
        const started = performance.now();
        watched.kill();
        await watching.line("done");
        const seconds = secondsSince(started);
        await watched.end();
        return { seconds };
      },
    };
  };
  return {
    name: `Erlang ${distribution}`,
    available: () => missingErlang(distribution),
    roles: [{ name: "watching", start }],
  };
}
