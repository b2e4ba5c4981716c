/** A thousand strangers connect and say nothing: they are gone soon, and no node minds them. */
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { ConnectionService } from "reign";
import { percentile } from "../measure/percentiles.ts";
import { rssMiB } from "./footprint.ts";
import { makeNode, type NodeSetting, placeNodes, startNode } from "./node.ts";
import { answerPings, Pinger } from "./pings.ts";
import { type Findings, type Scenario, type Stage, series } from "./scenario.ts";

const rounds = { full: 10, quick: 1 } as const;
const count = { full: 1_000, quick: 100 } as const;
const handshakeTimeoutMs = { full: 5_000, quick: 500 } as const;
/** Between two rounds, and for the pings before the first: as long as the strangers may stay. */
const pingEveryMs = 5;
const whatBinds =
  "what binds are the processors: those who knock, those who ping and the nodes of both share them";

export const strangers: Scenario = {
  id: "strangers",
  title: "1,000 strangers that connect and say nothing",
  limitSeconds: 600,
  parts: [startHost, startPeer, startNewcomer, startStrangers],
  figures: [
    {
      title: "a stranger's connection to its end",
      done:
        "1,000 connections at once from 250 addresses of the loopback network, to a node with a " +
        "handshakeTimeout of 5 s. Timed at the strangers, from connected to closed.",
      unit: "ms",
      wanted: { full: rounds.full * count.full, quick: rounds.quick * count.quick },
      goals: [{ of: "max", atMost: 5_200 }],
      values: series("stranger"),
    },
    {
      title: "an honest node joins meanwhile",
      done: "From its start() until it has a link to the node that the strangers hold.",
      unit: "ms",
      wanted: rounds,
      goals: [{ of: "max", atMost: 1_000 }],
      values: series("join"),
    },
    {
      title: "memory of the node",
      done: "RSS of the node, the most of a round less what it was before the round.",
      unit: "MiB",
      wanted: rounds,
      goals: [{ of: "max", atMost: 64 }],
      values: series("growth"),
    },
    {
      title: "pings on a link that is up, p99 beside p99 before the strangers",
      done:
        "A ping each 5 ms for as long as the strangers may stay, and for as long before them; a " +
        "value a round.",
      unit: "%",
      wanted: rounds,
      goals: [{ of: "p50", atMost: 20, reason: whatBinds }],
      values: changesOfP99,
    },
    {
      title: "of these pings, refused or not answered",
      done: "Of a round, before the strangers and while they are there.",
      unit: "",
      wanted: rounds,
      goals: [{ of: "total", atMost: 0 }],
      values: series("unanswered"),
    },
  ],
  run: runStrangers,
};

/** Pure: rounds are told apart by their own series. */
function changesOfP99(found: Findings): readonly number[] {
  const before = found.get("p99 before") ?? [];
  return (found.get("p99 meanwhile") ?? []).map((p99, i) => (p99 / (before[i] ?? 0) - 1) * 100);
}

async function runStrangers(stage: Stage): Promise<void> {
  const { size, folder, signal } = stage;
  const timeoutMs = handshakeTimeoutMs[size];
  const nodes = await placeNodes(3);
  const options = { handshakeTimeout: timeoutMs, maxReconnectDelay: 200 };
  const setting = (id: number): NodeSetting => ({ folder, id, nodes, options });
  const [host, peer, newcomer, crowd] = await Promise.all([
    stage.start(startHost, setting(1)),
    stage.start(startPeer, setting(2)),
    stage.start(startNewcomer, setting(3)),
    stage.start(startStrangers, nodes[0]?.address ?? ""),
  ]);
  await peer.ask.aim(await host.ask.echo());
  for (let round = 1; round <= rounds[size]; round++) {
    stage.progress(`round ${round} of ${rounds[size]}`);
    await peer.ask.begin();
    await wait(timeoutMs, undefined, { signal });
    const before = await peer.ask.end();
    await host.ask.watchMemory();
    await peer.ask.begin();
    const gone = crowd.ask.knock(count[size]);
    await crowd.ask.allConnected();
    stage.record("join", await newcomer.ask.join());
    const stayed = await gone;
    const meanwhile = await peer.ask.end();
    stage.record("growth", await host.ask.growth());
    stage.record("stranger", ...stayed);
    stage.record("p99 before", before.p99);
    stage.record("p99 meanwhile", meanwhile.p99);
    stage.record("unanswered", before.unanswered + meanwhile.unanswered);
    await newcomer.ask.leaveCluster();
  }
}

/** Node 1, where strangers knock. */
async function startHost(node: NodeSetting) {
  const service = await startNode(node);
  const echo = answerPings(service);
  let before = 0;
  let most = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    echo: () => echo,
    watchMemory() {
      globalThis.gc?.();
      before = rssMiB();
      most = before;
      timer = setInterval(() => {
        most = Math.max(most, rssMiB());
      }, 50);
    },
    growth() {
      clearInterval(timer);
      return Math.max(most, rssMiB()) - before;
    },
  };
}

/** Node 2, which has had its link since before. */
async function startPeer(node: NodeSetting) {
  const service = await startNode(node);
  let pinger: Pinger | undefined;
  return {
    async aim(echo: string) {
      await service.connected(1, { timeout: 10_000 });
      pinger = new Pinger(service, service.address(echo));
    },
    begin: () => pinger?.begin(pingEveryMs),
    async end() {
      const { fromSent = [], unanswered = 0 } = (await pinger?.end()) ?? {};
      return { p99: percentile(Float64Array.from(fromSent).sort(), 0.99), unanswered };
    },
  };
}

/** Node 3, which comes when there is a crowd at the door. */
async function startNewcomer(node: NodeSetting) {
  let service: ConnectionService | undefined;
  return {
    async join() {
      service = await makeNode(node);
      const began = performance.now();
      await service.start();
      await service.connected(1, { timeout: 60_000 });
      return performance.now() - began;
    },
    leaveCluster: () => service?.terminate(),
  };
}

/** Those who have no certificate and say nothing. */
async function startStrangers(target: string) {
  const [host = "", port = ""] = target.split(":");
  let connected: Promise<unknown> = Promise.resolve();

  /** Resolves to how long the connection lived, when it has been closed. */
  function knock(number: number, onConnected: () => void): Promise<number> {
    return new Promise((resolve) => {
      // Only Linux has all of 127.0.0.0/8 without being told.
      const from = process.platform === "linux" ? `127.1.${number % 250}.1` : "127.0.0.1";
      let began = performance.now();
      const socket = connect({ host, port: Number(port), localAddress: from });
      const settle = (): void => {
        onConnected();
        resolve(performance.now() - began);
      };
      socket.on("connect", () => {
        began = performance.now();
        onConnected();
      });
      socket.on("error", () => undefined);
      socket.on("close", settle);
      socket.resume();
    });
  }

  return {
    async knock(many: number): Promise<readonly number[]> {
      const knocks = Array.from({ length: many }, (_, i) => {
        let onConnected: () => void = () => undefined;
        const open = new Promise<void>((resolve) => {
          onConnected = resolve;
        });
        return { open, closed: knock(i, onConnected) };
      });
      connected = Promise.all(knocks.map(({ open }) => open));
      return Promise.all(knocks.map(({ closed }) => closed));
    },
    allConnected: () => connected.then(() => undefined),
  };
}
