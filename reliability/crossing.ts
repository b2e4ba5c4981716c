/** Two nodes dial each other at the same moment, again and again: there is one link each time. */
import type { Address, ConnectionService } from "reign";
import { LinkChanges } from "./link-changes.ts";
import { makeNode, type NodePlace, placeNodes } from "./node.ts";
import { type Findings, type Scenario, type Stage, series } from "./scenario.ts";

const rounds = { full: 1_000, quick: 10 } as const;
/** The default, as it is for who sets nothing. */
const handshakeTimeoutMs = 5_000;
const messages = 20;

export const crossing: Scenario = {
  id: "crossing",
  title: "two nodes that dial each other at once",
  limitSeconds: 1_200,
  parts: [startPair],
  figures: [
    {
      title: "start of both to the link up at both",
      done:
        "Two new nodes in one process, which both listen and dial over TLS, started in the same " +
        "turn; handshakeTimeout is 5 s.",
      unit: "ms",
      wanted: rounds,
      goals: [{ of: "max", atMost: handshakeTimeoutMs }],
      values: series("linked"),
    },
    {
      title: "rounds in which the dials met",
      done: "One of the nodes was told that there is another link already, or on the way.",
      unit: "%",
      wanted: { full: 1, quick: 1 },
      goals: [],
      values: shareThatMet,
    },
    {
      title: "messages that did not come, came twice or out of order",
      done: "20 each way in each round, sent as soon as the link is up: over one both agree on.",
      unit: "",
      wanted: rounds,
      goals: [{ of: "total", atMost: 0 }],
      values: series("wrong"),
    },
    {
      title: "connections besides the one of the link",
      done: "What is open of TCP in the process, as soon as it is one link's, or after 5 s.",
      unit: "",
      wanted: rounds,
      goals: [{ of: "total", atMost: 0 }],
      values: series("besides"),
    },
    {
      title: "links that went down",
      done: "At either end, before the nodes are stopped.",
      unit: "",
      wanted: rounds,
      goals: [{ of: "total", atMost: 0 }],
      values: series("downs"),
    },
  ],
  run: runCrossing,
};

function shareThatMet(found: Findings): readonly number[] {
  const met = found.get("met") ?? [];
  if (met.length === 0) return [];
  return [(100 * met.reduce((sum, one) => sum + one, 0)) / met.length];
}

async function runCrossing(stage: Stage): Promise<void> {
  const { size, folder } = stage;
  const pair = await stage.start(startPair, { folder, nodes: await placeNodes(2) });
  for (let round = 1; round <= rounds[size]; round++) {
    const { linkedMs, met, wrong, besides, downs } = await pair.ask.cross();
    stage.record("linked", linkedMs);
    stage.record("met", met ? 1 : 0);
    stage.record("wrong", wrong);
    stage.record("besides", besides);
    stage.record("downs", downs);
    if (round % 100 === 0) stage.progress(`round ${round} of ${rounds[size]}`);
  }
}

interface PairSetting {
  readonly folder: string;
  readonly nodes: readonly NodePlace[];
}

/** Both nodes: what is measured is little, and the same moment is easily had in one process. */
async function startPair({ folder, nodes }: PairSetting) {
  const cross = async () => {
    const [one, two] = await Promise.all([1, 2].map((id) => makeEnd({ folder, nodes }, id)));
    if (one === undefined || two === undefined) throw new Error("Expected two nodes.");
    const ends = [one, two];
    one.talkTo(two.address);
    two.talkTo(one.address);
    const began = performance.now();
    await Promise.all(ends.map(({ service }) => service.start()));
    await Promise.all([one.changes.up("2"), two.changes.up("1")]);
    const linkedMs = performance.now() - began;
    const besides = await connectionsBesides(ends);
    const result = {
      linkedMs,
      met: ends.some(({ met }) => met()),
      wrong: one.wrong() + two.wrong(),
      besides,
      downs: one.changes.downs("2") + two.changes.downs("1"),
    };
    await Promise.all(ends.map(({ service }) => service.terminate()));
    return result;
  };
  return { cross };
}

type End = Awaited<ReturnType<typeof makeEnd>>;

async function makeEnd({ folder, nodes }: PairSetting, id: number) {
  let met = false;
  const telemetry = {
    emit: (event: { readonly type: string; readonly lasting?: boolean }) => {
      if (event.type === "handshake_failed" && event.lasting === false) met = true;
    },
  };
  const options = { handshakeTimeout: handshakeTimeoutMs };
  const service: ConnectionService = await makeNode({ folder, id, nodes, options }, { telemetry });
  const { address, mailbox } = service.newMailbox<number>();
  const heard: number[] = [];
  void (async () => {
    for await (const number of mailbox) heard.push(number);
  })();
  return {
    service,
    address,
    changes: new LinkChanges(service),
    met: () => met,
    done: () => heard.length >= messages,
    wrong: () =>
      heard.filter((number, i) => number !== i).length + Math.abs(messages - heard.length),
    talkTo({ id: other }: Address<number>) {
      service.addConnectionStatusCallback((_, connected) => {
        const target = service.address<number>(other);
        for (let i = 0; connected && i < messages; i++) target.send(i);
      });
    },
  };
}

/** Waits until all is said and one connection is left, and gives how many are left over. */
async function connectionsBesides(ends: readonly End[]): Promise<number> {
  const until = performance.now() + handshakeTimeoutMs;
  for (;;) {
    const left = openConnections() - 1;
    const done = left === 0 && ends.every((end) => end.done());
    if (done || performance.now() > until) return left;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Both ends of each are here. */
function openConnections(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length / 2;
}
