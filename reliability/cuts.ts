/** A connection ends at every byte that it could end at, and the link comes back whole. */
import type { Address } from "reign";
import { createProxy, type FaultProxy, type ProxyDirection } from "reign/testing/proxy";
import { footprint, heldKinds, lookMs, type Patience, patienceAfter } from "./footprint.ts";
import { type NodeSetting, nowhere, placeNodes, portOf, startNode } from "./node.ts";
import type { Part } from "./part-process.ts";
import { type Scenario, type Stage, series } from "./scenario.ts";

/** Between two bytes that are tried. */
const step = { full: 1, quick: 499 } as const;
const least = { full: 5_000, quick: 10 } as const;
const warmUps = { full: 200, quick: 2 } as const;
const ends = { full: 2, quick: 2 } as const;
const firstMessages = 3;
const text = "every byte of this has to be here, or none of it ".repeat(6);
const backLimitMs = 10_000;

export const cuts: Scenario = {
  id: "cuts",
  title: "a cut at every byte of the handshake and the first frames",
  limitSeconds: 3_600,
  parts: [startEnd],
  figures: [
    {
      title: "a cut to the link in use again",
      done:
        "The proxy lets k bytes of a connection pass and ends it, for every k of the TLS " +
        "handshake, our own handshake and the first three messages each way; in both directions, " +
        "by FIN and by RST. Timed until a message has made its way there and back.",
      unit: "ms",
      wanted: least,
      goals: [{ of: "max", atMost: backLimitMs }],
      values: series("back"),
    },
    {
      title: "links that did not come back",
      done: "0 or 1 for each cut: within 10 s.",
      unit: "",
      wanted: least,
      goals: [{ of: "total", atMost: 0 }],
      values: series("not back"),
    },
    {
      title: "messages that were not whole, came twice or could not be read, and broken rules",
      done: "Over all cuts, a value for each end.",
      unit: "",
      wanted: ends,
      goals: [{ of: "total", atMost: 0 }],
      values: series("wrong"),
    },
    {
      title: "heap that grew",
      done: "After garbage collection, at the end less after 200 cuts; a value for each end.",
      unit: "MiB",
      wanted: ends,
      goals: [{ of: "max", atMost: 1 }],
      values: series("heap"),
    },
    ...heldKinds.map((kind) => ({
      title: `${kind} more than before`,
      done: "The same moments, a value for each end.",
      unit: "" as const,
      wanted: ends,
      goals: [{ of: "max" as const, atMost: 0 }],
      values: series(kind),
    })),
  ],
  run: runCuts,
};

type End = Part<Awaited<ReturnType<typeof startEnd>>>;

interface Cut {
  readonly direction: ProxyDirection;
  readonly how: "fin" | "rst";
  readonly after: number;
}

async function runCuts(stage: Stage): Promise<void> {
  const { size, folder } = stage;
  const [, two] = await placeNodes(2);
  if (two === undefined) return;
  await using proxy = await createProxy({ target: { port: portOf(two) } });
  const options = { maxReconnectDelay: 5 };
  const undialled = { id: 1, address: nowhere, listen_address: "127.0.0.1:0" };
  const proxied = { id: 2, address: `127.0.0.1:${proxy.port}` };
  const [one, other] = await Promise.all([
    stage.start(startEnd, { folder, id: 1, nodes: [undialled, proxied], options }),
    stage.start(startEnd, { folder, id: 2, nodes: [undialled, two], options }),
  ]);
  await one.ask.greet(await other.ask.address());
  await other.ask.greet(await one.ask.address());
  const all = everyCut(await lengthsOf(proxy, one), step[size]);
  stage.progress(`${all.length} cuts, after ${warmUps[size]} that are not counted`);
  for (const cut of all.slice(0, warmUps[size])) await cutOnce(proxy, one, cut);
  const both = [one, other];
  const limitMs = lookMs.before[size];
  const before = await Promise.all(both.map(({ ask }) => ask.look({ limitMs })));
  for (const [i, cut] of all.entries()) {
    if (i % 500 === 499) stage.progress(`cut ${i + 1} of ${all.length}`);
    const took = await cutOnce(proxy, one, cut);
    stage.record("not back", took === undefined ? 1 : 0);
    stage.record("back", took ?? backLimitMs);
  }
  const after = await Promise.all(
    both.map(({ ask }, i) => ask.look(patienceAfter(before[i]?.held, size))),
  );
  after.forEach(({ held, wrong }, i) => {
    const start = before[i]?.held;
    if (start === undefined) return;
    stage.record("heap", held.heapMiB - start.heapMiB);
    for (const kind of heldKinds) stage.record(kind, held[kind] - start[kind]);
    stage.record("wrong", wrong);
  });
}

/** How long a connection is, each way, until the first messages have arrived. */
async function lengthsOf(proxy: FaultProxy, one: End): Promise<Record<ProxyDirection, number>> {
  await one.ask.roundTrip(backLimitMs);
  const next = proxy.connection();
  proxy.cut({ with: "rst" });
  const connection = await next;
  await one.ask.roundTrip(backLimitMs);
  return { up: connection.up.bytes, down: connection.down.bytes };
}

function everyCut(lengths: Record<ProxyDirection, number>, every: number): readonly Cut[] {
  const cuts: Cut[] = [];
  for (const direction of ["up", "down"] as const) {
    for (const how of ["fin", "rst"] as const) {
      for (let after = 0; after <= lengths[direction]; after += every) {
        cuts.push({ direction, how, after });
      }
    }
  }
  return cuts;
}

/** How long it took from the cut until the link was of use, if it was. */
async function cutOnce(proxy: FaultProxy, one: End, cut: Cut): Promise<number | undefined> {
  const next = proxy.connection();
  proxy.cut({ after: cut.after, with: cut.how }, cut.direction);
  // The connection that is there makes way for one that is cut.
  proxy.cut({ with: "rst" });
  // Lengths differ by a few bytes: the last cuts may not come until there is more to say.
  const more = one.ask.roundTrip(backLimitMs);
  await Promise.race([(await next).closed, more]);
  const began = performance.now();
  proxy.resume();
  const took = (await one.ask.roundTrip(backLimitMs)) ? performance.now() - began : undefined;
  await more;
  return took;
}

interface Item {
  readonly id: number;
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly reply?: Address<number>;
}

async function startEnd(node: NodeSetting) {
  let broken = 0;
  const service = await startNode(node, {
    telemetry: {
      emit: ({ type }) => {
        if (type === "protocol_violation") broken += 1;
      },
    },
  });
  const { address, mailbox } = service.newMailbox<Item>();
  const expected = new Uint8Array(64).fill(7);
  let lastId = -1;
  let sent = 0;
  let wrong = 0;
  let other: Address<Item> | undefined;
  const item = (reply?: Address<number>): Item => {
    const base = { id: sent++, text, bytes: expected };
    return reply === undefined ? base : { ...base, reply };
  };
  void (async () => {
    for await (const { id, text: got, bytes, reply } of mailbox) {
      if (got !== text || Buffer.compare(bytes, expected) !== 0 || id <= lastId) wrong += 1;
      lastId = id;
      reply?.send(id);
    }
  })();
  return {
    address: () => address.id,
    /** From now on each new link begins with messages. */
    greet(to: string) {
      other = service.address<Item>(to);
      service.addConnectionStatusCallback((_, connected) => {
        if (!connected) return;
        for (let i = 0; i < firstMessages; i++) other?.send(item());
      });
    },
    /** Sends until something has come back: a link may be lost with the message on it. */
    async roundTrip(limitMs: number): Promise<boolean> {
      using answers = service.newMailbox<number>().mailbox;
      const until = performance.now() + limitMs;
      while (performance.now() < until) {
        await service.connected(node.id === 1 ? 2 : 1, { timeout: limitMs });
        other?.send(item(answers.address));
        if ((await answers.receive({ timeout: 50 })) !== undefined) return true;
      }
      return false;
    },
    async look(patience: Patience) {
      const unreadable = service.stats().lost.unreadable;
      return { held: await footprint(patience), wrong: wrong + broken + unreadable };
    },
  };
}
