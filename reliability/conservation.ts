/**
 * Whatever happens to links and processes, each message that was sent was delivered or is counted
 * as lost, once.
 *
 * Nodes 1 to 3 talk to each other through proxies, node 4 is there to be killed: the counters of a
 * process that was killed are gone, so nobody sends to it what is counted.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Address, Random } from "reign";
import { createSeededRandom } from "reign/testing";
import { createProxy, type FaultProxy } from "reign/testing/proxy";
import { type Account, lostOf, settledGap } from "./ledger.ts";
import {
  type NodePlace,
  type NodeSetting,
  nowhere,
  placeNodes,
  portOf,
  startNode,
} from "./node.ts";
import type { Part } from "./part-process.ts";
import { type Scenario, type Stage, series } from "./scenario.ts";

const runs = { full: 20, quick: 1 } as const;
const troubleMs = { full: 10_000, quick: 1_500 } as const;
const settleMs = 10_000;
const meetLimitMs = 30_000;
const options = { pingInterval: 250, maxReconnectDelay: 100, maxPendingBytes: 2 ** 20 };

export const conservation: Scenario = {
  id: "conservation",
  title: "every message is delivered or counted as lost",
  limitSeconds: 1_200,
  parts: [startTalker, startBystander],
  figures: [
    {
      title: "messages that nobody knows the fate of",
      done:
        "Three nodes send each other messages of up to 100 KiB for 10 s, while chance cuts, " +
        "stalls, empties and slows their connections, stops processes for a while and kills " +
        "a fourth one. Sent less delivered less lost, over the three, when all is quiet.",
      unit: "",
      wanted: runs,
      goals: [
        { of: "min", atLeast: 0 },
        { of: "max", atMost: 0 },
      ],
      values: series("gap"),
    },
    {
      title: "messages out of order or twice",
      done: "Of the same runs.",
      unit: "",
      wanted: runs,
      goals: [{ of: "total", atMost: 0 }],
      values: series("wrong"),
    },
    ...["sent", "lost", "faults"].map((name) => ({
      title: name === "faults" ? "faults made" : `messages ${name}`,
      done: "Of the same runs, a value a run.",
      unit: "" as const,
      wanted: runs,
      goals: [],
      values: series(name),
    })),
  ],
  run: runConservation,
};

async function runConservation(stage: Stage): Promise<void> {
  for (let run = 0; run < runs[stage.size]; run++) {
    stage.progress(`run ${run + 1} of ${runs[stage.size]}, seed ${stage.seed + run}`);
    await runOnce(stage, stage.seed + run);
  }
}

type Talker = Part<Awaited<ReturnType<typeof startTalker>>>;

async function runOnce(stage: Stage, seed: number): Promise<void> {
  const places = await placeNodes(3);
  const links = await proxiesBetween(places);
  try {
    await talkInTrouble(stage, seed, places, links);
  } finally {
    await Promise.all(links.map(({ proxy }) => proxy.close()));
  }
}

async function talkInTrouble(
  stage: Stage,
  seed: number,
  places: readonly NodePlace[],
  links: readonly ProxiedLink[],
): Promise<void> {
  const { folder } = stage;
  const undialled = { id: 4, address: nowhere, listen_address: "127.0.0.1:0" };
  const setting = (id: number): NodeSetting => {
    return { folder, id, nodes: [...placesSeenBy(id, places, links), undialled], options };
  };
  const talkers = await Promise.all([1, 2, 3].map((id) => stage.start(startTalker, setting(id))));
  const addresses = await Promise.all(talkers.map(({ ask }) => ask.address()));
  await Promise.all(talkers.map(({ ask }, i) => ask.talk(addresses, seed + i)));
  const bystander: NodeSetting = { folder, id: 4, nodes: [...places, undialled], options };
  const [faults] = await Promise.all([
    makeTrouble(stage, { random: createSeededRandom(seed), links, talkers }),
    killAgainAndAgain(stage, bystander, createSeededRandom(seed + 7)),
  ]);
  stage.record("faults", faults);
  for (const { proxy } of links) proxy.resume();
  for (const talker of talkers) talker.signal("SIGCONT");
  await Promise.all(talkers.map(({ ask }) => ask.hush()));
  await Promise.all(talkers.map(({ ask }) => ask.meetAgain()));
  await account(stage, talkers);
  for (const talker of talkers) talker.kill();
}

/** Everything is healed, and nobody says anything new. */
async function account(stage: Stage, talkers: readonly Talker[]): Promise<void> {
  const counters = (): Promise<readonly Account[]> =>
    Promise.all(talkers.map(({ ask }) => ask.stats()));
  stage.record("gap", await settledGap(counters, settleMs));
  const last = await counters();
  stage.record("sent", sum(last.map(({ sent }) => sent)));
  stage.record("lost", sum(last.map(lostOf)));
  stage.record("wrong", sum(await Promise.all(talkers.map(({ ask }) => ask.wrong()))));
}

interface ProxiedLink {
  readonly from: number;
  readonly to: number;
  readonly proxy: FaultProxy;
}

/** The lower id dials, through a proxy. */
async function proxiesBetween(places: readonly NodePlace[]): Promise<readonly ProxiedLink[]> {
  const links: ProxiedLink[] = [];
  for (const from of places) {
    for (const to of places.filter(({ id }) => id > from.id)) {
      const proxy = await createProxy({ target: { port: portOf(to) } });
      links.push({ from: from.id, to: to.id, proxy });
    }
  }
  return links;
}

function placesSeenBy(
  id: number,
  places: readonly NodePlace[],
  links: readonly ProxiedLink[],
): readonly NodePlace[] {
  return places.map((place) => {
    if (place.id === id) return place;
    const link = links.find(({ from, to }) => from === id && to === place.id);
    const address = link === undefined ? nowhere : `127.0.0.1:${link.proxy.port}`;
    return { id: place.id, address };
  });
}

interface Scene {
  readonly random: Random;
  readonly links: readonly ProxiedLink[];
  readonly talkers: readonly Talker[];
}

/** One fault after the other, each for a while, and how many there were. */
async function makeTrouble(stage: Stage, { random, links, talkers }: Scene): Promise<number> {
  const { size, signal } = stage;
  const until = performance.now() + troubleMs[size];
  const below = (limit: number): number => Math.floor(random.fraction() * limit);
  let faults = 0;
  while (performance.now() < until) {
    await wait(20 + below(200), undefined, { signal });
    const proxy = links[below(links.length)]?.proxy;
    const talker = talkers[below(talkers.length)];
    if (proxy === undefined || talker === undefined) continue;
    faults += 1;
    // Healed more often than hurt in any one way: most is to arrive.
    switch (below(12)) {
      case 0:
        proxy.cut({ with: "rst" });
        break;
      case 1:
        proxy.cut({ with: "fin" });
        break;
      case 2:
        proxy.cut({ with: "rst", after: below(200_000) }, random.fraction() < 0.5 ? "up" : "down");
        break;
      case 3:
        proxy.stall(random.fraction() < 0.5 ? "up" : "down");
        break;
      case 4:
        proxy.discard(random.fraction() < 0.5 ? "up" : "down");
        break;
      case 5:
        proxy.delay({ ms: below(100), jitterMs: 0 });
        break;
      case 6:
        talker.signal("SIGSTOP");
        await wait(below(1_500), undefined, { signal });
        talker.signal("SIGCONT");
        break;
      default:
        proxy.resume();
    }
  }
  return faults;
}

/** Node 4 comes and is killed, until the trouble is over. */
async function killAgainAndAgain(
  stage: Stage,
  bystander: NodeSetting,
  random: Random,
): Promise<void> {
  const until = performance.now() + troubleMs[stage.size];
  while (performance.now() < until) {
    const victim = await stage.start(startBystander, bystander);
    await wait(random.fraction() * 2_000, undefined, { signal: stage.signal });
    victim.kill();
    await victim.gone;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

interface Item {
  readonly from: number;
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** Nodes 1 to 3. */
async function startTalker(node: NodeSetting) {
  const service = await startNode(node);
  const { address, mailbox } = service.newMailbox<Item>();
  const lastIds = new Map<number, number>();
  let wrong = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  void (async () => {
    for await (const { from, id } of mailbox) {
      if (id <= (lastIds.get(from) ?? -1)) wrong += 1;
      lastIds.set(from, id);
    }
  })();
  return {
    address: () => address.id,
    stats: () => service.stats(),
    wrong: () => wrong,
    talk(addresses: readonly string[], seed: number) {
      const random = createSeededRandom(seed);
      const others: Address<Item>[] = addresses
        .filter((other) => other !== address.id)
        .map((other) => service.address<Item>(other));
      let id = 0;
      timer = setInterval(() => {
        for (const other of others) {
          for (let i = 0; i < 5; i++) {
            const length = random.fraction() < 0.02 ? 100_000 : random.fraction() * 500;
            other.send({ from: node.id, id: id++, bytes: new Uint8Array(length) });
          }
        }
      }, 2);
    },
    hush: () => clearInterval(timer),
    /** Settles when there is a link to each of the others, and what was said is applied there. */
    async meetAgain() {
      const others = [1, 2, 3].filter((id) => id !== node.id);
      await Promise.all(others.map((id) => service.connected(id, { timeout: meetLimitMs })));
      await service.names.sync({ timeout: meetLimitMs });
    },
  };
}

/** Node 4, which has links to all and is killed. */
async function startBystander(node: NodeSetting) {
  const service = await startNode(node);
  return { linked: () => service.connected(1) };
}
