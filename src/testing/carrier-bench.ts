/**
 * The bench on which a case of the carrier contract works: it listens, dials, records both ends,
 * and closes at the end whatever was opened.
 */
import type { Carrier, Link, Listener } from "../ports/carrier.ts";
import { fail } from "./contract-checks.ts";
import { createLinkRecorder, type LinkRecorder } from "./link-recorder.ts";

/** Two carriers that can reach each other, once they listen: of the nodes "1" and "2". */
export interface CarrierPair {
  readonly first: Carrier;
  readonly second: Carrier;
  /**
   * Lets everything that is under way come to its end. What has not come after it counts as never
   * coming: a carrier of the real world waits a moment, one under virtual time runs until it is
   * idle.
   */
  settle(): Promise<void>;
  /** Lets time pass until `work` settles. Without it, time passes by itself. */
  drive?<T>(work: Promise<T>): Promise<T>;
  /** Closes what the carriers hold outside of their links and listeners, which the cases close. */
  dispose(): Promise<void>;
}

/** One listener of a case and what it has accepted. */
export interface Accepting {
  readonly listener: Listener;
  readonly links: readonly Link[];
  /** The next link that nobody has asked for yet. */
  next(): Promise<Link>;
}

export interface Ends {
  readonly dialled: LinkRecorder;
  readonly accepted: LinkRecorder;
}

export interface CarrierBench {
  readonly pair: CarrierPair;
  /** Node 1 dials node 2, which listens from the first time on; both ends are subscribed to. */
  connect(signal?: AbortSignal): Promise<Ends>;
  connectTo(dialler: Carrier): Promise<Ends>;
  listenRaw(carrier: Carrier): Promise<Accepting>;
  closeListeners(): Promise<void>;
  record(link: Link): LinkRecorder;
  until<T>(work: Promise<T>): Promise<T>;
  rejection(work: Promise<unknown>): Promise<unknown>;
  settle(): Promise<void>;
  dispose(): Promise<void>;
}

export function createCarrierBench(pair: CarrierPair): CarrierBench {
  const open: { accepting?: Accepting } = {};
  const links = new Set<Link>();
  const listeners = new Set<Listener>();

  const until = <T>(work: Promise<T>): Promise<T> => pair.drive?.(work) ?? work;
  const record = (link: Link): LinkRecorder => createLinkRecorder(link);

  async function listenRaw(carrier: Carrier): Promise<Accepting> {
    const accepted: Link[] = [];
    const waiting: ((link: Link) => void)[] = [];
    let taken = 0;
    const listener = await until(
      carrier.listen((link) => {
        links.add(link);
        accepted.push(link);
        waiting.shift()?.(link);
      }),
    );
    listeners.add(listener);
    const next = (): Promise<Link> =>
      new Promise((resolve) => {
        const link = accepted[taken++];
        if (link === undefined) waiting.push(resolve);
        else resolve(link);
      });
    return { listener, links: accepted, next };
  }

  async function connect(dialler: Carrier, signal: AbortSignal): Promise<Ends> {
    open.accepting ??= await listenRaw(pair.second);
    const link = await until(dialler.dial("2", { signal }));
    links.add(link);
    const dialled = record(link);
    return { dialled, accepted: record(await until(open.accepting.next())) };
  }

  return {
    pair,
    connect: (signal = never()) => connect(pair.first, signal),
    connectTo: (dialler) => connect(dialler, never()),
    listenRaw: async (carrier) => {
      open.accepting = await listenRaw(carrier);
      return open.accepting;
    },
    async closeListeners() {
      await Promise.all([...listeners].map((listener) => listener.close()));
    },
    record,
    until,
    rejection: (work) =>
      until(
        work.then(
          () => fail("a rejection, got a promise that was kept"),
          (error: unknown) => error,
        ),
      ),
    settle: () => pair.settle(),
    async dispose() {
      for (const link of links) link.destroy();
      for (const listener of listeners) await until(listener.close());
      await pair.settle();
      await pair.dispose();
    },
  };
}

/** A signal that is never aborted. */
export function never(): AbortSignal {
  return new AbortController().signal;
}
