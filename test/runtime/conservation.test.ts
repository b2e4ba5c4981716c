import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pieceBytes } from "../../src/core/frame.ts";
import { lossCauses } from "../../src/core/loss.ts";
import type { Mailbox } from "../../src/runtime/mailbox.ts";
import type { Service } from "../../src/runtime/service.ts";
import type { ServiceSettings } from "../../src/runtime/settings.ts";
import { createTestCluster, type TestCluster } from "./cluster.ts";

const ids = ["1", "2", "3"] as const;
const node = fc.nat(ids.length - 1);
const settings: Partial<ServiceSettings> = {
  maxPendingBytes: 4 * pieceBytes,
  maxMessageBytes: 3 * pieceBytes,
  pingInterval: 500,
};

interface Send {
  readonly do: "send";
  readonly from: number;
  readonly to: number;
  readonly mailbox: number;
  readonly bytes: number;
  readonly times: number;
}

interface Disturbance {
  readonly do: "cut" | "silence" | "stall";
  readonly from: number;
  readonly to: number;
}

type Step =
  | Send
  | Disturbance
  | { readonly do: "heal" }
  | { readonly do: "resume" }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "receive" | "replace"; readonly at: number; readonly mailbox: number };

const mailbox = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      from: node,
      to: node,
      mailbox,
      bytes: fc.oneof(fc.nat(300), fc.constantFrom(pieceBytes, 2 * pieceBytes, 4 * pieceBytes)),
      times: fc.integer({ min: 1, max: 20 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("cut" as const, "silence" as const, "stall" as const),
      from: node,
      to: node,
    }),
  },
  { weight: 3, arbitrary: fc.constantFrom<Step>({ do: "heal" }, { do: "resume" }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(0, 1, 50, 150, 2_000, 5_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("receive" as const, "replace" as const),
      at: node,
      mailbox,
    }),
  },
);

/** Three nodes with three mailboxes each, of which every other one is bounded. */
class World {
  readonly #cluster: TestCluster;
  readonly #services: readonly Service[];
  readonly #mailboxes: Mailbox<Uint8Array>[][];

  constructor(cluster: TestCluster, services: readonly Service[]) {
    this.#cluster = cluster;
    this.#services = services;
    this.#mailboxes = services.map((service) => [0, 1, 2].map((i) => this.#open(service, i)));
  }

  async play(next: Step): Promise<void> {
    const { network, clock } = this.#cluster;
    switch (next.do) {
      case "send":
        return this.#send(next);
      case "wait":
        return clock.advanceBy(next.ms);
      case "heal":
        return network.heal();
      case "resume":
        return network.resume();
      case "receive":
        return void this.#at(next.at, next.mailbox)?.tryReceive();
      case "replace":
        return this.#replace(next.at, next.mailbox);
      default:
        return this.#disturb(next);
    }
  }

  /** Everything is healed, and long enough has passed. */
  async settle(): Promise<void> {
    this.#cluster.network.heal();
    this.#cluster.network.resume();
    await this.#cluster.clock.advanceBy(60_000);
  }

  /** What was sent, and what became of it, over all nodes. */
  account(): { sent: number; delivered: number; lost: number; inDoubt: number } {
    const total = { sent: 0, delivered: 0, lost: 0, inDoubt: 0 };
    for (const stats of this.#services.map((service) => service.stats())) {
      total.sent += stats.sent;
      total.delivered += stats.delivered;
      total.inDoubt += stats.lost.in_doubt;
      for (const cause of lossCauses) total.lost += stats.lost[cause];
    }
    return total;
  }

  #send({ from, to, mailbox: index, bytes, times }: Send): void {
    const target = this.#at(to, index);
    if (target === undefined) return;
    const address = this.#services[from]?.address<Uint8Array>(target.address.id);
    for (let i = 0; i < times; i++) address?.send(new Uint8Array(bytes));
  }

  #disturb({ do: what, from, to }: Disturbance): void {
    const [a, b] = [ids[from], ids[to]];
    if (a === undefined || b === undefined || a === b) return;
    const { network } = this.#cluster;
    if (what === "cut") network.cut(a, b);
    else if (what === "silence") network.cut({ from: a, to: b });
    else network.stall({ from: a, to: b });
  }

  #replace(at: number, index: number): void {
    const service = this.#services[at];
    this.#at(at, index)?.close();
    const row = this.#mailboxes[at];
    if (service !== undefined && row !== undefined) row[index] = this.#open(service, index);
  }

  #at(at: number, index: number): Mailbox<Uint8Array> | undefined {
    return this.#mailboxes[at]?.[index];
  }

  #open(service: Service, index: number): Mailbox<Uint8Array> {
    const overflow = index === 0 ? "reject" : "drop_oldest";
    return service.newMailbox<Uint8Array>(index === 2 ? {} : { maxMessages: 5, overflow }).mailbox;
  }
}

describe("the account of a cluster", () => {
  test("comes out even once nothing moves: sent is delivered and lost, each message in one place", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 1_000_000 }),
        async (steps, seed) => {
          await using cluster = createTestCluster(ids, seed);
          const services = await Promise.all(ids.map((id) => cluster.start(id, settings)));
          await cluster.clock.advanceBy(1_000);
          const world = new World(cluster, services);
          for (const next of steps) await world.play(next);
          await world.settle();

          const { sent, delivered, lost, inDoubt } = world.account();
          expect(inDoubt).toBe(0);
          expect(sent).toBe(delivered + lost);
        },
      ),
      { numRuns: 60 },
    );
  });
});
