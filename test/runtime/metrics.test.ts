import { describe, expect, test } from "vitest";
import { noClustering } from "../../src/cluster/create.ts";
import { expositionText } from "../../src/core/exposition.ts";
import { lossCauses } from "../../src/core/loss.ts";
import type { NodeService } from "../../src/runtime/node-service.ts";
import { readRows } from "../operating-document.ts";
import { createTestCluster, present } from "./cluster.ts";
import { type MetricFamily, readExposition } from "./exposition.ts";

type Figures = ReadonlyMap<string, MetricFamily>;

function figuresOf(service: NodeService): Figures {
  return readExposition(service.metrics());
}

function value(figures: Figures, name: string, labels: Record<string, string> = {}): number {
  const samples = figures.get(name)?.samples ?? [];
  const found = samples.filter((sample) =>
    Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
  );
  expect(found).toHaveLength(1);
  return found[0]?.value ?? Number.NaN;
}

describe("the metrics of a node", () => {
  test("are of the text format, each with its meaning, kind and node", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one] = await cluster.startAll();
    const figures = figuresOf(present(one));

    expect(figures.size).toBeGreaterThan(10);
    for (const [name, { type, help, samples }] of figures) {
      expect(name).toMatch(/^reign_[a-z_]+$/);
      expect(name.endsWith("_total")).toBe(type === "counter");
      expect(help).toMatch(/^[A-Z].*\.$/);
      expect(samples.map(({ labels }) => labels["node"])).toEqual(samples.map(() => "1"));
    }
  });

  test("are those of docs/operating.md, with their kinds and labels, and no others", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one] = await cluster.startAll();
    const found = [...figuresOf(present(one))].map(([name, { type, samples }]) => {
      const [first] = samples;
      const labels = Object.keys(first?.labels ?? {}).filter((label) => label !== "node");
      return [name, type, labels.join(", ")];
    });

    expect(readRows("Metrics", "metric").map((row) => row.slice(0, 3))).toEqual(found);
  });

  test("agree with what stats says, and tell the causes of losses apart", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await cluster.startAll();
    const a = present(one);
    const { address } = present(two).newMailbox<string>();
    const { mailbox, address: own } = a.newMailbox<string>();
    const there = a.address<string>(address.id);
    for (let i = 0; i < 3; i++) there.send("x");
    own.send("y");
    own.send("z");
    await cluster.clock.settle();
    mailbox.close();
    own.send("late");
    const figures = figuresOf(a);
    const stats = a.stats();

    expect(value(figures, "reign_messages_sent_total")).toBe(6);
    expect(value(figures, "reign_messages_delivered_total")).toBe(2);
    expect(value(figures, "reign_messages_thrown_out_total")).toBe(2);
    expect(stats.delivered).toBe(0);
    for (const cause of lossCauses.filter((each) => each !== "in_doubt")) {
      expect(value(figures, "reign_messages_lost_total", { cause })).toBe(stats.lost[cause]);
    }
    expect(value(figures, "reign_messages_lost_total", { cause: "closed" })).toBe(3);
    expect(value(figuresOf(present(two)), "reign_messages_delivered_total")).toBe(3);
  });

  test("count open mailboxes, what waits in them, names and conflicts", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await cluster.startAll();
    const [a, b] = [present(one), present(two)];
    const first = a.newMailbox();
    const second = a.newMailbox();
    a.names.register("alone", first.address);
    a.names.register("both", first.address);
    b.names.register("both", b.newMailbox().address);
    second.address.send(1);
    second.address.send(2);
    await cluster.clock.settle();
    const figures = figuresOf(a);

    expect(value(figures, "reign_mailboxes")).toBe(2);
    // The claimant has been told of the other one.
    expect(value(figures, "reign_mailbox_messages")).toBe(3);
    expect(value(figures, "reign_names")).toBe(2);
    expect(value(figures, "reign_name_conflicts")).toBe(1);
    expect(value(figures, "reign_name_changes_pending")).toBe(0);
  });

  test("have each peer of the spec, with or without a link, and what waits for it", async () => {
    await using cluster = createTestCluster(["1", "2", "3"]);
    const one = await cluster.start("1");
    const two = await cluster.start("2");
    await cluster.clock.advanceBy(1_000);
    const { address } = two.newMailbox<Uint8Array>();
    cluster.network.stall("1", "2");
    one.address(address.id).send(new Uint8Array(10_000));
    const figures = figuresOf(one);

    expect(value(figures, "reign_link_up", { peer: "2" })).toBe(1);
    expect(value(figures, "reign_link_up", { peer: "3" })).toBe(0);
    expect(value(figures, "reign_link_pending_bytes", { peer: "2" })).toBeGreaterThan(10_000);
    expect(value(figures, "reign_link_pending_bytes", { peer: "3" })).toBe(0);
    expect(value(figures, "reign_links_established_total", { peer: "2" })).toBe(1);
    expect(value(figures, "reign_link_attempts_failed_total", { peer: "3" })).toBeGreaterThan(0);
  });

  test("never fall where they are totals, whatever is thrown out or in doubt", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await cluster.startAll();
    const [a, b] = [present(one), present(two)];
    const { address, mailbox } = b.newMailbox<number>({ maxMessages: 1, overflow: "drop_oldest" });
    const there = a.address<number>(address.id);
    const earlier: Figures[] = [figuresOf(a), figuresOf(b)];
    const steps = [
      () => there.send(1),
      () => there.send(2),
      () => cluster.network.cut("1", "2"),
      () => there.send(3),
      () => cluster.network.heal(),
      () => there.send(4),
      () => mailbox.close(),
    ];
    for (const step of steps) {
      step();
      await cluster.clock.advanceBy(500);
      for (const [index, service] of [a, b].entries()) {
        const now = figuresOf(service);
        for (const [name, { type, samples }] of now) {
          if (type !== "counter") continue;
          for (const { labels, value: count } of samples) {
            const before = value(present(earlier[index]), name, labels);
            expect(count, name).toBeGreaterThanOrEqual(before);
          }
        }
        earlier[index] = now;
      }
    }
  });

  test("have values of labels as they are, whatever characters these have", () => {
    const label = 'a"b\\c\nd\\ne';
    const samples = [[3, { label }]] as const;
    const family = { name: "reign_x", type: "gauge", help: "One.", samples } as const;
    const figures = readExposition(expositionText([family], { node: "1" }));

    expect(figures.get("reign_x")?.samples).toEqual([{ labels: { node: "1", label }, value: 3 }]);
  });

  test("are as many however many mailboxes, names and messages there are", async () => {
    const service = noClustering();
    const before = service.metrics().split("\n").length;
    for (let i = 0; i < 100; i++) {
      const { address } = service.newMailbox();
      service.names.register(`name ${i}`, address);
      address.send(i);
    }

    expect(service.metrics().split("\n")).toHaveLength(before);
    await service.terminate();
  });
});
