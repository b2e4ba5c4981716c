import { describe, expect, test } from "vitest";
import { command, testNeeding } from "../needs.ts";
import { createFaultCluster, type FaultNode, shortTick } from "./fault-cluster.ts";
import { times } from "./figures.ts";

const positions = ["timer", "microtask", "io", "immediate"] as const;
/** The neighbour's own patience has no end here: what ends a link is the node that stood still. */
const patient = {
  pingInterval: shortTick.pingInterval,
  deadlineInterval: 240_000,
  maxSequentialPingFailures: 1_000,
} as const;
/** Longer than the tick and than what a verdict may be put off by. */
const standstillMs = shortTick.deadlineInterval + 2 * shortTick.pingInterval;
/** As long as a verdict on a silence may take to be spoken. */
const verdictMs = 2 * shortTick.pingInterval;

/** Lets a node stand still for longer than the tick, and then come to its verdict. */
async function standStill(node: FaultNode, position: (typeof positions)[number]): Promise<void> {
  const mark = node.events.length;
  await node.do("block", { ms: standstillMs, position });
  await node.until("unblocked", () => true, mark);
  await node.do("live", { ms: verdictMs });
}

describe("a process that stands still for longer than its tick", () => {
  test("kills no link to a healthy node, be it idle or busy, whatever it stood still in", async () => {
    await using cluster = await createFaultCluster(5);
    const healthy = await cluster.start("5", patient);
    const ids = ["1", "2", "3", "4"];
    const blocked = await Promise.all(ids.map((id) => cluster.start(id, { knows: ["5"] })));
    await Promise.all(ids.map((id) => healthy.link(id, true)));
    const standStillEach = () =>
      Promise.all(
        blocked.map((node, i) => standStill(node, positions[i % positions.length] ?? "timer")),
      );
    for (let round = 0; round < times(10); round++) await standStillEach();
    for (const id of ids) await healthy.do("send", { peer: id, every: 20 });
    for (let round = 0; round < times(10); round++) await standStillEach();

    for (const node of blocked) expect(node.changes()).toEqual(["5 up"]);
    expect(healthy.changes()).toHaveLength(4);
  });

  test("is given up by its peer at most, and linked with it again", async () => {
    await using cluster = await createFaultCluster(2);
    const [one, two] = await Promise.all([cluster.start("1"), cluster.start("2")]);
    await Promise.all([one.link("2", true), two.link("1", true)]);
    const marks = [one.events.length, two.events.length] as const;
    await one.do("block", { ms: 3 * shortTick.deadlineInterval, position: "io" });
    await two.link("1", false, marks[1]);
    await two.link("1", true, marks[1]);
    await one.link("2", true, marks[0]);

    expect(two.log("1", marks[1])).toContain("link_down: no sign of life from the peer");
    expect(one.log("2", marks[0])).not.toContain("link_down: no sign of life from the peer");
    expect(one.changes(marks[0])).toEqual(["2 down", "2 up"]);
  });
});

describe("a clock that jumps", () => {
  test("has no effect if it is the wall clock, whichever way", async () => {
    await using cluster = await createFaultCluster(2);
    const [one, two] = await Promise.all([cluster.start("1"), cluster.start("2")]);
    await Promise.all([one.link("2", true), two.link("1", true)]);
    await one.do("shiftClock", { clock: "wall", ms: 3_600_000 });
    await two.do("shiftClock", { clock: "wall", ms: -3_600_000 });
    await one.do("live", { ms: standstillMs });

    expect(one.changes()).toEqual(["2 up"]);
    expect(two.changes()).toEqual(["1 up"]);
  });

  test("a day on costs one link at most if it is the monotonic clock, and that comes back", async () => {
    await using cluster = await createFaultCluster(2);
    const [one, two] = await Promise.all([cluster.start("1"), cluster.start("2", patient)]);
    await Promise.all([one.link("2", true), two.link("1", true)]);
    await one.do("shiftClock", { clock: "monotonic", ms: 86_400_000 });
    await one.do("live", { ms: standstillMs });
    await one.do("send", { peer: "2", every: 20 });
    await two.until("message", () => true);

    expect(["2 up", "2 up 2 down 2 up"]).toContain(one.changes().join(" "));
  });

  testNeeding(command("unshare", "-T", "--monotonic", "86400", "true"))(
    "is no clock to compare with: a node whose monotonic clock is a day ahead is a node like others",
    async () => {
      await using cluster = await createFaultCluster(2);
      const ahead = ["unshare", "-T", "--monotonic", "86400"];
      const [one, two] = await Promise.all([
        cluster.start("1"),
        cluster.start("2", { within: ahead }),
      ]);
      await Promise.all([one.link("2", true), two.link("1", true)]);
      await one.do("live", { ms: standstillMs });

      expect(one.changes()).toEqual(["2 up"]);
      expect(two.changes()).toEqual(["1 up"]);
    },
  );
});
