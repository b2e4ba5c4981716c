import { describe, expect, test } from "vitest";
import { createTestCluster, present, type TestCluster } from "./cluster.ts";

interface Row {
  readonly id: number;
  readonly name: string;
}

async function twoMailboxes(cluster: TestCluster) {
  const [one, two] = await cluster.startAll();
  const big = present(two).newMailbox<readonly Row[]>();
  const small = present(two).newMailbox<Row>();
  return {
    big: big.mailbox,
    small: small.mailbox,
    toBig: present(one).address<readonly Row[]>(big.address.id),
    toSmall: present(one).address<Row>(small.address.id),
  };
}

const rowsOf = (count: number): Row[] =>
  Array.from({ length: count }, (_, id) => ({ id, name: `row ${id}`.padEnd(40, ".") }));

describe("keys that a message in pieces has defined", () => {
  test("are known to the small messages that pass it", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { big, small, toBig, toSmall } = await twoMailboxes(cluster);
    const rows = rowsOf(10_000);
    const bigWhenSmallCame = small.receive().then((row) => [row, big.messageCount]);
    toBig.send(rows);
    toSmall.send({ id: 1, name: "small" });
    await cluster.clock.settle();

    expect(await bigWhenSmallCame).toEqual([{ id: 1, name: "small" }, 0]);
    expect(big.tryReceive()).toEqual(rows);
  });
});

describe("keys that a refused message has defined", () => {
  test("are known to those that come after it", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { small, toBig, toSmall } = await twoMailboxes(cluster);
    const tooLarge = toBig.send(rowsOf(100_000).map((row) => ({ ...row, name: "x".repeat(200) })));
    toSmall.send({ id: 1, name: "after" });
    await cluster.clock.settle();

    expect(tooLarge).toBe(false);
    expect(small.tryReceive()).toEqual({ id: 1, name: "after" });
  });
});

describe("keys that were defined on a link", () => {
  test("are defined again on the next one", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { small, toSmall } = await twoMailboxes(cluster);
    for (const row of rowsOf(100)) toSmall.send(row);
    await cluster.clock.settle();
    cluster.network.cut(1, 2);
    await cluster.clock.advanceBy(60_000);
    cluster.network.heal();
    await cluster.clock.advanceBy(60_000);
    for (const row of rowsOf(100)) toSmall.send(row);
    await cluster.clock.settle();

    const received = Array.from({ length: 200 }, () => small.tryReceive());
    expect(received).toEqual([...rowsOf(100), ...rowsOf(100)]);
  });
});
