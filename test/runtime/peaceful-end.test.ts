import { describe, expect, test } from "vitest";
import type { Service } from "../../src/runtime/service.ts";
import { createTestCluster, present, type TestCluster } from "./cluster.ts";

/** Two linked nodes, and how many messages each has sent to the other and got from it. */
async function talkers(cluster: TestCluster) {
  const [one, two] = (await cluster.startAll()).map(present) as [Service, Service];
  const [atOne, atTwo] = [one.newMailbox().mailbox, two.newMailbox().mailbox];
  return {
    one,
    two,
    toOne: two.address(atOne.address.id),
    toTwo: one.address(atTwo.address.id),
    got: () => [atOne.messageCount, atTwo.messageCount],
  };
}

function accountOf(service: Service) {
  const { sent, delivered, lost } = service.stats();
  return { sent, delivered, lost: Object.values(lost).reduce((sum, count) => sum + count, 0) };
}

describe("a node that stops in peace", () => {
  test.each([1, 10, 4_000])(
    "loses nothing that was sent before, in either direction, and nothing stays in doubt: %i messages",
    async (count) => {
      await using cluster = createTestCluster(["1", "2"]);
      const { one, two, toOne, toTwo, got } = await talkers(cluster);
      for (let i = 0; i < count; i++) expect([toOne.send(i), toTwo.send(i)]).toEqual([true, true]);
      const stopped = one.stop();
      await cluster.clock.advanceBy(5_000);
      await stopped;

      expect(got()).toEqual([count, count]);
      expect(accountOf(one)).toEqual({ sent: count, delivered: count, lost: 0 });
      expect(accountOf(two)).toEqual({ sent: count, delivered: count, lost: 0 });
    },
  );

  test("does so beside another that stops at the same time", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, two, toOne, toTwo, got } = await talkers(cluster);
    for (let i = 0; i < 500; i++) expect([toOne.send(i), toTwo.send(i)]).toEqual([true, true]);
    const stopped = Promise.all([one.stop(), two.stop()]);
    await cluster.clock.advanceBy(5_000);
    await stopped;

    expect(got()).toEqual([500, 500]);
    expect(accountOf(one)).toEqual({ sent: 500, delivered: 500, lost: 0 });
    expect(accountOf(two)).toEqual({ sent: 500, delivered: 500, lost: 0 });
  });

  test("from inside a message that is being read says first what waited, and then goodbye", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one, toTwo, got } = await talkers(cluster);
    for (let i = 0; i < 10; i++) toTwo.send({ i });
    let stopped: Promise<void> | undefined;
    const message = {
      get last() {
        stopped = one.stop();
        return 1;
      },
    };
    expect(toTwo.send(message)).toBe(false);
    await cluster.clock.advanceBy(5_000);
    await stopped;

    expect(got()).toEqual([0, 10]);
    expect(cluster.telemetry.eventsOf("link_down").map(({ reason }) => reason)).toContain(
      "the peer stopped",
    );
    expect(one.stats().lost).toMatchObject({ no_connection: 1, in_doubt: 0, link_lost: 0 });
  });

  test("is not held up by a peer that does not answer its goodbye", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { one } = await talkers(cluster);
    cluster.network.stall(1, 2);
    const stopped = one.stop();
    await cluster.clock.advanceBy(1_100);
    await stopped;

    expect(cluster.telemetry.eventsOf("stopped")).toHaveLength(1);
  });
});
