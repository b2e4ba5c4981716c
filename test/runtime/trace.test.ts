import { describe, expect, test } from "vitest";
import { noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import type { NodeService } from "../../src/runtime/node-service.ts";
import type { TraceEvent } from "../../src/runtime/trace-options.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";
import { createTestCluster, present } from "./cluster.ts";

function openService() {
  const clock = createVirtualClock();
  return { clock, service: noClustering({ logger: nullLogger, clock }) };
}

/** What was traced, in a few words each. */
async function toldBy(
  trace: AsyncIterator<TraceEvent, undefined>,
  count: number,
): Promise<string[]> {
  const told: string[] = [];
  for (let i = 0; i < count; i++) {
    const { value } = await trace.next();
    told.push(`${present(value).direction} ${present(value).text}`);
  }
  return told;
}

/** Sends so many numbers, from 0 up. */
function sendMany(service: NodeService, count: number): void {
  const { address, mailbox } = service.newMailbox<number>();
  for (let i = 0; i < count; i++) address.send(i);
  mailbox.close();
}

describe("a trace", () => {
  test("shows what is sent, received and lost on this node, and leaves the messages alone", async () => {
    const { service, clock } = openService();
    const trace = service.trace();
    const { address, mailbox } = service.newMailbox();
    const message = { type: "a" };
    await clock.advanceBy(5);

    address.send(message);
    const received = await mailbox.receive();
    mailbox.close();
    address.send("late");

    expect(received).toBe(message);
    const to = address.id;
    const nothing = { size: undefined, cause: undefined, missed: 0, at: 5, to };
    expect((await trace.next()).value).toEqual({
      ...{ direction: "sent", from: "0", text: '{type: "a"}' },
      ...nothing,
    });
    expect((await trace.next()).value).toEqual({
      ...{ direction: "received", from: undefined, text: '{type: "a"}' },
      ...nothing,
    });
    const lost = present((await trace.next()).value);
    expect(lost).toEqual({
      ...{ ...nothing, direction: "lost", from: "0", text: '"late"' },
      cause: "closed",
    });
    expect(Object.isFrozen(lost)).toBe(true);
  });

  test("shows each way of receiving, once", async () => {
    const { service, clock } = openService();
    const trace = service.trace({ direction: "received" });
    const { address, mailbox } = service.newMailbox<number>();
    const ways = [
      () => void mailbox.receive(),
      () => void mailbox.receive((m: number) => m > 0),
      () => void mailbox.receive({ timeout: 1_000 }),
      () => void mailbox[Symbol.asyncIterator]().next(),
    ];
    for (const [i, way] of ways.entries()) {
      way();
      address.send(10 + i);
      address.send(20 + i);
      way();
      await clock.settle();
    }
    address.send(30);
    mailbox.tryReceive();
    address.send(31);
    void mailbox.consume(() => {});
    await clock.settle();

    const told = await toldBy(trace, 10);

    const expected = [10, 20, 11, 21, 12, 22, 13, 23, 30, 31];
    expect(told).toEqual(expected.map((m) => `received ${m}`));
  });

  test("shows a message at both ends of a link, with its size where it arrives", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await cluster.startAll();
    const { address, mailbox } = present(two).newMailbox();
    const here = present(one).address(address.id);
    const traces = [present(one).trace(), present(two).trace()];

    here.send("a");
    await cluster.clock.advanceBy(100);
    await mailbox.receive();
    mailbox.close();
    here.send("b");
    await cluster.clock.advanceBy(100);

    const [out, back] = traces.map(present);
    expect(await toldBy(present(out), 4)).toEqual([
      ...['sent "a"', 'transferred "a"', 'sent "b"', 'transferred "b"'],
    ]);
    const arrived = present((await present(back).next()).value);
    expect(arrived).toMatchObject({ direction: "transferred", from: "1", to: address.id });
    expect(arrived.size).toBeGreaterThan(0);
    expect(await toldBy(present(back), 3)).toEqual([
      ...['received "a"', 'transferred "b"', 'lost "b"'],
    ]);
  });

  test("shows what a link does not take as lost, with the cause, and not as sent", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1");
    const trace = one.trace();
    const gone = one.address("2:00000000000000aa:1");
    gone.send("a");
    const { value } = await trace.next();
    expect(value).toMatchObject({ direction: "lost", from: "1", to: gone.id, text: '"a"' });
    expect(present(value).cause).toBe("no_connection");
  });

  test("shows only what its matcher wants, in the directions asked for", async () => {
    class Wanted {
      readonly id = 1;
    }
    const { service } = openService();
    const byClass = service.trace({ match: Wanted, direction: "sent" });
    const byPattern = service.trace({ match: { type: "b" }, direction: ["received", "lost"] });
    const byPredicate = service.trace({ match: (m) => m === 3 });
    const { address, mailbox } = service.newMailbox();
    for (const message of [new Wanted(), { type: "a" }, { type: "b" }, 3]) {
      address.send(message);
      await mailbox.receive();
    }
    await service.terminate();

    expect(await toldBy(byClass, 1)).toEqual(["sent Wanted {id: 1}"]);
    expect(await toldBy(byPattern, 1)).toEqual(['received {type: "b"}']);
    expect(await toldBy(byPredicate, 2)).toEqual(["sent 3", "received 3"]);
    for (const trace of [byClass, byPattern, byPredicate]) {
      expect((await trace.next()).done).toBe(true);
    }
  });

  test("shows so many events in a second, and how many it left out", async () => {
    const { service, clock } = openService();
    const trace = service.trace({ direction: "sent", maxEventsPerSecond: 3 });
    sendMany(service, 10);
    await clock.advanceBy(999);
    sendMany(service, 1);
    await clock.advanceBy(1);
    sendMany(service, 1);

    const missed: number[] = [];
    for (let i = 0; i < 4; i++) missed.push(present((await trace.next()).value).missed);

    expect(missed).toEqual([0, 0, 0, 8]);
  });

  test("keeps a thousand events for a reader that is slow, and counts the others", async () => {
    const { service } = openService();
    const trace = service.trace({ direction: "sent", maxEventsPerSecond: 10_000 });
    sendMany(service, 1_500);
    for (let i = 0; i < 1_000; i++) {
      expect((await trace.next()).value).toMatchObject({ text: String(i), missed: 0 });
    }
    const next = trace.next();
    sendMany(service, 1);
    expect((await next).value).toMatchObject({ text: "0", missed: 500 });
  });

  test("shows so many characters of a message at most", async () => {
    const { service } = openService();
    const trace = service.trace({ direction: "sent", maxTextLength: 10 });
    service.newMailbox().address.send("x".repeat(1_000));
    expect(present((await trace.next()).value).text).toBe('"xxxxxxxx…');
  });

  test("ends with the service, with its signal, and when it is left, and is no cost after that", async () => {
    const { service } = openService();
    const stop = new AbortController();
    const ended = service.trace({ signal: stop.signal });
    const left = service.trace();
    const last = service.trace();
    const waiting = ended.next();
    stop.abort();
    expect((await waiting).done).toBe(true);
    expect((await service.trace({ signal: stop.signal }).next()).done).toBe(true);
    sendMany(service, 1);
    await left.return?.();
    expect((await left.next()).done).toBe(true);
    expect((await ended.next()).done).toBe(true);
    await service.terminate();
    expect(await toldBy(last, 1)).toEqual(["sent 0"]);
    expect((await last.next()).done).toBe(true);
    expect((await service.trace().next()).done).toBe(true);
    expect(Reflect.get(service, "tracing").on).toBe(false);
  });

  test("ends with the error of its matcher, and harms neither the message nor other traces", async () => {
    const { service } = openService();
    const error = new Error("No.");
    const bad = service.trace({
      match: () => {
        throw error;
      },
    });
    const async = service.trace({ match: (async () => true) as never });
    const good = service.trace();
    const waiting = bad.next();
    const { address, mailbox } = service.newMailbox<number>();

    expect(address.send(1)).toBe(true);

    expect(await mailbox.receive()).toBe(1);
    await expect(waiting).rejects.toBe(error);
    expect((await bad.next()).done).toBe(true);
    await expect(async.next()).rejects.toThrow(TypeError);
    expect(await toldBy(good, 2)).toEqual(["sent 1", "received 1"]);
  });

  test("shows nothing after its end, also where the matcher of another trace has ended it", async () => {
    const { service } = openService();
    const ended: AsyncIterableIterator<TraceEvent, undefined>[] = [];
    const match = (): boolean => {
      for (const trace of ended) void trace.return?.();
      return true;
    };
    const ending = service.trace({ match, direction: "sent" });
    ended.push(service.trace(), service.trace({ match: () => true }));

    service.newMailbox().address.send("one");

    expect(await toldBy(ending, 1)).toEqual(['sent "one"']);
    for (const trace of ended) expect((await trace.next()).done).toBe(true);
  });

  test("is not shown what its own matcher sends", async () => {
    const { service } = openService();
    const { address } = service.newMailbox<string>();
    const trace = service.trace({ match: () => address.send("again"), direction: "sent" });
    const other = service.trace({ direction: "sent" });
    address.send("first");
    await service.terminate();
    expect(await toldBy(trace, 1)).toEqual(['sent "first"']);
    expect((await trace.next()).done).toBe(true);
    expect(await toldBy(other, 2)).toEqual(['sent "again"', 'sent "first"']);
  });

  test("refuses options that cannot be", () => {
    const { service } = openService();
    const bad: [unknown, ErrorConstructor, string][] = [
      [3, TypeError, "Expected options such as { match, direction }, got 3."],
      [{ matches: 1 }, TypeError, 'Expected as an option of trace match, got "matches".'],
      [{ match: 3 }, TypeError, "Expected a matcher"],
      [{ direction: "in" }, TypeError, 'Expected direction to be of "sent", "transferred"'],
      [{ signal: 3 }, TypeError, "Expected an AbortSignal as signal, got number."],
      [{ maxEventsPerSecond: 0 }, RangeError, "Expected maxEventsPerSecond to be a whole number"],
      [{ maxTextLength: "9" }, TypeError, "Expected a number as maxTextLength, got string."],
    ];
    for (const [options, type, text] of bad) {
      expect(() => service.trace(options as never)).toThrow(type);
      expect(() => service.trace(options as never)).toThrow(text);
    }
  });
});
