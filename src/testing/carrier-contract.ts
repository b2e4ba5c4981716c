/**
 * What a service relies on in any carrier, as cases that need no test runner.
 *
 * Each case makes a fresh pair of carriers, checks one promise of `ports/carrier.ts` and disposes
 * of the pair. A failure is a plain `Error` that says what was expected. Nothing here waits for a
 * duration: a case waits for an event, and the pair is asked to let time pass until it has come.
 * Put a time limit on each case where you run them.
 *
 *     for (const { name, run } of carrierContract(setup)) test(name, run);
 */
import { ReignError } from "../core/errors.ts";
import { type CarrierBench, type CarrierPair, createCarrierBench, never } from "./carrier-bench.ts";
import {
  expect,
  expectBytes,
  expectDownOnce,
  expectEqual,
  joined,
  numbered,
  totalLength,
} from "./contract-checks.ts";

/** One promise of a carrier. `run` rejects, and says what was expected, where it is broken. */
export interface CarrierCase {
  readonly name: string;
  /** Checks it on a fresh pair of carriers. */
  run(): Promise<void>;
}

/**
 * What a service relies on in any carrier, as cases for any test runner. `setup` makes a fresh
 * pair of carriers for each.
 */
export function carrierContract(setup: () => Promise<CarrierPair>): readonly CarrierCase[] {
  return Object.entries(cases).map(([name, check]) => ({
    name,
    async run(): Promise<void> {
      const pair = await setup();
      const bench = createCarrierBench(pair);
      try {
        await check(bench);
      } finally {
        await bench.dispose();
      }
    },
  }));
}

const kibibyte = 1024;
const cases: Readonly<Record<string, (bench: CarrierBench) => Promise<void>>> = {
  "each end of a link knows which node is at the other": async (bench) => {
    const { dialled, accepted } = await bench.connect();

    expectEqual(dialled.link.peer, "2", "the peer of the dialled link");
    expectEqual(accepted.link.peer, "1", "the peer of the accepted link");
  },

  "bytes arrive whole and in order, whatever pieces they were written in": async (bench) => {
    const { dialled, accepted } = await bench.connect();
    const pieces = Array.from({ length: 300 }, (_, i) => numbered((i * i * 7) % 1500, i));

    for (const piece of pieces) dialled.link.write(piece);
    await bench.until(accepted.received(totalLength(pieces)));

    expectBytes(accepted.bytes(), joined(pieces));
  },

  "writes of no bytes do no harm": async (bench) => {
    const { dialled, accepted } = await bench.connect();

    dialled.link.write(new Uint8Array(0));
    dialled.link.write(numbered(3, 1));
    dialled.link.write(new Uint8Array(0));
    await bench.until(accepted.received(3));

    expectBytes(accepted.bytes(), numbered(3, 1));
    expectEqual(dialled.downs.length + accepted.downs.length, 0, "ends that are down");
  },

  "a big write arrives whole": async (bench) => {
    const { dialled, accepted } = await bench.connect();
    const big = numbered(8 * kibibyte * kibibyte, 5);

    dialled.link.write(big);
    await bench.until(accepted.received(big.length));

    expectBytes(accepted.bytes(), big);
  },

  "both directions carry big writes at the same time": async (bench) => {
    const { dialled, accepted } = await bench.connect();
    const there = numbered(3 * kibibyte * kibibyte, 3);
    const back = numbered(3 * kibibyte * kibibyte, 11);

    dialled.link.write(there);
    accepted.link.write(back);
    await bench.until(
      Promise.all([accepted.received(there.length), dialled.received(back.length)]),
    );

    expectBytes(accepted.bytes(), there);
    expectBytes(dialled.bytes(), back);
  },

  "pendingBytes counts what was written, and is zero when onDrain is called": async (bench) => {
    const { dialled, accepted } = await bench.connect();
    expectEqual(dialled.link.pendingBytes, 0, "pendingBytes before anything was written");

    dialled.link.write(numbered(200 * kibibyte, 1));
    dialled.link.write(numbered(100 * kibibyte, 2));
    expectEqual(dialled.link.pendingBytes, 300 * kibibyte, "pendingBytes after the writes");
    await bench.until(dialled.drained());

    await bench.until(accepted.received(300 * kibibyte));
    await bench.settle();
    const most = Math.max(...dialled.pendingAtDrain);
    expectEqual(most, 0, "the most that pendingBytes was at any onDrain");
  },

  "bytes that are no longer pending may be written over": async (bench) => {
    const { dialled, accepted } = await bench.connect();
    const first = numbered(300 * kibibyte, 1);
    const written = first.slice();

    dialled.link.write(written);
    await bench.until(dialled.drained());
    written.fill(0);
    dialled.link.write(numbered(1 * kibibyte, 2));
    await bench.until(accepted.received(301 * kibibyte));

    expectBytes(accepted.bytes(), joined([first, numbered(1 * kibibyte, 2)]));
  },

  "bytes that arrive before subscribe are kept for it": async (bench) => {
    const accepting = await bench.listenRaw(bench.pair.second);
    const dialled = await bench.until(bench.pair.first.dial("2", { signal: never() }));
    const accepted = await bench.until(accepting.next());
    accepted.write(numbered(700, 1));
    accepted.write(numbered(50 * kibibyte, 2));

    await bench.settle();
    const recorder = bench.record(dialled);
    await bench.until(recorder.received(700 + 50 * kibibyte));

    expectBytes(recorder.bytes(), joined([numbered(700, 1), numbered(50 * kibibyte, 2)]));
    bench.record(accepted);
  },

  "close delivers what was written before it, and then both ends are down once": async (bench) => {
    const { dialled, accepted } = await bench.connect();
    const last = numbered(600 * kibibyte, 9);

    dialled.link.write(last);
    dialled.link.close();
    dialled.link.close();
    await bench.until(Promise.all([dialled.down(), accepted.down()]));
    await bench.settle();

    expectBytes(accepted.bytes(), last);
    expectDownOnce(dialled, accepted);
  },

  "close on both ends at once loses nothing": async (bench) => {
    const { dialled, accepted } = await bench.connect();
    // The one has much to hand over still when it hears that the other has ended.
    dialled.link.write(numbered(1 * kibibyte, 1));
    accepted.link.write(numbered(4096 * kibibyte, 2));

    dialled.link.close();
    accepted.link.close();
    await bench.until(Promise.all([dialled.down(), accepted.down()]));

    expectBytes(accepted.bytes(), numbered(1 * kibibyte, 1));
    expectBytes(dialled.bytes(), numbered(4096 * kibibyte, 2));
    expectDownOnce(dialled, accepted);
  },

  "destroy takes both ends down, once each, with a reason": async (bench) => {
    const { dialled, accepted } = await bench.connect();

    accepted.link.destroy();
    accepted.link.destroy();
    await bench.until(Promise.all([dialled.down(), accepted.down()]));
    await bench.settle();

    expectDownOnce(dialled, accepted);
    expectEqual(accepted.link.pendingBytes, 0, "pendingBytes of a link that is down");
  },

  "nothing but onDown is delivered after destroy, also from inside onBytes": async (bench) => {
    const { dialled, accepted } = await bench.connect();
    accepted.onBytes = () => accepted.link.destroy();

    dialled.link.write(numbered(500 * kibibyte, 1));
    await bench.until(Promise.all([dialled.down(), accepted.down()]));
    await bench.settle();

    expectEqual(accepted.calls.slice(1).join(), "down", "what was called after destroy");
    expectDownOnce(dialled, accepted);
  },

  "onDown is the last event": async (bench) => {
    const { dialled, accepted } = await bench.connect();
    for (let i = 0; i < 50; i++) dialled.link.write(numbered(10 * kibibyte, i));

    dialled.link.destroy();
    await bench.until(Promise.all([dialled.down(), accepted.down()]));
    await bench.settle();

    expectEqual(dialled.calls.indexOf("down"), dialled.calls.length - 1, "the place of onDown");
    expectEqual(accepted.calls.indexOf("down"), accepted.calls.length - 1, "the place of onDown");
  },

  "no event comes from inside a call to the link": async (bench) => {
    const { dialled, accepted } = await bench.connect();

    dialled.link.write(numbered(10, 1));
    dialled.link.admit();
    dialled.link.close();
    accepted.link.destroy();
    dialled.link.destroy();
    await bench.until(Promise.all([dialled.down(), accepted.down()]));

    expectEqual(dialled.nested + accepted.nested, 0, "events from inside a call or another event");
  },

  "a link that is down takes every call in silence, and keeps what it lost as pending": async (
    bench,
  ) => {
    const { dialled, accepted } = await bench.connect();
    dialled.link.destroy();
    await bench.until(Promise.all([dialled.down(), accepted.down()]));

    for (const { link } of [dialled, accepted]) {
      link.write(numbered(100, 1));
      link.admit();
      link.close();
      link.destroy();
      expectEqual(link.pendingBytes, 100, "pendingBytes of a link that is down");
    }
    await bench.settle();

    expectDownOnce(dialled, accepted);
  },

  "who subscribes after the link went down is told so": async (bench) => {
    const accepting = await bench.listenRaw(bench.pair.second);
    const dialled = await bench.until(bench.pair.first.dial("2", { signal: never() }));
    const accepted = await bench.until(accepting.next());
    accepted.destroy();
    await bench.settle();

    const ends = [bench.record(dialled), bench.record(accepted)] as const;
    await bench.until(Promise.all(ends.map((end) => end.down())));
    await bench.settle();

    expectDownOnce(...ends);
    expectEqual(ends[0].nested + ends[1].nested, 0, "events from inside the call of subscribe");
  },

  "several links between the same nodes do not meet": async (bench) => {
    const one = await bench.connect();
    const two = await bench.connect();

    one.dialled.link.write(numbered(1000, 1));
    two.dialled.link.write(numbered(2000, 2));
    await bench.until(Promise.all([one.accepted.received(1000), two.accepted.received(2000)]));
    one.dialled.link.destroy();
    await bench.until(one.accepted.down());
    two.accepted.link.write(numbered(10, 3));
    await bench.until(two.dialled.received(10));

    expectBytes(one.accepted.bytes(), numbered(1000, 1));
    expectBytes(two.accepted.bytes(), numbered(2000, 2));
    expectEqual(two.dialled.downs.length, 0, "ends of the other link that are down");
  },

  "a dial whose signal is aborted already rejects with its reason": async (bench) => {
    const accepting = await bench.listenRaw(bench.pair.second);
    const reason = new Error("not wanted");
    const dial = bench.pair.first.dial("2", { signal: AbortSignal.abort(reason) });

    expectEqual(await bench.rejection(dial), reason, "what the dial rejects with");
    await bench.settle();
    expectEqual(accepting.links.length, 0, "links accepted");
  },

  "a dial that is aborted on its way rejects with the reason and leaves nothing": async (bench) => {
    const accepting = await bench.listenRaw(bench.pair.second);
    const reason = new Error("changed my mind");
    const controller = new AbortController();
    const dial = bench.pair.first.dial("2", { signal: controller.signal });

    controller.abort(reason);

    expectEqual(await bench.rejection(dial), reason, "what the dial rejects with");
    await bench.settle();
    for (const link of accepting.links) await bench.until(bench.record(link).down());
  },

  "a signal that is aborted after the dial has settled changes nothing": async (bench) => {
    const controller = new AbortController();
    const { dialled, accepted } = await bench.connect(controller.signal);

    controller.abort();
    dialled.link.write(numbered(5, 1));
    await bench.until(accepted.received(5));

    expectEqual(dialled.downs.length, 0, "ends that are down");
  },

  "a dial rejects with an error when nobody listens": async (bench) => {
    const error = await bench.rejection(bench.pair.first.dial("2", { signal: never() }));

    expect(error instanceof Error, "the dial to reject with an Error");
    expect(
      !ReignError.is(error, "REIGN_CLUSTER_HANDSHAKE_FAILED"),
      "no failure of a handshake where there was nobody to shake hands with",
    );
  },

  "a dial to a node that is not in the cluster, or to itself, rejects": async (bench) => {
    for (const peer of ["stranger", "1"]) {
      const error = await bench.rejection(bench.pair.first.dial(peer, { signal: never() }));
      expect(error instanceof Error, `the dial to ${peer} to reject with an Error`);
    }
  },

  "a carrier that listens already refuses to listen again": async (bench) => {
    await bench.listenRaw(bench.pair.second);

    const error = await bench.rejection(bench.pair.second.listen(() => undefined));

    expect(ReignError.is(error, "REIGN_LISTEN_FAILED"), "REIGN_LISTEN_FAILED");
    await bench.connectTo(bench.pair.first);
  },

  "a carrier can listen again after its listener was closed": async (bench) => {
    const before = await bench.listenRaw(bench.pair.second);
    await bench.until(before.listener.close());
    await bench.until(before.listener.close());
    const refused = await bench.rejection(bench.pair.first.dial("2", { signal: never() }));

    await bench.listenRaw(bench.pair.second);
    const { dialled, accepted } = await bench.connect();
    dialled.link.write(numbered(9, 1));
    await bench.until(accepted.received(9));

    expect(refused instanceof Error, "a dial to reject while nobody listens");
    expectEqual(before.links.length, 0, "links given to the listener that was closed");
  },

  "closing a listener leaves what was admitted and takes down what was not": async (bench) => {
    const admitted = await bench.connect();
    admitted.accepted.link.admit();
    const waiting = await bench.connect();

    await bench.until(bench.closeListeners());
    await bench.until(Promise.all([waiting.dialled.down(), waiting.accepted.down()]));
    admitted.dialled.link.write(numbered(20, 1));
    await bench.until(admitted.accepted.received(20));

    expectEqual(admitted.dialled.downs.length, 0, "ends of the admitted link that are down");
    expectDownOnce(waiting.dialled, waiting.accepted);
  },
};
