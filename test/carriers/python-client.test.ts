/** The client in Python, written from the documents alone, in a cluster with nodes of ours. */
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { describe, expect } from "vitest";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import type { MultipleClaim } from "../../src/core/multiple-claim.ts";
import { codecValues } from "../../src/testing/codec-values.ts";
import { whereDifferent } from "../../src/testing/same-value.ts";
import { testNeeding } from "../needs.ts";
import {
  asAddress,
  createMixedCluster,
  type MixedCluster,
  type PythonNode,
  python,
  pythonNode,
} from "./python-process.ts";
import { eventually } from "./tls-cluster.ts";

const pythonTest = testNeeding(python);

async function started(cluster: MixedCluster): Promise<PythonNode> {
  const node = cluster.spawn(pythonNode);
  expect(await node.said()).toEqual({ ready: true });
  return node;
}

pythonTest("the client in Python reads and writes the vectors of both documents", () => {
  const docs = ["protocol", "json-format"].map((name) => `docs/${name}.md`);
  const run = spawnSync("python3", ["-B", "clients/python/check_vectors.py", ...docs], {
    encoding: "utf8",
  });

  expect(run).toMatchObject({ status: 0, stderr: "" });
  expect(run.stdout).toMatch(/^\d+ frames and \d+ values are as documented\.\n$/);
});

pythonTest("the example in Python greets whoever asks, and ends in peace", async () => {
  await using cluster = await createMixedCluster();
  const example = cluster.spawn("clients/python/example.py");
  const { address, mailbox } = cluster.service.newMailbox();
  (await cluster.service.names.wait("greeter")).send({ name: "Ada", reply: address });

  expect(await mailbox.receive()).toEqual({ greeting: "Hello, Ada!" });
  example.child.kill("SIGTERM");
  expect(await example.gone).toBe(0);
});

describe("a node in Python", () => {
  pythonTest("sends back every value of the table, equal", async () => {
    await using cluster = await createMixedCluster();
    await started(cluster);

    for (const { name, value, arrives = value } of codecValues()) {
      const back = await cluster.tell({ do: "echo", value: { value: value() } });
      expect([name, whereDifferent(back, { value: arrives() })]).toEqual([name, undefined]);
    }
  });

  pythonTest("takes and sends messages of a megabyte and more, in pieces", async () => {
    await using cluster = await createMixedCluster();
    await started(cluster);
    const text = "x".repeat(1_500_000);

    expect(await cluster.tell({ do: "echo", value: text })).toBe(text);
    const length = 4_000_000;
    const bytes = (await cluster.tell({ do: "bytes", length })) as Uint8Array;
    expect(
      Buffer.compare(
        bytes,
        Uint8Array.from({ length }, (_, i) => i % 251),
      ),
    ).toBe(0);
  });

  pythonTest("answers to an address inside a message, and gets answers the same way", async () => {
    await using cluster = await createMixedCluster();
    await started(cluster);
    const { address, mailbox } = cluster.service.newMailbox<{ question: string; reply: unknown }>();
    const answer = cluster.tell({ do: "ask", address, question: "how many?" });

    const { question, reply } = await mailbox.receive();
    expect(question).toBe("how many?");
    asAddress(reply).send({ many: 12n });
    expect(await answer).toEqual({ many: 12n });
  });

  pythonTest("tells of its mailboxes that close or are gone, and is told of ours", async () => {
    await using cluster = await createMixedCluster();
    const node = await started(cluster);
    const watcher = cluster.service.newMailbox<MailboxClosed>();
    const made = asAddress(await cluster.tell({ do: "make" }));
    made.onCloseNotify(watcher.address);
    await cluster.service.names.sync();
    const told = await cluster.service.names.wait("python_2");
    told.send({ do: "close", address: made });

    expect(await watcher.mailbox.receive()).toEqual(new MailboxClosed(made.id, "closed"));
    made.onCloseNotify(watcher.address);
    expect(await watcher.mailbox.receive()).toEqual(new MailboxClosed(made.id, "noproc"));
    const ours = cluster.service.newMailbox();
    await cluster.tell({ do: "watch", address: ours.address });
    ours.mailbox.close();
    expect(await node.said()).toEqual({ gone: ours.address.id, reason: "closed" });
    await cluster.tell({ do: "watch", address: ours.address });
    expect(await node.said()).toEqual({ gone: ours.address.id, reason: "noproc" });
  });

  pythonTest(
    "knows our names and has its own, and is told of a name with several claimants",
    async () => {
      await using cluster = await createMixedCluster();
      const node = await started(cluster);
      const { service } = cluster;
      const ours = service.newMailbox<MultipleClaim>();
      service.names.register("maître", ours.address);
      await service.names.sync();

      expect(await cluster.tell({ do: "lookup", name: "maître" })).toEqual([ours.address]);
      await cluster.tell({ do: "claim", name: "maître" });
      const { claimants } = await ours.mailbox.receive();
      const theirs = service.names.lookup("python_2");
      expect(new Set(claimants)).toEqual(new Set([ours.address, theirs]));
      expect(await node.said()).toEqual({ claimants: [theirs?.id, ours.address.id] });
      await cluster.tell({ do: "release", name: "maître" });
      expect(service.names.lookupAll("maître")).toEqual([ours.address]);
      service.names.unregister("maître", ours.address);
      await service.names.sync();
      expect(await cluster.tell({ do: "lookup", name: "maître" })).toEqual([]);
    },
  );

  pythonTest("parts in peace, and the account of both comes out even", async () => {
    await using cluster = await createMixedCluster();
    const node = await started(cluster);
    const { service } = cluster;
    const made = asAddress(await cluster.tell({ do: "make" }));
    for (let i = 0; i < 1_000; i++) made.send(i);
    await cluster.tell({ do: "echo", value: "x".repeat(300_000) });
    const down = eventually(() => expect(service.names.lookup("python_2")).toBeUndefined());
    (await service.names.wait("python_2")).send({ do: "stop" });

    const { stats } = (await node.said()) as { stats: Account };
    await down;
    expect(await node.gone).toBe(0);
    const ours: Account = service.stats();
    expect(stats.violations + ours.violations).toBe(0);
    expect([ours.lost["in_doubt"], ours.lost["link_lost"]]).toEqual([0, 0]);
    // Those that waited in a mailbox that closed at the end.
    expect(stats.lost).toEqual({ closed: 1_000 });
    expect(total([ours, stats])).toEqual({ sent: 1_005, gone: 1_005 });
  });

  pythonTest("is told noconnection when our node goes away", async () => {
    await using cluster = await createMixedCluster();
    const node = await started(cluster);
    const ours = cluster.service.newMailbox();
    await cluster.tell({ do: "watch", address: ours.address });
    await cluster.service.stop();

    expect(await node.said()).toEqual({ gone: ours.address.id, reason: "noconnection" });
  });

  pythonTest("refuses a node whose certificate is another's", async () => {
    await using cluster = await createMixedCluster();
    const spec = JSON.parse(await readFile(cluster.specFile, "utf8"));
    spec.nodes[0].identity = "URI:reign://reign/9";
    await writeFile(cluster.specFile, JSON.stringify(spec));

    const refused = expect.stringContaining("for URI:reign://reign/1, not for URI:reign://reign/9");
    expect(await cluster.spawn(pythonNode).said()).toEqual({ refused });
  });

  pythonTest("that shares no codec with us is refused, and says so by name", async () => {
    await using cluster = await createMixedCluster({ codecs: [createTermCodec()] });
    const node = cluster.spawn(pythonNode);

    expect(await node.said()).toEqual({ refused: "The link was refused: no_common_codec." });
    expect(await node.gone).toBe(0);
  });
});

interface Account {
  readonly sent: number;
  readonly delivered: number;
  readonly violations: number;
  readonly lost: Readonly<Record<string, number>>;
}

function total(accounts: readonly Account[]): { sent: number; gone: number } {
  const sum = (of: (account: Account) => number): number =>
    accounts.reduce((total, account) => total + of(account), 0);
  const lost = ({ lost }: Account): number => Object.values(lost).reduce((a, b) => a + b, 0);
  return { sent: sum(({ sent }) => sent), gone: sum((each) => each.delivered + lost(each)) };
}
