import { describe, expect, test } from "vitest";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { createV8Codec } from "../../src/codecs/v8/v8-codec.ts";
import type { Address } from "../../src/core/address.ts";
import { frameType } from "../../src/core/frame.ts";
import { decodeWelcome, encodeHandshake } from "../../src/core/hello.ts";
import { TypeTable } from "../../src/core/type-table.ts";
import type { Codec } from "../../src/ports/codec.ts";
import { codecOf } from "../../src/runtime/context-coding.ts";
import type { Mailbox } from "../../src/runtime/mailbox.ts";
import type { Service } from "../../src/runtime/service.ts";
import { TraceContexts } from "../../src/runtime/trace-contexts.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { createTestCluster, type Oddity, present, type TestCluster } from "./cluster.ts";
import { dialRaw } from "./raw-peer.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const another = "00-11111111111111111111111111111111-2222222222222222-00";

interface Pair {
  readonly one: Service;
  readonly two: Service;
  readonly mailbox: Mailbox<unknown>;
  readonly there: Address<unknown>;
}

async function linked(cluster: TestCluster, one: Oddity, two: Oddity): Promise<Pair> {
  const [a, b] = [await cluster.start("1", {}, one), await cluster.start("2", {}, two)];
  await cluster.clock.advanceBy(1_000);
  const { mailbox, address } = b.newMailbox();
  return { one: a, two: b, mailbox, there: a.address(address.id) };
}

/** A source that gives one context after the other, and then none. */
function sourceOf(...contexts: (string | undefined)[]) {
  const asked = { count: 0 };
  const traceContext = () => {
    asked.count += 1;
    return contexts.shift();
  };
  return { traceContext, asked };
}

describe("the trace context of a message", () => {
  test.each([
    ["term", () => createTermCodec()],
    ["V8", () => createV8Codec()],
  ])("goes with it to a node with the option, under the %s format", async (_name, codec) => {
    await using cluster = createTestCluster(["1", "2"]);
    const { traceContext } = sourceOf(traceparent, undefined, another);
    const codecs = [codec()];
    const options = [
      { codecs, traceContext },
      { codecs, traceContext: () => undefined },
    ] as const;
    const { two, mailbox, there } = await linked(cluster, ...options);
    for (const message of [{ a: 1 }, { a: 2 }, [3], "four"]) there.send(message);
    await cluster.clock.settle();
    const came = [1, 2, 3, 4].map(() => mailbox.tryReceive());

    expect(came).toEqual([{ a: 1 }, { a: 2 }, [3], "four"]);
    expect(came.map((message) => two.traceparentOf(message))).toEqual([
      traceparent,
      undefined,
      another,
      undefined,
    ]);
  });

  test.each<[string, boolean, boolean]>([
    ["the receiver", true, false],
    ["the sender", false, true],
    ["either", false, false],
  ])(
    "does not travel, and costs no byte, where it is not an option of %s",
    async (_who, here, there) => {
      const sizes = new Map<boolean, number>();
      for (const plain of [true, false]) {
        await using cluster = createTestCluster(["1", "2"]);
        const { traceContext, asked } = sourceOf(traceparent);
        const of = (has: boolean): Oddity => (has && !plain ? { traceContext } : {});
        const pair = await linked(cluster, of(here), of(there));
        cluster.network.stall("1", "2");
        pair.there.send({ a: 1 });
        const pending = /reign_link_pending_bytes\{[^}]*\} (\d+)/.exec(pair.one.metrics())?.[1];
        sizes.set(plain, Number(pending));
        cluster.network.resume();
        await cluster.clock.settle();
        const message = pair.mailbox.tryReceive();

        expect(message).toEqual({ a: 1 });
        expect(pair.two.traceparentOf(message)).toBeUndefined();
        expect(asked.count).toBe(0);
      }
      expect(sizes.get(false)).toBe(sizes.get(true));
    },
  );

  test("goes with a message in pieces, whose large binaries are in buffers of their own", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const { traceContext } = sourceOf(traceparent, undefined);
    const { two, mailbox, there } = await linked(cluster, { traceContext }, { traceContext });
    for (const size of [300_000, 100_000]) there.send({ bytes: new Uint8Array(size).fill(7) });
    await cluster.clock.settle();
    const came = [1, 2].map(() => present(mailbox.tryReceive()) as { bytes: Uint8Array });

    expect(came.map(({ bytes }) => [bytes.length, bytes.buffer.byteLength, bytes.at(-1)])).toEqual([
      [300_000, 300_000, 7],
      [100_000, 100_000, 7],
    ]);
    expect(came.map((message) => two.traceparentOf(message))).toEqual([traceparent, undefined]);
  });

  test("is no part of what the codec is asked for the layout of, and of its message", () => {
    const asked: number[][] = [];
    const codec: Codec = {
      name: "spy",
      createEncoder: () => ({ encode() {} }),
      createDecoder: () => ({
        decode: (_bytes, start, end, attachments) => [start, end, attachments?.length],
        attachments(_bytes, start, end, totalBytes) {
          asked.push([start, end, totalBytes]);
          return [5];
        },
      }),
    };
    const contexts = new TraceContexts(() => undefined, createRecordingTelemetry());
    const agreement = {
      peer: "2",
      epoch: "00000000000000aa",
      version: 1,
      codec: "spy",
      capabilities: ["trace-context"],
      maxMessageBytes: 1_000,
      receivedThere: undefined,
    };
    const decoder = codecOf(agreement, [codec], contexts).createDecoder({
      limits: { maxDepth: 1, maxValues: 1 },
      types: new TypeTable(),
      addressOf() {
        throw new Error("never");
      },
    });
    const traced = Uint8Array.from([9, 1, ...new Array<number>(25).fill(7), 4, 4]);
    const attachments = (...of: [Uint8Array, number, number, number]) =>
      decoder.attachments?.(...of);

    expect(attachments(traced, 1, traced.length, 100)).toEqual([5]);
    expect(attachments(Uint8Array.of(0, 4, 4), 0, 3, 100)).toEqual([5]);
    expect(asked).toEqual([
      [27, 29, 74],
      [1, 3, 99],
    ]);
    // Too little has come to tell, or it will be refused.
    expect(attachments(traced, 1, 20, 100)).toEqual([]);
    expect(attachments(traced, 1, 27, 100)).toEqual([]);
    expect(attachments(Uint8Array.of(), 0, 0, 100)).toEqual([]);
    expect(attachments(Uint8Array.of(2, 4), 0, 2, 100)).toEqual([]);
    expect(decoder.decode(traced, 1, traced.length, [new ArrayBuffer(5)])).toEqual([27, 29, 1]);
  });

  test("is there on the sending node too, of the last time that an object was sent", async () => {
    await using cluster = createTestCluster(["1"]);
    const { traceContext } = sourceOf(traceparent, another, undefined);
    const one = await cluster.start("1", {}, { traceContext });
    const { address, mailbox } = one.newMailbox();
    const message = Object.freeze({ a: 1 });
    const seen = [1, 2, 3].map(() => {
      address.send(message);
      return one.traceparentOf(mailbox.tryReceive());
    });

    expect(seen).toEqual([traceparent, another, undefined]);
    expect(one.traceparentOf("text")).toBeUndefined();
    expect(one.traceparentOf(undefined)).toBeUndefined();
  });

  test.each<[string, () => string | undefined]>([
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    ["gives no traceparent", () => "00-0af7-b7ad-01"],
    ["gives one of zeros", () => `00-${"0".repeat(32)}-b7ad6b7169203331-01`],
    ["gives one of another version", () => traceparent.replace("00", "01")],
  ])("is none where the option %s, which is told once", async (_what, traceContext) => {
    await using cluster = createTestCluster(["1", "2"]);
    const { two, mailbox, there } = await linked(cluster, { traceContext }, { traceContext });
    for (let i = 0; i < 3; i++) there.send({ i });
    await cluster.clock.settle();
    const came = [1, 2, 3].map(() => mailbox.tryReceive());

    expect(came).toEqual([{ i: 0 }, { i: 1 }, { i: 2 }]);
    expect(came.map((message) => two.traceparentOf(message))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const told = cluster.telemetry.eventsOf("callback_failed");
    expect(told.map(({ callback }) => callback)).toEqual(["traceContext"]);
  });

  test("is not asked for by what its own function sends", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    let depth = 0;
    let deepest = 0;
    let send = () => {};
    const traceContext = () => {
      depth += 1;
      deepest = Math.max(deepest, depth);
      if (depth < 5) send();
      depth -= 1;
      return traceparent;
    };
    const { two, mailbox, there } = await linked(cluster, { traceContext }, { traceContext });
    send = () => void there.send({ inner: true });
    there.send({ inner: false });
    await cluster.clock.settle();
    const came = [mailbox.tryReceive(), mailbox.tryReceive()];

    expect(deepest).toBe(1);
    const contexts = came.map((message) => [message, two.traceparentOf(message)]);
    expect(contexts).toContainEqual([{ inner: true }, undefined]);
    expect(contexts).toContainEqual([{ inner: false }, traceparent]);
  });
});

describe("a peer that has agreed on trace contexts", () => {
  const whole = [1, ...new Array<number>(24).fill(7), 1, 1];
  test.each<[string, number[]]>([
    ["no byte for it", []],
    ["a byte that is neither", [2, 0x01]],
    ["one that is cut off", whole.slice(0, 20)],
    ["one with a trace of zeros", [1, ...new Array<number>(16).fill(0), ...whole.slice(17)]],
    ["one with a span of zeros", [...whole.slice(0, 17), ...new Array<number>(8).fill(0), 1, 1]],
    ["one and no message", whole.slice(0, 26)],
    ["none and no message", [0]],
  ])("and sends %s loses its link, which is counted", async (_what, bytes) => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1", {}, { traceContext: () => undefined });
    const number = Number(one.newMailbox().address.id.split(":")[2]);
    const peer = await dialRaw(cluster);
    peer.hello({ capabilities: ["trace-context", "unknown"] });
    await cluster.clock.settle();
    const welcome = decodeWelcome(present(peer.frames.shift()).body);
    expect(welcome.capabilities).toEqual(["trace-context"]);
    peer.send(frameType.confirm, encodeHandshake({ answers: welcome.epoch }));
    peer.send(frameType.message, number, Uint8Array.from(bytes));
    await cluster.clock.settle();

    expect(peer.down).toHaveLength(1);
    expect(one.stats()).toMatchObject({ violations: 1, lost: { unreadable: 1 } });
  });

  test("has its message with or without one", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1", {}, { traceContext: () => undefined });
    const { mailbox, address } = one.newMailbox();
    const number = Number(address.id.split(":")[2]);
    const peer = await dialRaw(cluster);
    peer.hello({ capabilities: ["trace-context"] });
    await cluster.clock.settle();
    const welcome = decodeWelcome(present(peer.frames.shift()).body);
    peer.send(frameType.confirm, encodeHandshake({ answers: welcome.epoch }));
    peer.send(frameType.message, number, Uint8Array.of(0, 1));
    peer.send(frameType.message, number, Uint8Array.from(whole));
    await cluster.clock.settle();

    expect([mailbox.tryReceive(), mailbox.tryReceive()]).not.toContain(undefined);
    expect(peer.down).toEqual([]);
  });
});
