/**
 * Five processes talk to each other over mutual TLS for as long as is wanted, while one thing after
 * another goes wrong; now and then all is healed and pauses, and everything is counted.
 */
import { setTimeout as wait } from "node:timers/promises";
import { createSeededRandom } from "reign/testing";
import { type Footprint, heldKinds, type Patience } from "../reliability/footprint.ts";
import { placeNodes } from "../reliability/node.ts";
import type { Scenario, Size, Stage } from "../reliability/scenario.ts";
import { Accounts } from "./accounts.ts";
import { Crew, nodeIds } from "./crew.ts";
import { figuresOf, recoveryLimitMs } from "./figures.ts";
import { Mesh } from "./mesh.ts";
import { make } from "./nemesis.ts";
import { keepers, kindOf, paces, planOf, type Step } from "./plan.ts";
import type { Plant } from "./plant.ts";
import { rest } from "./rest.ts";
import { startTalker } from "./talker.ts";
import type { ViolationKind } from "./violation.ts";

export interface SoakOptions {
  readonly minutes: number;
  readonly plants: readonly Plant[];
}

/** How long it may go on after its time: for the trouble it is in, and the last rest. */
const graceSeconds = 300;
const progressMs = { full: 15_000, quick: 2_000 } as const;
/** For what goes by itself to go: as long as it takes, but at most so long. */
const lookMs = {
  first: { full: 3_000, quick: 300 },
  later: { full: 10_000, quick: 5_000 },
} as const;
const settings = {
  full: { pingInterval: 1_000, maxReconnectDelay: 500 },
  quick: { pingInterval: 1_000, maxReconnectDelay: 100, handshakeTimeout: 1_000 },
} as const satisfies Record<Size, object>;
/** More of one kind are counted, and not shown. */
const shownOfKind = 20;

export function soakOf(options: SoakOptions): Scenario {
  const { minutes } = options;
  return {
    id: "soak",
    title: `five processes under load and a random nemesis, ${minutes} min`,
    limitSeconds: minutes * 60 + graceSeconds,
    parts: [startTalker],
    figures: figuresOf(minutes),
    run: async (stage) => {
      const places = await placeNodes(nodeIds.length);
      await using mesh = await Mesh.between(places);
      await new Soak(stage, mesh, options).run();
    },
  };
}

class Soak {
  readonly #stage: Stage;
  readonly #mesh: Mesh;
  readonly #crew: Crew;
  readonly #accounts = new Accounts();
  readonly #minutes: number;
  /** When all had met for the first time. */
  #began = performance.now();
  readonly #violations = new Map<ViolationKind, number>();
  readonly #firstLooks = new Map<number, Footprint>();
  #troubles = 0;
  #rests = 0;

  constructor(stage: Stage, mesh: Mesh, { minutes, plants }: SoakOptions) {
    this.#stage = stage;
    this.#mesh = mesh;
    this.#minutes = minutes;
    this.#crew = new Crew({
      stage,
      mesh,
      plants,
      options: settings[stage.size],
      violated: (kind, text) => this.#violated(kind, text),
    });
  }

  async run(): Promise<void> {
    const { size, seed } = this.#stage;
    await Promise.all(nodeIds.map((id) => this.#crew.start(id)));
    const timer = setInterval(() => void this.#tell(), progressMs[size]);
    try {
      await this.#rest();
      this.#began = performance.now();
      for (const round of planOf(createSeededRandom(seed), paces[size])) {
        for (const step of round) if (!this.#over) await this.#take(step);
        await this.#rest();
        if (this.#over) break;
      }
    } finally {
      clearInterval(timer);
    }
    await this.#tell();
  }

  get #over(): boolean {
    return this.#leftMs <= 0;
  }

  get #leftMs(): number {
    return Math.max(0, this.#began + this.#minutes * 60_000 - performance.now());
  }

  async #take({ waitMs, trouble }: Step): Promise<void> {
    const { signal } = this.#stage;
    const kind = kindOf(trouble);
    await wait(waitMs, undefined, { signal });
    await make(trouble, { crew: this.#crew, mesh: this.#mesh, signal });
    const ended = performance.now();
    if (await this.#crew.meet(recoveryLimitMs)) {
      this.#stage.record(`recovery ${kind}`, performance.now() - ended);
    } else this.#violated("recovery", `not all met after ${JSON.stringify(trouble)}`);
    this.#troubles += 1;
  }

  async #rest(): Promise<void> {
    await rest(
      {
        stage: this.#stage,
        crew: this.#crew,
        accounts: this.#accounts,
        recoveryMs: recoveryLimitMs,
        violated: (kind, text) => this.#violated(kind, text),
      },
      () => this.#look(),
    );
    this.#rests += 1;
  }

  /** What those hold who are never killed. */
  async #look(): Promise<void> {
    const stage = this.#stage;
    stage.record("at", (performance.now() - this.#began) / 60_000);
    const stayed = this.#crew.members.filter(({ node }) => keepers.includes(node));
    const looks = stayed.map(async ({ node, talker }) => {
      const first = this.#firstLooks.get(node);
      const patience: Patience =
        first === undefined
          ? { limitMs: lookMs.first[stage.size] }
          : { limitMs: lookMs.later[stage.size], asBefore: first };
      const held = await talker.ask.look(patience);
      stage.record(`rss ${node}`, held.rssMiB);
      stage.record(`heap ${node}`, held.heapMiB);
      stage.record(`external ${node}`, held.externalMiB);
      if (first === undefined) this.#firstLooks.set(node, held);
      else for (const kind of heldKinds) stage.record(`${kind} more`, held[kind] - first[kind]);
      return `${node}: ${textOf(held)}`;
    });
    stage.progress(`rest ${this.#rests}, all collected; ${(await Promise.all(looks)).join("; ")}`);
  }

  async #tell(): Promise<void> {
    const { all, of } = await this.#crew.glance();
    const totals = {
      sent: sum(all.map(({ sent }) => sent)),
      delivered: sum(all.map(({ delivered }) => delivered)),
      lost: sum(all.map(({ lost }) => sum(Object.values(lost)))),
    };
    for (const [name, count] of Object.entries(totals))
      this.#stage.record(`messages ${name}`, count);
    const left = Math.ceil(this.#leftMs / 1_000);
    const violations = sum([...this.#violations.values()]);
    const held = keepers.flatMap((node) => {
      const glance = of(node);
      if (glance === undefined) return [];
      const { rssMiB, heapMiB, descriptors } = glance;
      return `${node}: ${rssMiB.toFixed(0)} MiB, heap ${heapMiB.toFixed(1)}, ${descriptors} fds`;
    });
    this.#stage.progress(
      `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} left, ` +
        `${this.#troubles} faults, ${totals.sent.toLocaleString("en-US")} messages, ` +
        `${totals.lost.toLocaleString("en-US")} lost, ${violations} violations; ${held.join("; ")}`,
    );
  }

  #violated(kind: ViolationKind, text: string): void {
    const count = (this.#violations.get(kind) ?? 0) + 1;
    this.#violations.set(kind, count);
    this.#stage.record(`violation ${kind}`, this.#rests);
    if (count <= shownOfKind) this.#stage.progress(`VIOLATION of ${kind}: ${text}`);
  }
}

function textOf({ rssMiB, heapMiB, externalMiB, descriptors, handles, timers }: Footprint): string {
  const [rss, heap, external] = [rssMiB, heapMiB, externalMiB].map((value) => value.toFixed(2));
  const memory = `${rss} MiB, heap ${heap}, external ${external}`;
  return `${memory}, ${descriptors} fds, ${handles} handles, ${timers} timers`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
