/** Two nodes on a memory network under virtual time, and what became of their links. */
import {
  createMemoryNetwork,
  type MemoryNetwork,
  type MemoryNetworkOptions,
} from "../../src/carriers/memory/memory-network.ts";
import type { Carrier, Link, Listener } from "../../src/ports/carrier.ts";
import { createLinkRecorder, type LinkRecorder } from "../../src/testing/link-recorder.ts";
import { createVirtualClock, type VirtualClock } from "../../src/testing/virtual-clock.ts";

export async function drive<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  work.then(note, note);
  await clock.settle();
  for (let ms = 0; !settled && ms < 60_000; ms += 10) await clock.advanceBy(10);
  if (!settled) throw new Error("Expected it to settle within a virtual minute, got nothing.");
  return work;
}

export interface World {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly a: Carrier;
  readonly b: Carrier;
  readonly listener: Listener;
  readonly accepted: Link[];
}

/** Node b listens, node a dials. */
export async function createWorld(
  options: Omit<MemoryNetworkOptions, "clock"> = {},
): Promise<World> {
  const clock = createVirtualClock();
  const network = createMemoryNetwork({ clock, ...options });
  const accepted: Link[] = [];
  const [a, b] = [network.carrier("a"), network.carrier("b")];
  const listener = await b.listen((link) => accepted.push(link));
  return { clock, network, a, b, listener, accepted };
}

export interface Connected extends World {
  readonly near: LinkRecorder;
  readonly far: LinkRecorder;
}

export async function createConnected(
  options?: Omit<MemoryNetworkOptions, "clock">,
): Promise<Connected> {
  const world = await createWorld(options);
  const dialled = await drive(world.clock, world.a.dial("b", { signal: never() }));
  await world.clock.settle();
  const accepting = world.accepted[0];
  if (accepting === undefined) throw new Error("Expected an accepted link, got none.");
  accepting.admit();
  const [near, far] = [createLinkRecorder(dialled), createLinkRecorder(accepting)];
  return { ...world, near, far };
}

export function never(): AbortSignal {
  return new AbortController().signal;
}

/** What became of a dial, looked at without waiting for it. */
export function outcome(dial: Promise<Link>): { state: "hangs" | "up" | "failed"; error: unknown } {
  const seen: ReturnType<typeof outcome> = { state: "hangs", error: undefined };
  dial.then(
    () => {
      seen.state = "up";
    },
    (error: unknown) => {
      seen.state = "failed";
      seen.error = error;
    },
  );
  return seen;
}

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
