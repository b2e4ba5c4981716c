import { describe, expect, test } from "vitest";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import type { Address } from "../../src/core/address.ts";
import type { MailboxClosed } from "../../src/core/close-notice.ts";
import { codecValues } from "../../src/testing/codec-values.ts";
import { sameValue } from "../../src/testing/same-value.ts";
import { openNetwork } from "./raw-tls.ts";
import { createTlsServices } from "./tls-services.ts";

interface Answer {
  readonly from: string;
  readonly self: Address;
  readonly many: Address[];
  readonly echo: unknown;
}

/** Asks the echo of a node, once there is one, and gives its answer. */
async function ask(service: ConnectionService, node: string, question = {}): Promise<Answer> {
  const { address, mailbox } = service.newMailbox<Answer>();
  const echo = await service.names.wait(`echo_${node}`);
  echo.send({ ...question, reply: address });
  const answer = await mailbox.receive();
  mailbox.close();
  return answer;
}

/** Settles when the link to a node has changed to what is expected. */
async function changed(service: ConnectionService, node: string, to: boolean): Promise<void> {
  for await (const { nodeId, connected } of service.connectionStatus()) {
    if (nodeId === node && connected === to) return;
  }
}

describe("two processes over mutual TLS", () => {
  test("talk through names, and through addresses inside messages", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const one = await cluster.start("1");
    await cluster.spawn("2");
    const { address, mailbox } = one.newMailbox<Answer>();
    const answer = await ask(one, "2", { text: "hello", also: [address] });
    expect(answer.from).toBe("2");
    expect(answer.self.nodeId).toBe("2");
    expect(answer.self).toBe(one.names.lookup("echo_2"));
    answer.self.send({ reply: address });

    expect((await mailbox.receive()).self).toBe(answer.self);
  });

  test("know at once of a peer's SIGKILL: every notice, no name left, the status after them", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const one = await cluster.start("1");
    const two = await cluster.spawn("2");
    const { many } = await ask(one, "2");
    const watcher = one.newMailbox<MailboxClosed>();
    for (const address of many) address.onCloseNotify(watcher.address);
    const down = changed(one, "2", false);
    two.kill("SIGKILL");
    const ids = new Set<string>();
    for (let i = 0; i < many.length; i++) {
      const { id, reason } = await watcher.mailbox.receive();
      expect(reason).toBe("noconnection");
      ids.add(id);
    }
    await down;

    expect(ids.size).toBe(1_000);
    expect(watcher.mailbox.messageCount).toBe(0);
    expect(one.names.seenNames("echo_2")).toEqual([false]);
    expect(many[0]?.send("gone")).toBe(false);
  });

  test("part in peace when one stops: the other is told, and the process ends by itself", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const one = await cluster.start("1");
    const two = await cluster.spawn("2");
    const { self } = await ask(one, "2");
    const watcher = one.newMailbox<MailboxClosed>();
    self.onCloseNotify(watcher.address);
    two.stop();

    // Mailboxes are closed after the network, so the loss of the node is what is seen.
    expect((await watcher.mailbox.receive()).reason).toBe("noconnection");
    expect(await two.gone).toBe(0);
  });

  test("of which one is started again are linked again, and old addresses stay dead", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const one = await cluster.start("1", { maxReconnectDelay: 200 });
    for (let round = 0; round < 2; round++) {
      const two = await cluster.spawn("2");
      const before = await ask(one, "2");
      const down = changed(one, "2", false);
      two.kill("SIGKILL");
      await down;
      await two.gone;
      await cluster.spawn("2").then(async (again) => {
        const after = await ask(one, "2");
        expect(after.self.id).not.toBe(before.self.id);
        expect(before.self.send({})).toBe(false);
        const watcher = one.newMailbox<MailboxClosed>();
        before.self.onCloseNotify(watcher.address);
        expect((await watcher.mailbox.receive()).reason).toBe("noproc");
        const gone = changed(one, "2", false);
        again.kill("SIGKILL");
        await gone;
        await again.gone;
      });
    }
    expect(one.stats().lost.stale).toBe(2);
  });

  test("of which one is frozen part by silence, and meet when it goes on, both alive (GO-8)", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const one = await cluster.start("1", { pingInterval: 100, maxReconnectDelay: 100 });
    const two = await cluster.spawn("2");
    await ask(one, "2");
    const down = changed(one, "2", false);
    two.kill("SIGSTOP");
    await down;
    const up = changed(one, "2", true);
    two.kill("SIGCONT");
    await up;

    expect((await ask(one, "2")).from).toBe("2");
  });

  test("of which two claim one identity: the one that is there stays, the other is told why", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const one = await cluster.start("1");
    await cluster.spawn("2");
    await ask(one, "2");
    let changes = 0;
    one.addConnectionStatusCallback(() => {
      changes += 1;
    });
    const twin = await cluster.create("2");
    await expect(twin.start()).rejects.toMatchObject({ code: "REIGN_LISTEN_FAILED" });

    expect((await ask(one, "2")).from).toBe("2");
    expect(changes).toBe(0);
  });
});

describe("a service over mutual TLS", () => {
  test("carries every value of the table, equal", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const [one, two] = await Promise.all([cluster.start("1"), cluster.start("2")]);
    const { address, mailbox } = two.newMailbox<{ readonly value: unknown }>();
    await one.connected(2);
    const remote = one.address(address.id);
    const values = codecValues();
    for (const { value } of values) remote.send({ value: value() });

    expect(values.length).toBeGreaterThan(20);
    for (const { name, value, arrives = value } of values) {
      const arrived = (await mailbox.receive()).value;
      expect([name, sameValue(arrived, arrives())]).toEqual([name, true]);
    }
  });

  test("leaves nothing open when it is stopped, and can take its port again", async () => {
    const before = openNetwork();
    {
      await using cluster = await createTlsServices(["1", "2"]);
      for (let round = 0; round < 3; round++) {
        const [one, two] = await Promise.all([cluster.start("1"), cluster.start("2")]);
        await Promise.all([one.connected(2), two.connected(1)]);
        await Promise.all([one.stop(), two.stop()]);
      }
    }
    // Node counts a handle until the turn after its end.
    await new Promise((resolve) => setImmediate(resolve));

    expect(openNetwork()).toEqual(before);
  });

  test("sends more than the queue holds to whoever waits for room", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const one = await cluster.start("1", { maxPendingBytes: 100_000 });
    const two = await cluster.start("2");
    const { address, mailbox } = two.newMailbox<{ i: number }>();
    await one.connected(2);
    const remote = one.address<{ i: number; text: string }>(address.id);
    const text = "x".repeat(1_000);
    const sending = (async () => {
      for (let i = 0; i < 5_000; i++) {
        while (!remote.send({ i, text })) await remote.ready();
      }
    })();
    for (let i = 0; i < 5_000; i++) expect((await mailbox.receive()).i).toBe(i);
    await sending;
    expect(two.stats().delivered).toBe(5_000);
  });
});
