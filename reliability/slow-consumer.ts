/** One peer of three stands still: what it costs the sender, and what the others notice. */
import { setTimeout as wait } from "node:timers/promises";
import type { Address } from "reign";
import { percentile } from "../measure/percentiles.ts";
import { collectedMemory, rssMiB } from "./footprint.ts";
import { type NodeSetting, placeNodes, startNode } from "./node.ts";
import { answerPings, Pinger } from "./pings.ts";
import { type Findings, type Scenario, type Stage, series } from "./scenario.ts";

const rounds = { full: 10, quick: 1 } as const;
/** Less than the 20 s after which the link would end. */
const phaseMs = { full: 5_000, quick: 400 } as const;
const pingEveryMs = 5;
const load = { bytes: 16 * 1024, everyMs: 2 } as const;

export const slowConsumer: Scenario = {
  id: "slow",
  title: "one stalled peer of three",
  limitSeconds: 600,
  parts: [startSender, startOthers, startSlow],
  figures: [
    {
      title: "memory that the stalled peer costs the sender",
      done:
        "8 MiB a second to the third peer, which is stopped by SIGSTOP for 5 s: RSS, the most " +
        "meanwhile less what it was at the end of 5 s of the same load without a stop.",
      unit: "MiB",
      wanted: rounds,
      goals: [{ of: "max", atMost: 16 }],
      values: series("growth"),
    },
    {
      title: "p99 of pings to the two others, beside p99 of the same load without a stop",
      done: "A ping each 5 ms to each of the two, from sent to answered; a value a round.",
      unit: "×",
      wanted: rounds,
      goals: [{ of: "p50", atMost: 2 }],
      values: ratiosOfP99,
    },
    {
      title: "pings to the two others, while the third stands still",
      done: "All of them.",
      unit: "ms",
      wanted: { full: 100, quick: 1 },
      goals: [],
      values: series("ping"),
    },
    {
      title: "messages to the stalled peer that were refused",
      done: "send was false, and the loss was counted; a value a round.",
      unit: "",
      wanted: rounds,
      goals: [],
      values: series("refused"),
    },
  ],
  run: runSlow,
};

function ratiosOfP99(found: Findings): readonly number[] {
  const before = found.get("p99 before") ?? [];
  return (found.get("p99 stalled") ?? []).map((p99, i) => p99 / (before[i] ?? Number.NaN));
}

async function runSlow(stage: Stage): Promise<void> {
  const { size, folder, signal } = stage;
  const nodes = await placeNodes(4);
  const setting = (id: number): NodeSetting => ({ folder, id, nodes });
  const [sender, others, slow] = await Promise.all([
    stage.start(startSender, setting(1)),
    stage.start(startOthers, [setting(2), setting(3)]),
    stage.start(startSlow, setting(4)),
  ]);
  await sender.ask.aim({ echoes: await others.ask.echoes(), sink: await slow.ask.sink() });
  const phase = async () => {
    await sender.ask.begin();
    await wait(phaseMs[size], undefined, { signal });
    return sender.ask.end();
  };
  for (let round = 1; round <= rounds[size]; round++) {
    stage.progress(`round ${round} of ${rounds[size]}`);
    const before = await phase();
    slow.signal("SIGSTOP");
    const stalled = await phase();
    slow.signal("SIGCONT");
    stage.record("growth", stalled.mostMiB - before.lastMiB);
    stage.record("p99 before", percentile(before.pings, 0.99));
    stage.record("p99 stalled", percentile(stalled.pings, 0.99));
    stage.record("ping", ...stalled.pings);
    stage.record("refused", stalled.refused);
    await sender.ask.drained();
  }
}

interface Targets {
  readonly echoes: readonly string[];
  readonly sink: string;
}

interface Load {
  readonly bytes: Uint8Array;
}

async function startSender(node: NodeSetting) {
  const service = await startNode(node);
  let pingers: readonly Pinger[] = [];
  let steady: SteadyLoad | undefined;
  return {
    async aim({ echoes, sink }: Targets) {
      for (const id of [2, 3, 4]) await service.connected(id, { timeout: 10_000 });
      pingers = echoes.map((echo) => new Pinger(service, service.address(echo)));
      steady = new SteadyLoad(service.address<Load>(sink));
    },
    begin() {
      for (const pinger of pingers) pinger.begin(pingEveryMs);
      steady?.begin();
    },
    async end() {
      const { refused = 0, mostMiB = 0 } = steady?.end() ?? {};
      const times = await Promise.all(pingers.map((pinger) => pinger.end()));
      const pings = times.flatMap(({ fromSent }) => fromSent).sort((a, b) => a - b);
      return { refused, mostMiB, lastMiB: (await collectedMemory()).rssMiB, pings };
    },
    /** Settles when all peers have answered: the one that stood still has read what was waiting. */
    drained: () => service.names.sync({ timeout: 20_000 }),
  };
}

/** Sends to one address at a steady rate, and looks at the memory meanwhile. */
class SteadyLoad {
  readonly #sink: Address<Load>;
  #timers: readonly ReturnType<typeof setTimeout>[] = [];
  #refused = 0;
  #mostMiB = 0;

  constructor(sink: Address<Load>) {
    this.#sink = sink;
  }

  begin(): void {
    const bytes = new Uint8Array(load.bytes);
    this.#refused = 0;
    this.#mostMiB = 0;
    let due = performance.now();
    const send = (): void => {
      for (const now = performance.now(); due <= now; due += load.everyMs) {
        if (!this.#sink.send({ bytes })) this.#refused += 1;
      }
    };
    const look = (): void => {
      this.#mostMiB = Math.max(this.#mostMiB, rssMiB());
    };
    this.#timers = [setInterval(send, load.everyMs), setInterval(look, 20)];
  }

  end(): { readonly refused: number; readonly mostMiB: number } {
    for (const timer of this.#timers) clearInterval(timer);
    return { refused: this.#refused, mostMiB: this.#mostMiB };
  }
}

/** Nodes 2 and 3, both in this process. */
async function startOthers(nodes: readonly NodeSetting[]) {
  const services = await Promise.all(nodes.map((node) => startNode(node)));
  const echoes = services.map(answerPings);
  return { echoes: () => echoes };
}

/** Node 4, whose process is stopped. */
async function startSlow(node: NodeSetting) {
  const service = await startNode(node);
  const { address, mailbox } = service.newMailbox<Load>();
  void (async () => {
    for await (const { bytes } of mailbox) bytes.fill(1);
  })();
  return { sink: () => address.id };
}
