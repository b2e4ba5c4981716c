import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Address } from "../../src/core/address.ts";
import type { Service } from "../../src/runtime/service.ts";
import { createTestCluster, present, type TestCluster } from "../runtime/cluster.ts";
import { holds, patienceMs, type Tally, upTo } from "./effort.ts";
import { Observer } from "./observer.ts";

type Step =
  | { readonly do: "flood"; readonly bytes: number }
  | { readonly do: "ready"; readonly limited: boolean }
  | { readonly do: "abort" | "cut" | "heal" | "stall" | "resume" }
  | { readonly do: "wait"; readonly ms: number };

const fault = fc.constantFrom<Step>(
  { do: "cut" },
  { do: "heal" },
  { do: "stall" },
  { do: "stall" },
  { do: "resume" },
);
const step = fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
  { weight: 5, arbitrary: fc.nat(3_000).map((bytes) => ({ do: "flood", bytes })) },
  { weight: 6, arbitrary: fc.boolean().map((limited) => ({ do: "ready", limited })) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: "abort" }) },
  { weight: 4, arbitrary: fault },
  { weight: 4, arbitrary: fc.nat(300).map((ms) => ({ do: "wait", ms })) },
);

/** Two nodes with little room between them, and those who wait for it on the first. */
class World {
  readonly #cluster: TestCluster;
  readonly #service: Service;
  readonly #to: Address<Uint8Array>;
  readonly #tally: Tally;
  readonly #observer = new Observer();
  #controller = new AbortController();
  #waiting = 0;
  /** Whether the last thing that happened was that there was no room for one byte. */
  #full = false;

  constructor(cluster: TestCluster, [one, two]: readonly [Service, Service], tally: Tally) {
    this.#cluster = cluster;
    this.#service = one;
    this.#to = one.address(two.newMailbox().address.id);
    this.#tally = tally;
  }

  async play(next: Step): Promise<void> {
    this.#tally.commands += 1;
    if (next.do === "ready") await this.#ask(next.limited);
    else await this.#act(next);
    this.#observer.check();
  }

  async settle(): Promise<void> {
    this.#cluster.network.heal();
    this.#cluster.network.resume();
    await this.#cluster.clock.advanceBy(5_000);
    this.#observer.check();
    expect(this.#waiting).toBe(0);
    expect(getEventListeners(this.#controller.signal, "abort")).toEqual([]);
  }

  async #act(next: Exclude<Step, { do: "ready" }>): Promise<void> {
    this.#full = false;
    if (next.do === "flood") this.#flood(next.bytes);
    else if (next.do === "wait") await this.#cluster.clock.advanceBy(next.ms);
    else if (next.do === "abort") {
      this.#controller.abort("enough");
      this.#controller = new AbortController();
    } else this.#cluster.network[next.do]("1", "2");
  }

  #flood(bytes: number): void {
    for (let i = 0; i < 3; i++) this.#to.send(new Uint8Array(bytes));
    for (let i = 0; i < 300 && this.#to.send(new Uint8Array(0)); i++);
    const before = this.#service.stats().lost.queue_full;
    this.#to.send(new Uint8Array(0));
    this.#full = this.#service.stats().lost.queue_full > before;
  }

  async #ask(limited: boolean): Promise<void> {
    const before = this.#waiting;
    void this.#ready(limited);
    for (let i = 0; i < 10; i++) await Promise.resolve();
    if (!this.#full) return;
    expect(this.#waiting).toBe(before + 1);
    this.#tally.meet("waits");
  }

  async #ready(limited: boolean): Promise<void> {
    const { signal } = this.#controller;
    this.#waiting += 1;
    try {
      await (limited ? this.#to.ready({ signal }) : this.#to.ready());
      this.#tally.meet("was ready");
    } catch (error) {
      this.#observer.watch(() => {
        expect(limited && signal.aborted).toBe(true);
        expect(error).toBe("enough");
      });
      this.#tally.meet("aborted");
    }
    this.#waiting -= 1;
  }
}

test(
  "whoever waits for room waits while there is none, and no longer than the link, the queue or the signal",
  async () => {
    const rare = ["waits", "was ready", "aborted"];
    const settings = { maxPendingBytes: 2_000, maxReconnectDelay: 200 };
    const seeds = fc.integer({ min: 1, max: 1_000_000 });
    await holds("ready", { runs: 60, full: 4_000, rare }, (tally) =>
      fc.asyncProperty(fc.array(step, upTo(60)), seeds, async (steps, seed) => {
        await using cluster = createTestCluster(["1", "2"], seed, { delayMs: [0, 5] });
        const services = await Promise.all(["1", "2"].map((id) => cluster.start(id, settings)));
        await cluster.clock.advanceBy(1_000);
        const [one, two] = services;
        const world = new World(cluster, [present(one), present(two)], tally);
        for (const next of steps) await world.play(next);
        await world.settle();
      }),
    );
  },
  patienceMs,
);
