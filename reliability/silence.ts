/**
 * A peer falls silent, and is found out in time; nodes that are only slow are not.
 *
 * T is 1 s, in four intervals. Node 1 has links to one process that is stopped by SIGSTOP, to two
 * nodes behind proxies that throw bytes away, and to two healthy ones, idle and busy, whose event
 * loop stands still for 200 ms again and again.
 */
import { setTimeout as wait } from "node:timers/promises";
import { createSeededRandom } from "reign/testing";
import { createProxy, type FaultProxy, type ProxyDirection } from "reign/testing/proxy";
import { LinkChanges } from "./link-changes.ts";
import type { NodeSetting } from "./node.ts";
import { monotonicMs, type NodePlace, nowhere, placeNodes, portOf, startNode } from "./node.ts";
import type { Part } from "./part-process.ts";
import { answerPings, Pinger } from "./pings.ts";
import { type Goal, type Scenario, type Stage, series } from "./scenario.ts";

const rounds = { full: 30, quick: 2 } as const;
const oneWayRounds = { full: 30, quick: 1 } as const;
const once = { full: 1, quick: 1 } as const;
const tickMs = 1_000;
const quarterMs = tickMs / 4;
const stallMs = 200;
const stallEveryMs = 500;
const options = {
  pingInterval: quarterMs,
  deadlineInterval: tickMs,
  maxSequentialPingFailures: 4,
  maxReconnectDelay: 100,
};
const withinBound: readonly Goal[] = [
  { of: "min", atLeast: tickMs - quarterMs },
  { of: "max", atMost: tickMs + quarterMs + 50 },
];
const withinTwice: readonly Goal[] = [{ of: "max", atMost: 2 * (tickMs + quarterMs) }];

export const silence: Scenario = {
  id: "silence",
  title: "a silent peer at T = 1 s",
  limitSeconds: 900,
  parts: [startWatcher, startStopped, startFar, startHealthy],
  figures: [
    {
      title: "a stopped process is down",
      done: "From SIGSTOP to the status callback of the other node.",
      unit: "ms",
      wanted: rounds,
      goals: withinBound,
      values: series("stopped"),
    },
    {
      title: "a path that is silent in both directions: the end that dialled",
      done: "From discard() of the proxy to the status callback. Ends and resets are lost too.",
      unit: "ms",
      wanted: rounds,
      goals: withinBound,
      values: series("both near"),
    },
    {
      title: "the same: the end that was dialled",
      done: "Of the same rounds.",
      unit: "ms",
      wanted: rounds,
      goals: withinBound,
      values: series("both far"),
    },
    {
      title: "a path that is silent in one direction: the last of both ends",
      done: "From discard() in one direction, by turns the one and the other.",
      unit: "ms",
      wanted: oneWayRounds,
      goals: withinTwice,
      values: series("one way"),
    },
    {
      title: "healthy links lost meanwhile",
      done:
        "Links between the watching node, an idle one and one that sends a ping each 5 ms. The " +
        "event loop of these two stands still for 200 ms in each 700. Losses seen at any end.",
      unit: "",
      wanted: once,
      goals: [{ of: "total", atMost: 0 }],
      values: series("false downs"),
    },
  ],
  run: runSilence,
};

async function runSilence(stage: Stage): Promise<void> {
  const { folder } = stage;
  const [one, two, three, four, five, six] = await placeNodes(6);
  if (!one || !two || !three || !four || !five || !six) return;
  await using both = await createProxy({ target: { port: portOf(five) } });
  await using oneWay = await createProxy({ target: { port: portOf(six) } });
  const behind = (place: NodePlace, proxy: FaultProxy): NodePlace => ({
    id: place.id,
    address: `127.0.0.1:${proxy.port}`,
  });
  const setting = (id: number, nodes: readonly NodePlace[]): NodeSetting => {
    return { folder, id, nodes, options };
  };
  // It dials those behind the proxies, and they cannot dial it.
  const undialled = { id: 1, address: nowhere };
  const nodes = [one, two, three, four, behind(five, both), behind(six, oneWay)];
  const [watcher, stopped, far, healthy] = await Promise.all([
    stage.start(startWatcher, setting(1, nodes)),
    stage.start(startStopped, setting(2, [one, two])),
    stage.start(startFar, [setting(5, [undialled, five]), setting(6, [undialled, six])]),
    stage.start(startHealthy, [setting(3, [one, three, four]), setting(4, [one, three, four])]),
  ]);
  await watcher.ask.linked([2, 3, 4, 5, 6]);
  await healthy.ask.makeTrouble(await watcher.ask.echo());
  const actors = { watcher, stopped, far };
  await Promise.all([
    stopAgainAndAgain(stage, actors),
    silenceBothWays(stage, actors, both),
    silenceOneWay(stage, actors, oneWay),
  ]);
  const atOneEnd = await watcher.ask.downs([3, 4]);
  stage.record("false downs", atOneEnd + (await healthy.ask.downs()));
}

interface Actors {
  readonly watcher: Part<Awaited<ReturnType<typeof startWatcher>>>;
  readonly stopped: Part<Awaited<ReturnType<typeof startStopped>>>;
  readonly far: Part<Awaited<ReturnType<typeof startFar>>>;
}

async function stopAgainAndAgain(stage: Stage, { watcher, stopped }: Actors): Promise<void> {
  const pause = pausesOf(stage, 1);
  for (let round = 1; round <= rounds[stage.size]; round++) {
    if (round % 10 === 0) stage.progress(`round ${round} of ${rounds[stage.size]}`);
    await Promise.all([watcher.ask.linked([2]), stopped.ask.linked()]);
    await pause();
    const before = await watcher.ask.downs([2]);
    const began = monotonicMs();
    stopped.signal("SIGSTOP");
    stage.record("stopped", (await watcher.ask.wentDown(2, before)) - began);
    stopped.signal("SIGCONT");
    await watcher.ask.flapped(2, before);
  }
}

async function silenceBothWays(stage: Stage, actors: Actors, proxy: FaultProxy): Promise<void> {
  const pause = pausesOf(stage, 2);
  for (let round = 1; round <= rounds[stage.size]; round++) {
    await pause();
    const [near, far] = await silenceOnce(actors, 5, proxy);
    stage.record("both near", near);
    stage.record("both far", far);
  }
}

async function silenceOneWay(stage: Stage, actors: Actors, proxy: FaultProxy): Promise<void> {
  const pause = pausesOf(stage, 3);
  for (let round = 1; round <= oneWayRounds[stage.size]; round++) {
    await pause();
    const direction = round % 2 === 0 ? "up" : "down";
    stage.record("one way", Math.max(...(await silenceOnce(actors, 6, proxy, direction))));
  }
}

/** How long each end took to notice. When it settles the link is up again. */
async function silenceOnce(
  { watcher, far }: Actors,
  node: number,
  proxy: FaultProxy,
  direction?: ProxyDirection,
): Promise<readonly [near: number, far: number]> {
  await Promise.all([watcher.ask.linked([node]), far.ask.linked(node)]);
  const downsNear = await watcher.ask.downs([node]);
  const downsFar = await far.ask.downs(node);
  const began = monotonicMs();
  proxy.discard(direction);
  const [near, farAt] = await Promise.all([
    watcher.ask.wentDown(node, downsNear),
    far.ask.wentDown(node, downsFar),
  ]);
  proxy.resume();
  // What came while it was silent has lost bytes.
  proxy.cut({ with: "rst" });
  return [near - began, farAt - began];
}

/** A wait before each round, so that faults come at any point between two pings. */
function pausesOf({ seed, signal }: Stage, stream: number): () => Promise<void> {
  const random = createSeededRandom(seed + stream);
  return () => wait(random.fraction() * quarterMs, undefined, { signal });
}

/** Node 1, which knows all others. */
async function startWatcher(node: NodeSetting) {
  const service = await startNode(node);
  const changes = new LinkChanges(service);
  const echo = answerPings(service);
  return {
    echo: () => echo,
    linked: (ids: readonly number[]) => linked(changes, ids),
    downs: (ids: readonly number[]) => ids.reduce((sum, id) => sum + changes.downs(`${id}`), 0),
    wentDown: (id: number, before: number) => changes.wentDown(`${id}`, before),
    flapped: (id: number, before: number) => changes.flapped(`${id}`, before),
  };
}

/** Node 2, whose process is stopped. */
async function startStopped(node: NodeSetting) {
  const changes = new LinkChanges(await startNode(node));
  return { linked: () => linked(changes, [1]) };
}

/** Nodes 5 and 6, at the far ends of the proxies. */
async function startFar(nodes: readonly NodeSetting[]) {
  const services = new Map<number, LinkChanges>();
  for (const node of nodes) services.set(node.id, new LinkChanges(await startNode(node)));
  const of = (id: number): LinkChanges => {
    const changes = services.get(id);
    if (changes === undefined) throw new Error(`Node ${id} is not here.`);
    return changes;
  };
  return {
    linked: (id: number) => linked(of(id), [1]),
    downs: (id: number) => of(id).downs("1"),
    wentDown: (id: number, before: number) => of(id).wentDown("1", before),
  };
}

/** Nodes 3 and 4: the first is idle, the second busy, and both stand still at times. */
async function startHealthy([idle, busy]: readonly NodeSetting[]) {
  if (idle === undefined || busy === undefined) throw new Error("Two nodes are needed.");
  const services = [await startNode(idle), await startNode(busy)] as const;
  const all = services.map((service) => new LinkChanges(service));
  return {
    /** Pings from the busy node to the watcher, and standstills. */
    async makeTrouble(echo: string) {
      await services[1].connected(1, { timeout: 10_000 });
      new Pinger(services[1], services[1].address(echo)).begin(5);
      standStill();
    },
    downs: () =>
      all.reduce((sum, each) => sum + each.downs("1") + each.downs("3") + each.downs("4"), 0),
  };
}

/** By turns in a timer and behind reading: what waits then is run in another order. */
function standStill(inTimer = true): void {
  const block = (): void => {
    const until = performance.now() + stallMs;
    while (performance.now() < until);
    setTimeout(() => standStill(!inTimer), stallEveryMs);
  };
  if (inTimer) block();
  else setImmediate(block);
}

async function linked(changes: LinkChanges, ids: readonly number[]): Promise<void> {
  await Promise.all(ids.map((id) => changes.up(`${id}`)));
}
