/**
 * Names that one node registers, until the other has seen them all.
 *
 * The seeing side keeps the time: from its word to begin until it knows the last name, and has
 * asked for all of them. A name stands for a mailbox, or process, of its own, made before. Erlang
 * tells of each name by a message (`pg:monitor_scope/0`), and has two answers: `global`, one
 * owner in the cluster by agreement of all nodes for each name, and `pg`, groups that spread as
 * news, which is what reign promises too.
 */
import type { Address, ConnectionService, MultipleClaim } from "reign";
import type { Case, Role, Setting, Timing } from "./case.ts";
import { secondsSince } from "./elapsed.ts";
import { erlangBetween } from "./erlang.ts";
import { startNamedNode, startSeekingNode } from "./pair-of-nodes.ts";

type Request =
  | { readonly type: "prepare"; readonly count: number; readonly answerTo: Address<string> }
  | { readonly type: "register" }
  | { readonly type: "unregister" };

export const remoteNames: Case = {
  id: "R6",
  title: "names registered on one node until the other has seen the last",
  unit: "names",
  size: { full: 10_000, quick: 200 },
  measure: "duration",
  remote: true,
  oneProcessor: false,
  contestants: [
    {
      name: "reign",
      roles: [
        { name: "registering", start: startRegistering },
        { name: "seeing", start: startSeeing },
      ],
    },
    erlangBetween("TLS", "groups", { as: ", pg" }),
    erlangBetween("TLS", "global_names", { as: ", global, a twentieth of them", share: 0.05 }),
  ],
  goals: [{ contestant: "reign", atMost: 40 }],
};

async function startRegistering(setting: Setting): Promise<Role> {
  const { service, mailbox } = await startNamedNode<Request>(setting);
  return {
    async round(count: number): Promise<undefined> {
      const { answerTo } = (await mailbox.receive({ type: "prepare" })) as Request & {
        readonly type: "prepare";
      };
      const ends = namesOf(count).map((name) => {
        return { name, ...service.newMailbox<MultipleClaim>() };
      });
      answerTo.send("prepared");
      await mailbox.receive({ type: "register" });
      for (const { name, address } of ends) service.names.register(name, address);
      await mailbox.receive({ type: "unregister" });
      // Its names go with it.
      for (const end of ends) end.mailbox.close();
      await service.names.sync();
      answerTo.send("unregistered");
    },
  };
}

async function startSeeing(setting: Setting): Promise<Role> {
  const ends = await startSeekingNode<Request | MultipleClaim, string>(setting);
  const { service, target, address, mailbox } = ends;
  return {
    async round(count: number): Promise<Timing> {
      target.send({ type: "prepare", count, answerTo: address });
      await mailbox.receive();
      const names = namesOf(count);
      const started = performance.now();
      target.send({ type: "register" });
      await service.names.wait(names.at(-1) ?? "");
      const seen = service.names.seenNames(...names);
      const seconds = secondsSince(started);
      if (seen.includes(false)) throw new Error("Expected all names to be seen with the last.");
      target.send({ type: "unregister" });
      await mailbox.receive();
      expectGone(service, count);
      return { seconds };
    },
  };
}

function expectGone({ names }: ConnectionService, count: number): void {
  const left = names.seenNames(...namesOf(count)).filter((seen) => seen).length;
  if (left > 0) throw new Error(`Expected no name to be left, got ${left}.`);
}

function namesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `service ${i}`);
}
