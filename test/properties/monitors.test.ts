import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createTestCluster } from "../runtime/cluster.ts";
import { holds, patienceMs, upTo } from "./effort.ts";
import { watchStep } from "./watch-steps.ts";
import { nodeIds, WatchWorld } from "./watch-world.ts";

test(
  "a watcher gets just the notices that it is owed, for the reason there is, in their place and no more",
  async () => {
    const rare = [
      "closed",
      "noproc",
      "noconnection",
      "asked twice",
      "asked again before the notice was read",
      "taken out of the mailbox",
      "taken back while the notice was on its way",
      "closed after what was said",
      "watch of one that is due",
      "unwatch of one that is due",
    ];
    await holds("monitors", { runs: 50, full: 4_500, rare }, (tally) =>
      fc.asyncProperty(
        fc.array(watchStep, upTo(100)),
        fc.integer({ min: 1, max: 1_000_000 }),
        async (steps, seed) => {
          await using cluster = createTestCluster(nodeIds, seed, { chunk: true, delayMs: [0, 20] });
          const world = new WatchWorld(cluster, tally);
          await world.begin();
          for (const step of steps) await world.play(step);
          await world.settle();
        },
      ),
    );
  },
  patienceMs,
);

test("after removeNotify returned true no notice is seen, also none that an earlier request brought", async () => {
  await using cluster = createTestCluster(["1"]);
  const service = cluster.create("1");
  const watcher = service.newMailbox();
  const target = service.newMailbox();
  target.address.onCloseNotify(watcher.address);
  target.mailbox.close();
  target.address.onCloseNotify(watcher.address);
  expect(watcher.mailbox.messageCount).toBe(2);

  expect(target.address.removeNotify(watcher.address)).toBe(true);
  expect(watcher.mailbox.messageCount).toBe(0);
});
