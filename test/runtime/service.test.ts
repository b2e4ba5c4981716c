import { describe, expect, test } from "vitest";
import { createFromSpec, noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { resolveSettings } from "../../src/runtime/settings.ts";
import { createTestCluster, present } from "./cluster.ts";
import { createProcess } from "./standstill.ts";

describe("a service", () => {
  test("without clustering has all functions of mailboxes and names, and nothing to start", async () => {
    const service = noClustering({ logger: nullLogger });
    const { address, mailbox } = service.newMailbox<string>();
    service.names.register("it", service.newMailbox().address);
    await service.start();
    address.send("hello");

    expect(await mailbox.receive()).toBe("hello");
    expect(service.nodeId).toBe("0");
    expect(service.cluster.name).toBe("none");
    await service.terminate();
  });

  test("settles start when it listens, and serve when it is stopped", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const service = cluster.create("1");
    let served = false;
    const serving = service.serve().then(() => {
      served = true;
    });
    await service.start();
    await cluster.clock.settle();
    expect(served).toBe(false);
    const stopping = service.stop();
    await cluster.clock.settle();
    await stopping;
    await serving;
    expect(served).toBe(true);
  });

  test("that cannot listen rejects, and can be started when the place is free", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const first = await cluster.start("1");
    const second = cluster.create("1");
    await expect(second.serve()).rejects.toMatchObject({ code: "REIGN_LISTEN_FAILED" });
    const gone = first.stop();
    await cluster.clock.settle();
    await gone;

    await expect(second.start()).resolves.toBeUndefined();
  });

  test("can be stopped twice, and before it was started", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const service = cluster.create("1");
    await Promise.all([service.stop(), service.stop(), service.terminate(), service.terminate()]);

    await expect(service.serve()).resolves.toBeUndefined();
    await expect(service.start()).rejects.toMatchObject({ code: "REIGN_STOPPED" });
    await expect(service.connected(2)).rejects.toMatchObject({ code: "REIGN_STOPPED" });
  });

  test("that is stopped while it starts leaves nothing open", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const service = cluster.create("1");
    const started = service.start();
    const rejected = expect(started).rejects.toMatchObject({ code: "REIGN_STOPPED" });
    const stopped = service.stop();
    await cluster.clock.settle();
    await Promise.all([rejected, stopped]);

    await expect(cluster.start("1")).resolves.toBeDefined();
  });

  test("that is stopped goes on with its mailboxes and names", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = (await cluster.startAll()).map(present);
    const remote = present(one).address(present(two).newMailbox().address.id);
    const { address, mailbox } = present(one).newMailbox();
    const stopped = present(one).stop();
    await cluster.clock.settle();
    await stopped;
    present(one).names.register("it", address);
    present(one).names.require("it").send("still here");

    expect(mailbox.tryReceive()).toBe("still here");
    expect(remote.send("anybody?")).toBe(false);
    expect(present(one).newMailbox().address.send("x")).toBe(true);
  });

  test("that is terminated closes every mailbox and makes no more", async () => {
    const service = noClustering({ logger: nullLogger });
    const { address, mailbox } = service.newMailbox();
    const waiting = expect(mailbox.receive()).rejects.toMatchObject({
      code: "REIGN_MAILBOX_CLOSED",
    });
    const named = expect(service.names.wait("x")).rejects.toMatchObject({ code: "REIGN_STOPPED" });
    {
      await using disposed = service;
      expect(disposed.nodeId).toBe("0");
    }

    await Promise.all([waiting, named]);
    await expect(service.names.wait("y")).rejects.toMatchObject({ code: "REIGN_STOPPED" });
    expect(address.send("late")).toBe(false);
    expect(() => service.newMailbox()).toThrow(expect.objectContaining({ code: "REIGN_STOPPED" }));
  });

  test("that is stopped at any moment of coming up leaves no timer and no link", async () => {
    for (let moment = 0; moment < 400; moment += 7) {
      const cluster = createTestCluster(["1", "2", "3"], moment + 1);
      const services = cluster.nodeIds.map((nodeId) => cluster.create(nodeId));
      for (const service of services) void service.start().catch(() => {});
      await cluster.clock.advanceBy(moment);
      await cluster[Symbol.asyncDispose]();

      expect(cluster.network.links).toBe(0);
      expect(cluster.clock.pendingTimers).toBe(0);
    }
  });

  test("that is stopped while it starts lets serve settle in peace", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const service = cluster.create("1");
    const served = service.serve();
    const stopped = service.stop();
    await cluster.clock.settle();
    await stopped;

    await expect(served).resolves.toBeUndefined();
  });

  test("says goodbye: its peers know at once that it is gone", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = (await cluster.startAll()).map(present);
    const changes: unknown[] = [];
    present(one).addConnectionStatusCallback((...change) => changes.push(change));
    const stopped = present(two).stop();
    await cluster.clock.settle();
    await stopped;

    expect(changes).toEqual([["2", false]]);
    expect(cluster.telemetry.eventsOf("link_down").map(({ reason }) => reason)).toContain(
      "the peer stopped",
    );
  });

  test("that cannot say goodbye is stopped within five seconds all the same", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one] = (await cluster.startAll()).map(present);
    cluster.network.cut(1, 2, { silent: true });
    let isStopped = false;
    const stopped = present(one)
      .stop()
      .then(() => {
        isStopped = true;
      });
    await cluster.clock.advanceBy(5_000);
    expect(isStopped).toBe(true);
    await stopped;
  });

  test("that stands still before its links are down has told all of their end when it is stopped", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const process = createProcess(cluster.clock);
    const one = await cluster.start("1", {}, { process });
    const two = await cluster.start("2");
    await cluster.clock.advanceBy(1_000);
    const { address } = two.newMailbox();
    const watcher = one.newMailbox();
    one.address(address.id).onCloseNotify(watcher.address);
    cluster.network.stall({ from: "1", to: "2" });
    for (let i = 0; i < 10; i++) one.address(address.id).send(i);
    const stopped = one.stop();
    await cluster.clock.advanceBy(900);
    process.standStill();
    await cluster.clock.advanceBy(6_000);
    process.goOn("timers first");
    await stopped;

    const { sent, lost } = one.stats();
    expect(sent).toBe(lost.in_doubt + lost.link_lost);
    expect(watcher.mailbox.tryReceive()).toMatchObject({ reason: "noconnection" });
    expect(cluster.telemetry.eventsOf("link_down").map(({ peer }) => peer)).toContain("2");
  });
});

describe("the connection status", () => {
  test("is told to callbacks from then on, and the iterable begins with what is", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const one = await cluster.start("1");
    await cluster.start("2");
    await cluster.clock.advanceBy(11_000);
    const changes: string[] = [];
    const callback = one.addConnectionStatusCallback((id, up) => changes.push(`${id} ${up}`));
    const status = one.connectionStatus();
    await cluster.start("3");
    await cluster.clock.advanceBy(11_000);
    callback[Symbol.dispose]();
    cluster.network.cut(1, 2);
    await cluster.clock.settle();

    expect(changes).toEqual(["3 true"]);
    const seen: string[] = [];
    for await (const { nodeId, connected } of status) {
      seen.push(`${nodeId} ${connected}`);
      if (seen.length === 4) break;
    }
    expect(seen).toEqual(["2 true", "3 false", "3 true", "2 false"]);
  });

  test("begun inside a callback tells of a change once", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = cluster.create("1");
    const seen: unknown[] = [];
    one.addConnectionStatusCallback(async () => {
      for await (const change of one.connectionStatus()) seen.push(change);
    });
    await one.start();
    await cluster.start("2");
    await cluster.clock.advanceBy(11_000);

    expect(seen).toEqual([{ nodeId: "2", connected: true }]);
  });

  test("ends as an iterable with the service", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1");
    const status = one.connectionStatus();
    const reading = (async () => {
      const seen: unknown[] = [];
      for await (const change of status) seen.push(change);
      return seen;
    })();
    const stopped = one.stop();
    await cluster.clock.settle();
    await stopped;

    expect(await reading).toEqual([{ nodeId: "2", connected: false }]);
  });

  test("callback that throws or rejects is reported and harms nobody", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = cluster.create("1");
    const changes: unknown[] = [];
    one.addConnectionStatusCallback(() => {
      throw new Error("thrown");
    });
    one.addConnectionStatusCallback(() => Promise.reject(new Error("rejected")));
    one.addConnectionStatusCallback((id) => changes.push(id));
    await one.start();
    await cluster.start("2");
    await cluster.clock.advanceBy(1_000);

    expect(changes).toEqual(["2"]);
    expect(cluster.telemetry.eventsOf("callback_failed").map(({ error }) => error)).toEqual([
      new Error("thrown"),
      new Error("rejected"),
    ]);
    expect(() => one.addConnectionStatusCallback("no" as never)).toThrow(TypeError);
  });

  test("is waited for by connected, which settles at once when it is so", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1");
    const waiting = one.connected(2);
    const late = expect(one.connected("2", { timeout: 10 })).rejects.toMatchObject({
      code: "REIGN_TIMEOUT",
      details: { timeoutMs: 10 },
    });
    await cluster.clock.advanceBy(20);
    await late;
    await cluster.start("2");
    await cluster.clock.advanceBy(11_000);

    await waiting;
    await one.connected(2);
    await one.connected(1);
    await expect(one.connected(7)).rejects.toThrow(RangeError);
    await expect(one.connected("no such/id")).rejects.toThrow(TypeError);
  });
});

describe("the settings", () => {
  test.each([
    [{ pingInterval: 0 }, /pingInterval/],
    [{ pingInterval: 5_000, deadlineInterval: 6_000 }, /deadlineInterval/],
    [{ maxMessageBytes: Number.NaN }, /maxMessageBytes/],
    [{ maxPendingBytes: 1.5 }, /maxPendingBytes/],
    [{ maxPendingHandshakes: 0 }, /maxPendingHandshakes/],
    [{ maxPendingPerAddress: 65_537 }, /maxPendingPerAddress/],
    [{ handshakeTimeout: "5s" as never }, /handshakeTimeout/],
    [{ maxSequentialPingFailures: -1 }, /maxSequentialPingFailures/],
  ])("%j are a RangeError that names the one", (settings, name) => {
    expect(() => resolveSettings(settings)).toThrow(RangeError);
    expect(() => resolveSettings(settings)).toThrow(name);
  });

  test("are refused before anything is made", async () => {
    expect(() => noClustering({ pingInterval: -5 })).toThrow(RangeError);
    await expect(
      createFromSpec({ nodes: [{ id: 1, address: "127.0.0.1:1" }] }, 1, { pingInterval: -5 }),
    ).rejects.toThrow(RangeError);
  });

  test("for a shorter ping shorten the deadline with it", () => {
    expect(resolveSettings({ pingInterval: 250 }).deadlineInterval).toBe(1_000);
  });
});
