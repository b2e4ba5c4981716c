import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import type { Address } from "../../src/core/address.ts";
import type { MailboxClosed } from "../../src/core/close-notice.ts";
import { createChangingCluster, definition } from "./changing-cluster.ts";

const both = ["1", "2"] as const;
const step = fc.oneof(
  fc.record({ do: fc.constant("add"), at: fc.constantFrom(...both) }),
  fc.record({ do: fc.constant("remove"), at: fc.constantFrom(...both) }),
  fc.record({ do: fc.constant("watch"), at: fc.constantFrom(...both) }),
  fc.record({ do: fc.constant("send"), at: fc.constantFrom(...both) }),
  fc.record({ do: fc.constant("stall"), at: fc.constantFrom(...both) }),
  fc.record({ do: fc.constant("resume"), at: fc.constantFrom(...both) }),
  fc.record({ do: fc.constant("wait"), at: fc.constantFrom(...both), ms: fc.nat(3_000) }),
);

function otherOf(id: string): string {
  return id === "1" ? "2" : "1";
}

function accountOf(services: readonly ConnectionService[]): object {
  const all = services.map((service) => service.stats());
  const lost = all.flatMap((stats) => Object.values(stats.lost));
  return {
    sent: all.reduce((sum, { sent }) => sum + sent, 0),
    arrivedOrLost: [...all.map(({ delivered }) => delivered), ...lost].reduce((a, b) => a + b, 0),
    inDoubt: all.reduce((sum, { lost: { in_doubt } }) => sum + in_doubt, 0),
  };
}

test("whenever nodes are taken out and in again, they end with one link, one notice for each watch, and an account that is whole", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await using cluster = createChangingCluster();
      const services = [
        await cluster.start("1", ["1", "2"]),
        await cluster.start("2", ["1", "2"]),
      ] as const;
      const serviceAt = (id: string) => services[id === "1" ? 0 : 1];
      const targets = services.map((service) => service.newMailbox<number>());
      const targetOf = (id: string) => targets[id === "1" ? 0 : 1];
      const watchers: ReturnType<typeof watch>[] = [];
      let sent = 0;
      for (const taken of steps) {
        const service = serviceAt(taken.at);
        const other = otherOf(taken.at);
        const remote = service.address<number>(String(targetOf(other)?.address));
        if (taken.do === "add") service.addNode(definition(other));
        if (taken.do === "remove") service.removeNode(other).catch(() => {});
        if (taken.do === "watch") watchers.push(watch(service, remote));
        if (taken.do === "send") remote.send(++sent);
        if (taken.do === "stall") cluster.network.stall({ from: taken.at, to: other });
        if (taken.do === "resume") cluster.network.resume({ from: taken.at, to: other });
        await cluster.clock.advanceBy("ms" in taken ? taken.ms : 1);
      }
      cluster.network.resume();
      for (const id of both) serviceAt(id).addNode(definition(otherOf(id)));
      await cluster.clock.advanceBy(60_000);

      expect(cluster.network.links).toBe(1);
      expect(accountOf(services)).toEqual({ sent, arrivedOrLost: sent, inDoubt: 0 });
      for (const { mailbox } of targets) {
        const numbers: number[] = [];
        for (let it = mailbox.tryReceive(); it !== undefined; it = mailbox.tryReceive()) {
          numbers.push(it);
        }
        expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
        mailbox.close();
      }
      await cluster.clock.advanceBy(1_000);
      expect(watchers.map(({ mailbox }) => mailbox.messageCount)).toEqual(watchers.map(() => 1));
    }),
    { numRuns: 150 },
  );
});

function watch(service: ConnectionService, remote: Address<number>) {
  const watcher = service.newMailbox<MailboxClosed>();
  remote.onCloseNotify(watcher.address);
  return watcher;
}
