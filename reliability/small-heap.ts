/** A node with a heap of 64 MiB is sent more than it can take, and refuses instead of dying. */
import { setTimeout as wait } from "node:timers/promises";
import type { Address, ConnectionService } from "reign";
import { peakRssMiB } from "./footprint.ts";
import { type Account, lostOf, settledGap } from "./ledger.ts";
import { type NodeSetting, placeNodes, startNode } from "./node.ts";
import { type Scenario, type Stage, series } from "./scenario.ts";

const rounds = { full: 5, quick: 1 } as const;
const floodMs = { full: 10_000, quick: 800 } as const;
const settleMs = 20_000;
const once = { full: 1, quick: 1 } as const;

interface Item {
  readonly id: number;
  readonly text: string;
}

export const smallHeap: Scenario = {
  id: "heap",
  title: "a node with --max-old-space-size=64 under overload",
  limitSeconds: 600,
  parts: [startSmall, startFlooders, startIdler],
  figures: [
    {
      title: "memory of the node",
      done:
        "Two peers send 200-byte messages as fast as they can for 10 s, five times, to a mailbox " +
        "of at most 10,000 whose owner takes about one a millisecond; the node itself sends " +
        "16 KiB messages to a peer that is stopped. The largest RSS that the process ever had.",
      unit: "MiB",
      wanted: once,
      goals: [{ of: "max", atMost: 150 }],
      values: series("peak"),
    },
    {
      title: "the node died",
      done: "0: it lived. 1: it did not.",
      unit: "",
      wanted: once,
      goals: [{ of: "total", atMost: 0 }],
      values: series("died"),
    },
    {
      title: "messages it refused",
      done: "Losses counted on the node, for the mailbox and the stopped peer; a value a round.",
      unit: "",
      wanted: rounds,
      goals: [{ of: "min", atLeast: 1 }],
      values: series("refused"),
    },
    {
      title: "messages that nobody knows the fate of",
      done: "Sent less delivered less lost, over all four nodes when all is quiet.",
      unit: "",
      wanted: rounds,
      goals: [
        { of: "min", atLeast: 0 },
        { of: "max", atMost: 0 },
      ],
      values: series("gap"),
    },
  ],
  run: runSmallHeap,
};

async function runSmallHeap(stage: Stage): Promise<void> {
  const { size, folder, signal } = stage;
  const nodes = await placeNodes(4);
  const setting = (id: number): NodeSetting => ({ folder, id, nodes });
  const small = await stage.start(startSmall, setting(1), {
    flags: ["--max-old-space-size=64"],
  });
  let over = false;
  const died = small.gone.then(() => {
    if (!over && !signal.aborted) stage.record("died", 1);
  });
  const flooder = await stage.start(startFlooders, [setting(2), setting(3)]);
  const idler = await stage.start(startIdler, setting(4));
  const all = [small, idler, flooder];
  const sink = await small.ask.sink();
  await small.ask.aim(await idler.ask.sink());
  for (let round = 1; round <= rounds[size]; round++) {
    stage.progress(`round ${round} of ${rounds[size]}`);
    const before = lostOf(await small.ask.stats());
    idler.signal("SIGSTOP");
    await Promise.race([
      Promise.all([
        small.ask.flood(floodMs[size]),
        flooder.ask.flood(sink, floodMs[size]),
        wait(floodMs[size], undefined, { signal }),
      ]),
      died,
    ]);
    idler.signal("SIGCONT");
    const counters = async (): Promise<readonly Account[]> =>
      (await Promise.all(all.map(({ ask }) => ask.stats()))).flat();
    stage.record("gap", await settledGap(counters, settleMs));
    stage.record("refused", lostOf(await small.ask.stats()) - before);
  }
  stage.record("peak", await small.ask.peak());
  over = true;
  stage.record("died", 0);
}

/** Node 1. Its owner is slow, and it talks to somebody who does not listen. */
async function startSmall(node: NodeSetting) {
  const service = await startNode(node);
  const { address, mailbox } = service.newMailbox<Item>({
    maxMessages: 10_000,
    overflow: "reject",
  });
  void (async () => {
    for await (const { text } of mailbox) {
      if (text.length > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  let idler: Address<Uint8Array> | undefined;
  return {
    sink: () => address.id,
    stats: () => service.stats(),
    peak: () => peakRssMiB(),
    async aim(to: string) {
      for (const id of [2, 3, 4]) await service.connected(id, { timeout: 10_000 });
      idler = service.address<Uint8Array>(to);
    },
    async flood(ms: number) {
      const until = performance.now() + ms;
      while (performance.now() < until) {
        for (let i = 0; i < 20; i++) idler?.send(new Uint8Array(16 * 1024));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
  };
}

/** Nodes 2 and 3, both in this process. */
async function startFlooders(nodes: readonly NodeSetting[]) {
  const services: ConnectionService[] = [];
  for (const node of nodes) services.push(await startNode(node));
  return {
    stats: () => services.map((service) => service.stats()),
    flood: async (to: string, ms: number) => {
      await Promise.all(services.map((service) => floodFrom(service, to, ms)));
    },
  };
}

async function floodFrom(service: ConnectionService, to: string, ms: number): Promise<void> {
  await service.connected(1, { timeout: 10_000 });
  const address = service.address<Item>(to);
  const text = "x".repeat(180);
  const until = performance.now() + ms;
  for (let id = 0; performance.now() < until; ) {
    for (let i = 0; i < 500; i++) if (!address.send({ id: id++, text })) break;
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.race([address.ready(), new Promise((resolve) => setTimeout(resolve, 100))]);
  }
}

/** Node 4, which takes what comes when it is not stopped. */
async function startIdler(node: NodeSetting) {
  const service = await startNode(node);
  const { address, mailbox } = service.newMailbox<Uint8Array>();
  void (async () => {
    for await (const bytes of mailbox) bytes.fill(0);
  })();
  return { sink: () => address.id, stats: () => service.stats() };
}
