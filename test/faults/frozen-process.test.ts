import { describe, expect, test } from "vitest";
import { busyMs, createFaultCluster, moment, shortTick, tickBoundMs } from "./fault-cluster.ts";
import { note, times } from "./figures.ts";

describe("a process that is frozen and goes on", () => {
  test("is given up by the tick each time, and nothing of an old link comes behind the new one", async () => {
    await using cluster = await createFaultCluster(2);
    const [one, two] = await Promise.all([cluster.start("1"), cluster.start("2")]);
    await Promise.all([one.link("2", true), two.link("1", true)]);
    await one.do("send", { peer: "2", every: 10 });
    await two.do("send", { peer: "1", every: 10 });
    const took: number[] = [];
    for (let round = 0; round < times(30); round++) {
      // Until both are certain of the link, what one of them says next is not about this round.
      await Promise.all([
        one.until("message", () => true, one.events.length),
        two.until("message", () => true, two.events.length),
      ]);
      const [before, frozenBefore] = [one.events.length, two.events.length];
      const since = moment();
      two.kill("SIGSTOP");
      const down = await one.link("2", false, before);
      took.push(down.at - since);
      two.kill("SIGCONT");
      const up = await one.link("2", true, before);
      await two.link("1", true, frozenBefore);
      await one.until("message", ({ at }) => at > up.at, before);
      await two.until("message", ({ at }) => at > up.at, frozenBefore);

      const between = one.events.filter(({ at }) => at > down.at && at < up.at);
      expect(between.filter(({ event }) => event === "message")).toEqual([]);
      expect(one.changes(before)).toEqual(["2 down", "2 up"]);
      expect(two.changes(frozenBefore)).toEqual(["1 down", "1 up"]);
    }
    note("frozen: found out", took);

    expect(Math.max(...took)).toBeLessThan(tickBoundMs + busyMs);
    expect(Math.min(...took)).toBeGreaterThan(
      shortTick.deadlineInterval - shortTick.pingInterval - busyMs / 10,
    );
    for (const node of [one, two]) {
      expect((await node.do("state")).received).toMatchObject({ foreign: 0, disorder: 0 });
    }
  });
});
