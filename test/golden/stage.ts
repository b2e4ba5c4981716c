/**
 * Has two nodes play a scene and records it, or has one of them play it again with a recording as
 * the other. Time and chance are the scene's, so that the same code says the same bytes.
 */
import { createMemoryNetwork } from "../../src/carriers/memory/memory-network.ts";
import { NotSerializableError } from "../../src/core/errors.ts";
import { frameType } from "../../src/core/frame.ts";
import type { Carrier, Link } from "../../src/ports/carrier.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";
import { createGoldenNode, type GoldenNode } from "./golden-node.ts";
import {
  type Action,
  type NodeName,
  packHex,
  type Recording,
  type Step,
  unpackHex,
} from "./recording.ts";
import type { Scene } from "./scenes.ts";

const names: readonly NodeName[] = ["1", "2"];
/** A value that takes more room is left out. */
const longestStep = 6_000;
const typeNames = new Map<number, string>(
  Object.entries(frameType).map(([name, type]) => [type, name]),
);

/** What a node has written to its links since it was asked last. */
class Tap {
  #written: Buffer[] = [];

  around(carrier: Carrier, dials: boolean): Carrier {
    const tapped = (link: Link): Link => {
      const write = link.write.bind(link);
      link.write = (bytes) => {
        this.#written.push(Buffer.from(bytes));
        write(bytes);
      };
      return link;
    };
    return {
      listen: (accept) => carrier.listen((link) => accept(tapped(link))),
      // One of the two dials, so that no dials cross.
      dial: async (peer, options) =>
        dials ? tapped(await carrier.dial(peer, options)) : new Promise<never>(() => {}),
    };
  }

  take(): Buffer {
    return Buffer.concat(this.#written.splice(0));
  }
}

export async function record(scene: Scene): Promise<Recording> {
  const { script, ...head } = scene;
  const clock = createVirtualClock();
  const network = createMemoryNetwork({ clock });
  const taps = { "1": new Tap(), "2": new Tap() };
  const join = (name: NodeName): GoldenNode => {
    const carrier = taps[name].around(network.carrier(name), name === "1");
    return createGoldenNode(name, scene, { clock, carrier });
  };
  const nodes = { "1": join("1"), "2": join("2") };
  const steps: Step[] = [];
  for (const [who, does] of script) {
    const actors = who === "both" ? names : [who];
    if (!actAll(actors, nodes, does)) continue;
    await pass(clock, does);
    const step: Step = {
      who: actors,
      does,
      says: { "1": framesIn(taps["1"].take()), "2": framesIn(taps["2"].take()) },
      hears: { "1": nodes["1"].hear(), "2": nodes["2"].hear() },
    };
    steps.push(step);
  }
  await end(clock, Object.values(nodes));
  // Recorded again without these, since what is said first is not said again.
  const long = new Set(steps.filter(isLong).map(({ does }) => does));
  if (long.size > 0) return record({ ...scene, script: script.filter(([, of]) => !long.has(of)) });
  return { ...head, steps };
}

function isLong({ does, says }: Step): boolean {
  return does[0] === "send value" && JSON.stringify(says).length > longestStep;
}

/** False for a value that the codec refuses, of which nothing has been said. */
function actAll(
  actors: readonly NodeName[],
  nodes: Readonly<Record<NodeName, GoldenNode>>,
  does: Action,
): boolean {
  try {
    for (const name of actors) nodes[name].act(does);
    return true;
  } catch (error) {
    if (does[0] === "send value" && error instanceof NotSerializableError) return false;
    throw error;
  }
}

/** What the node of that name says and hears, when the other one is the recording. */
export async function play(recording: Recording, name: NodeName): Promise<Step[]> {
  const other = name === "1" ? "2" : "1";
  const clock = createVirtualClock();
  const network = createMemoryNetwork({ clock });
  const tap = new Tap();
  const carrier = tap.around(network.carrier(name), name === "1");
  const node = createGoldenNode(name, recording, { clock, carrier });
  const links: Link[] = [];
  const take = (link: Link): void => {
    links.push(link);
    link.subscribe({ onBytes() {}, onDrain() {}, onDown() {} });
    link.admit();
  };
  if (name === "1") await network.carrier(other).listen(take);
  const steps: Step[] = [];
  for (const step of recording.steps) {
    if (step.who.includes(name)) node.act(step.does);
    if (step.does[0] === "start" && name === "2") {
      const dialled = network.carrier(other).dial(name, { signal: new AbortController().signal });
      await clock.settle();
      take(await dialled);
    }
    await pass(clock, step.does);
    links[0]?.write(Buffer.concat(step.says[other].map(([, bytes]) => unpackHex(bytes))));
    // Whoever stops ends the link.
    if (step.does[0] === "stop" && step.who.includes(other)) links[0]?.close();
    await clock.settle();
    steps.push({
      ...step,
      says: { ...step.says, [name]: framesIn(tap.take()) },
      hears: { ...step.hears, [name]: node.hear() },
    });
  }
  await end(clock, [node]);
  return steps;
}

async function pass(clock: ReturnType<typeof createVirtualClock>, does: Action): Promise<void> {
  if (does[0] === "let pass") await clock.advanceBy(does[1]);
  await clock.settle();
}

async function end(
  clock: ReturnType<typeof createVirtualClock>,
  nodes: readonly GoldenNode[],
): Promise<void> {
  const ended = Promise.all(nodes.map(({ service }) => service.terminate()));
  await clock.advanceBy(10_000);
  await ended;
}

function framesIn(bytes: Buffer): [type: string, bytes: string][] {
  const frames: [string, string][] = [];
  for (let at = 0; at < bytes.length; ) {
    const next = at + 4 + bytes.readUInt32BE(at);
    frames.push([
      typeNames.get(bytes[at + 4] ?? 0) ?? "unknown",
      packHex(bytes.subarray(at, next)),
    ]);
    at = next;
  }
  return frames;
}
