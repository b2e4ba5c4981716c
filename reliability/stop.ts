/** A node is stopped at a moment that chance chose, and its process has nothing left to do. */
import { setTimeout as wait } from "node:timers/promises";
import type { Address } from "reign";
import { createSeededRandom } from "reign/testing";
import { makeNode, type NodeSetting, placeNodes, startNode } from "./node.ts";
import { type Scenario, type Stage, series } from "./scenario.ts";

const rounds = { full: 200, quick: 2 } as const;
/** From the making of the node on: before, during and after its first link. */
const latestStopMs = 400;
/** In each so many rounds the peer is stopped first, and cannot be told goodbye. */
const deafEvery = 10;
const exitLimitMs = 10_000;

export const stop: Scenario = {
  id: "stop",
  title: "stop at random moments",
  limitSeconds: 1_800,
  parts: [startPeer, startLeaver],
  figures: [
    {
      title: "stop()",
      done:
        "A process makes a node, starts it and calls stop() up to 400 ms after, while messages " +
        "and a handshake are under way. In each tenth round its peer was stopped by SIGSTOP " +
        "before, with 1 MiB waiting for it.",
      unit: "ms",
      wanted: rounds,
      goals: [{ of: "max", atMost: 5_000 }],
      values: series("stop"),
    },
    {
      title: "handles left",
      done:
        "getActiveResourcesInfo() two turns of the event loop after stop(), beside what it was " +
        "before the node was made.",
      unit: "",
      wanted: rounds,
      goals: [{ of: "max", atMost: 0 }],
      values: series("handles"),
    },
    {
      title: "the process ends by itself",
      done: "From the moment at which nothing but the node could hold it, after stop().",
      unit: "ms",
      wanted: rounds,
      goals: [{ of: "max", atMost: 1_000 }],
      values: series("exit"),
    },
    {
      title: "processes that did not end with code 0",
      done: "0 or 1 for each.",
      unit: "",
      wanted: rounds,
      goals: [{ of: "total", atMost: 0 }],
      values: series("wrong"),
    },
  ],
  run: runStop,
};

async function runStop(stage: Stage): Promise<void> {
  const { size, folder, seed, signal } = stage;
  const random = createSeededRandom(seed);
  const nodes = await placeNodes(2);
  const options = { maxReconnectDelay: 50 };
  const peer = await stage.start(startPeer, { folder, id: 1, nodes, options });
  const target = await peer.ask.sink();
  for (let round = 1; round <= rounds[size]; round++) {
    if (round % 20 === 0) stage.progress(`round ${round} of ${rounds[size]}`);
    const leaver = await stage.start(startLeaver, { folder, id: 2, nodes, options });
    const deaf = round % deafEvery === 0;
    await leaver.ask.begin(target);
    await wait(random.fraction() * latestStopMs, undefined, { signal });
    if (deaf) {
      await leaver.ask.linked();
      peer.signal("SIGSTOP");
      await leaver.ask.pile(target);
    }
    const { tookMs, left } = await leaver.ask.stop();
    stage.record("stop", tookMs);
    stage.record("handles", left.length);
    if (left.length > 0) stage.progress(`round ${round}: left behind: ${left.join(", ")}`);
    stage.record("exit", await leaver.leave(exitLimitMs));
    stage.record("wrong", (await leaver.gone) === 0 ? 0 : 1);
    if (deaf) peer.signal("SIGCONT");
  }
}

/** Node 1, which stays. */
async function startPeer(node: NodeSetting) {
  const service = await startNode(node);
  const { address, mailbox } = service.newMailbox<Uint8Array>();
  void (async () => {
    for await (const bytes of mailbox) bytes.fill(0);
  })();
  return { sink: () => address.id };
}

/** Node 2, which comes and goes. */
async function startLeaver(node: NodeSetting) {
  const before = openKinds();
  const service = await makeNode(node);
  let talking: ReturnType<typeof setTimeout> | undefined;
  const send = (to: Address<Uint8Array>, bytes: number): boolean => to.send(new Uint8Array(bytes));
  return {
    begin(target: string) {
      // What it is stopped in may fail, and be told so.
      void service.start().catch(() => undefined);
      const to = service.address<Uint8Array>(target);
      talking = setInterval(() => send(to, 1_000), 1);
    },
    linked: () => service.connected(1, { timeout: 10_000 }),
    pile(target: string) {
      const to = service.address<Uint8Array>(target);
      for (let i = 0; i < 16; i++) send(to, 64 * 1024);
    },
    async stop() {
      clearInterval(talking);
      const began = performance.now();
      await service.stop();
      const tookMs = performance.now() - began;
      // Node counts a handle until the turn after its end, and an immediate until it has run.
      for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve));
      return { tookMs, left: newHandles(before) };
    },
  };
}

/** The kinds of what was not there before, each as often as there is more of it. */
function newHandles(before: readonly string[]): readonly string[] {
  const known = [...before];
  return openKinds().filter((kind) => {
    const place = known.indexOf(kind);
    if (place >= 0) known.splice(place, 1);
    return place < 0;
  });
}

function openKinds(): readonly string[] {
  return process.getActiveResourcesInfo();
}
