import { describe, expect, test } from "vitest";
import { createFromSpec, noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import type { NodeDefinition } from "../../src/cluster/spec.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import type { ReignError } from "../../src/core/errors.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { createChangingCluster, definition } from "./changing-cluster.ts";

/** The problems that a definition is refused with. */
function problemsOf(refused: () => void): ReignError<"REIGN_INVALID_SPEC">["details"]["problems"] {
  try {
    refused();
  } catch (error) {
    expect(error).toMatchObject({ code: "REIGN_INVALID_SPEC" });
    return (error as ReignError<"REIGN_INVALID_SPEC">).details.problems;
  }
  throw new Error("Expected the definition to be refused.");
}

describe("a node that is added while the cluster runs", () => {
  test("is dialled and accepted at once, and an address of it made before comes alive", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.start("1", ["1"]);
    const three = await cluster.start("3", ["3"]);
    const { address, mailbox } = three.newMailbox<string>();
    const before = one.address<string>(address.id);
    expect(before.send("too early")).toBe(false);
    one.addNode(definition("3"));
    three.addNode(definition("1"));
    await cluster.during(Promise.all([one.connected("3"), three.connected("1")]));

    expect(one.address(address.id)).toBe(before);
    expect(before.send("now")).toBe(true);
    expect(await cluster.during(mailbox.receive())).toBe("now");
    expect([...one.cluster.nodes.keys()]).toEqual(["1", "3"]);
  });

  test("is not dialled before the service is started, and is then like all others", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.create("1", ["1"]);
    one.addNode(definition("2"));
    const two = await cluster.start("2", ["1", "2"]);
    await cluster.during(one.start());

    await expect(cluster.during(two.connected("1"))).resolves.toBeUndefined();
  });

  test("is in the cluster once, however often it is added", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.start("1", ["1", "2"]);
    await cluster.start("2", ["1", "2"]);
    const heard: boolean[] = [];
    one.addConnectionStatusCallback((_, connected) => heard.push(connected));
    one.addNode({ ...definition("2"), listen_address: "127.0.0.1:20002" });
    await cluster.clock.advanceBy(5_000);

    expect(heard).toEqual([]);
    expect(one.cluster.nodes.size).toBe(2);
  });

  test("is told the names of this node, and tells its own", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.start("1", ["1"]);
    const two = await cluster.start("2", ["1", "2"]);
    one.names.register("first", one.newMailbox().address);
    two.names.register("second", two.newMailbox().address);
    one.addNode(definition("2"));
    await cluster.clock.advanceBy(11_000);

    expect(one.names.lookup("second")?.nodeId).toBe("2");
    expect(two.names.lookup("first")?.nodeId).toBe("1");
  });

  test("leaves a map of the nodes that was taken before as it was", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.create("1", ["1"]);
    const { nodes } = one.cluster;
    one.addNode(definition("2"));

    expect([...nodes.keys()]).toEqual(["1"]);
    expect(one.cluster.nodes.get("2")?.address).toEqual({ host: "127.0.0.1", port: 20_002 });
  });
});

describe("a definition that cannot be", () => {
  test("is refused with every mistake and its place, and changes nothing", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.create("1", ["1", "2"]);
    const wrong: object = {
      id: 5,
      address: "no port",
      listen: ":1",
      identity: "URI:reign://reign/2",
    };
    const problems = problemsOf(() => one.addNode(wrong as NodeDefinition));

    expect(problems.map(({ path }) => path).sort()).toEqual(["address", "identity", "listen"]);
    expect(one.cluster.nodes.size).toBe(2);
  });

  test.each([
    ["the id of this node", { id: 1, address: "127.0.0.1:20001" }, "id", /is this one/],
    ["another address for a node", { id: 2, address: "127.0.0.1:9" }, "id", /replaceSpec/],
    [
      "the identity of another node",
      { id: 3, address: "127.0.0.1:9", identity: "URI:reign://reign/2" },
      "identity",
      /which node 2 has/,
    ],
    ["no object", null, "", /Expected a node/],
  ])("is refused when it has %s", async (_, wrong, path, message) => {
    await using cluster = createChangingCluster();
    const one = await cluster.create("1", ["1", "2"]);

    expect(problemsOf(() => one.addNode(wrong as NodeDefinition))).toEqual([
      { path, message: expect.stringMatching(message) },
    ]);
  });

  test("is any, on a node without a network", async () => {
    await using alone = noClustering({ logger: nullLogger });
    await using sole = await createFromSpec({ nodes: [definition("1")] }, 1);
    for (const service of [alone, sole]) {
      expect(problemsOf(() => service.addNode(definition("2")))).toEqual([
        { path: "", message: expect.stringContaining("noClustering") },
      ]);
      await expect(service.removeNode("2")).rejects.toThrow(RangeError);
    }
  });
});

describe("a node that is removed while the cluster runs", () => {
  test("goes as with any link's end: names first, then watchers, then callbacks", async () => {
    await using cluster = createChangingCluster();
    const [one, two] = [
      await cluster.start("1", ["1", "2"]),
      await cluster.start("2", ["1", "2"]),
    ] as const;
    const target = two.newMailbox();
    two.names.register("there", target.address);
    const watcher = one.newMailbox<MailboxClosed>();
    one.address(target.address.id).onCloseNotify(watcher.address);
    await cluster.clock.advanceBy(1_000);
    const heard: unknown[] = [];
    void watcher.mailbox.consume((notice) => heard.push([notice, one.names.lookup("there")]));
    one.addConnectionStatusCallback((...change) => {
      heard.push([...change, watcher.mailbox.messageCount, one.names.lookup("there")]);
    });
    const states = one.connectionStatus();
    await states.next();
    await cluster.during(one.removeNode(2));
    await cluster.clock.advanceBy(60_000);

    expect(heard).toEqual([
      ["2", false, 1, undefined],
      [new MailboxClosed(target.address.id, "noconnection"), undefined],
    ]);
    expect((await states.next()).value).toEqual({ nodeId: "2", connected: false });
    expect([...one.cluster.nodes.keys()]).toEqual(["1"]);
  });

  test("is as any node that is not in the cluster, from the call on", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.start("1", ["1", "2"]);
    const two = await cluster.start("2", ["1", "2"]);
    const remote = one.address(two.newMailbox().address.id);
    const watcher = one.newMailbox<MailboxClosed>();
    const removed = one.removeNode("2");
    expect(remote.send("late")).toBe(false);
    remote.onCloseNotify(watcher.address);
    expect(watcher.mailbox.tryReceive()?.reason).toBe("noproc");
    await expect(one.connected("2")).rejects.toThrow("Expected another node of the cluster (none)");
    await cluster.during(removed);
    // It dials on, in vain.
    await cluster.clock.advanceBy(60_000);

    expect(remote.send("later")).toBe(false);
    expect(one.stats().lost.no_connection).toBe(2);
    await expect(cluster.during(two.connected("1", { timeout: 100 }))).rejects.toMatchObject({
      code: "REIGN_TIMEOUT",
    });
    const { done, value } = await Promise.race([
      one.connectionStatus().next(),
      Promise.resolve({ done: "nothing to tell", value: undefined }),
    ]);
    expect([done, value]).toEqual(["nothing to tell", undefined]);
  });

  test("loses nothing that was sent before", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.start("1", ["1", "2"]);
    const two = await cluster.start("2", ["1", "2"]);
    const { address, mailbox } = two.newMailbox<number>();
    const remote = one.address<number>(address.id);
    for (let i = 0; i < 1_000; i++) remote.send(i);
    await cluster.during(one.removeNode("2"));

    expect(mailbox.messageCount).toBe(1_000);
    expect(one.stats().lost).toMatchObject({ in_doubt: 0, link_lost: 0 });
  });

  test("rejects at once who waits for a link to it", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.start("1", ["1", "2"]);
    const waiting = one.connected("2");
    await one.removeNode("2");

    await expect(waiting).rejects.toThrow(RangeError);
  });

  test.each(["1", "7"])("has to be another node of the cluster: not %s", async (id) => {
    await using cluster = createChangingCluster();
    const one = await cluster.start("1", ["1", "2", "3"]);

    await expect(one.removeNode(id)).rejects.toThrow(
      `Expected another node of the cluster (2, 3), got ${id}.`,
    );
    expect(one.cluster.nodes.size).toBe(3);
  });

  test("settles within five seconds also if it does not answer", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.start("1", ["1", "2"]);
    await cluster.start("2", ["1", "2"]);
    cluster.network.stall("1", "2");

    await expect(cluster.during(one.removeNode("2"), 4_999)).resolves.toBeUndefined();
  });

  test("is waited for by stop, while its link still goes down", async () => {
    const telemetry = createRecordingTelemetry();
    await using cluster = createChangingCluster();
    const one = await cluster.start("1", ["1", "2"], { telemetry });
    await cluster.start("2", ["1", "2"]);
    cluster.network.stall("1", "2");
    await cluster.during(Promise.all([one.removeNode("2"), one.stop()]));

    expect(telemetry.events.slice(-2).map(({ type }) => type)).toEqual(["link_down", "stopped"]);
  });

  test("by a callback that hears of the end of its link keeps nobody waiting for that end", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.start("1", ["1", "2"]);
    await cluster.start("2", ["1", "2"]);
    const removed: Promise<void>[] = [];
    one.addConnectionStatusCallback((nodeId) => removed.push(one.removeNode(nodeId)));

    await cluster.during(one.stop());

    expect(removed).toHaveLength(1);
    await expect(Promise.all(removed)).resolves.toEqual([undefined]);
  });

  test("can be added again, also while its link still goes down, and works as before", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.start("1", ["1", "2"]);
    const two = await cluster.start("2", ["1", "2"]);
    const { address, mailbox } = two.newMailbox<string>();
    const remote = one.address<string>(address.id);
    const removed = one.removeNode("2");
    one.addNode(definition("2"));
    await cluster.during(removed);
    await cluster.during(one.connected("2"), 20_000);
    expect(remote.send("once more")).toBe(true);
    await cluster.during(one.removeNode("2"));
    const meanwhile = one.address<string>(two.newMailbox().address.id);
    one.addNode(definition("2"));
    await cluster.during(one.connected("2"), 20_000);

    expect(remote.send("and again")).toBe(true);
    expect(meanwhile.send("from between")).toBe(true);
    expect(await cluster.during(mailbox.receive())).toBe("once more");
    expect(await cluster.during(mailbox.receive())).toBe("and again");
    expect(one.address(address.id)).toBe(remote);
  });

  test("keeps its messages in doubt counted, and they are settled when it is added again", async () => {
    await using cluster = createChangingCluster();
    const one = await cluster.start("1", ["1", "2"]);
    const two = await cluster.start("2", ["1", "2"]);
    const { address, mailbox } = two.newMailbox<number>();
    cluster.network.stall({ from: "2", to: "1" });
    const remote = one.address<number>(address.id);
    for (let i = 0; i < 10; i++) remote.send(i);
    await cluster.during(one.removeNode("2"));
    expect(one.stats().lost.in_doubt).toBe(10);
    cluster.network.resume();
    await cluster.clock.advanceBy(60_000);
    expect(one.stats().lost.in_doubt).toBe(10);
    one.addNode(definition("2"));
    await cluster.during(one.connected("2"), 20_000);

    expect(mailbox.messageCount).toBe(10);
    expect(one.stats().lost).toMatchObject({ in_doubt: 0, link_lost: 0 });
  });
});
