import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ProxyDirection } from "../../../src/testing/proxy/faults.ts";
import { eventually } from "../../carriers/tls-cluster.ts";
import { createTcpWorld, endsOf, opposite, pattern, roundOf } from "./tcp-ends.ts";

const directions: readonly ProxyDirection[] = ["up", "down"];
/** More than the systems on the way take into their buffers. */
const muchBytes = 32 * 2 ** 20;
const aMegabyte = 2 ** 20;

describe.each(directions)("a proxy without faults, %s", (direction) => {
  test("passes every byte on, in order, and counts them", async () => {
    await using world = await createTcpWorld();
    const pair = await world.open();
    const { sender, receiver } = endsOf(pair, direction);
    const sent = pattern(3 * aMegabyte + 1);
    for (let i = 0; i < sent.length; i += 300_001)
      await sender.write(sent.subarray(i, i + 300_001));
    await receiver.gets(sent.length);

    expect(receiver.received.equals(sent)).toBe(true);
    expect(pair.connection[direction]).toMatchObject({
      bytes: sent.length,
      discardedBytes: 0,
      heldBytes: 0,
    });
    expect(pair.connection[opposite(direction)].bytes).toBe(0);
  });

  test("passes a fin on behind the bytes, and leaves the other direction open", async () => {
    await using world = await createTcpWorld();
    const pair = await world.open();
    const { sender, receiver } = endsOf(pair, direction);
    sender.socket.end("last words");
    await receiver.sees("end");
    expect(receiver.received.toString()).toBe("last words");
    await receiver.write("an answer");
    await sender.gets(9);
    receiver.socket.end();
    await pair.connection.closed;
    await Promise.all([sender.closed, receiver.closed]);

    expect([sender.endings, receiver.endings]).toEqual([["end"], ["end"]]);
    expect(world.proxy.connections).toEqual([]);
  });

  test("passes a reset on as a reset, behind the bytes", async () => {
    await using world = await createTcpWorld();
    const pair = await world.open();
    const { sender, receiver } = endsOf(pair, direction);
    await sender.write("a");
    await receiver.gets(1);
    sender.socket.resetAndDestroy();
    await receiver.closed;
    await pair.connection.closed;

    expect(receiver.endings).toEqual(["ECONNRESET"]);
  });

  test("reads no more than the receiver takes", async () => {
    await using world = await createTcpWorld();
    const pair = await world.open();
    const { sender, receiver } = endsOf(pair, direction);
    receiver.socket.pause();
    const taken = sender.write(pattern(muchBytes));
    for (let i = 0; i < 20; i++) await roundOf(pair, opposite(direction));
    expect(pair.connection[direction].heldBytes).toBeLessThanOrEqual(aMegabyte);
    expect(sender.socket.writableLength).toBeGreaterThan(0);
    receiver.socket.resume();
    await taken;
    await receiver.gets(muchBytes);

    expect(receiver.received.equals(pattern(muchBytes))).toBe(true);
  });
});

describe.each(directions)("stalled %s", (direction) => {
  test("nothing passes and the sender is pushed back, until it is resumed", async () => {
    await using world = await createTcpWorld();
    const pair = await world.open();
    const { sender, receiver } = endsOf(pair, direction);
    world.proxy.stall(direction);
    let taken = false;
    const writing = sender.write(pattern(muchBytes)).then(() => {
      taken = true;
    });
    for (let i = 0; i < 50; i++) await roundOf(pair, opposite(direction));
    expect(receiver.receivedBytes).toBe(0);
    expect(taken).toBe(false);
    expect(pair.connection[direction]).toMatchObject({ bytes: 0, discardedBytes: 0 });
    expect(pair.connection[direction].heldBytes).toBeLessThanOrEqual(aMegabyte);
    world.proxy.resume(direction);
    await writing;
    await receiver.gets(muchBytes);

    expect(receiver.received.equals(pattern(muchBytes))).toBe(true);
  });

  test.each(["end", "ECONNRESET"])(
    "an end of the sender (%s) is told only when it is resumed",
    async (ending) => {
      await using world = await createTcpWorld();
      const pair = await world.open();
      const { sender, receiver } = endsOf(pair, direction);
      pair.connection.stall(direction);
      if (ending === "end") sender.socket.end("bye");
      else sender.socket.resetAndDestroy();
      if (ending === "end") await roundOf(pair, opposite(direction));
      else await sender.closed;
      expect(receiver.endings).toEqual([]);
      pair.connection.resume(direction);
      await receiver.sees(ending);

      expect(receiver.received.toString()).toBe(ending === "end" ? "bye" : "");
    },
  );
});

describe.each(directions)("discarded %s", (direction) => {
  test("nothing passes, and the sender notices nothing", async () => {
    await using world = await createTcpWorld();
    const pair = await world.open();
    const { sender, receiver } = endsOf(pair, direction);
    world.proxy.discard(direction);
    await sender.write(pattern(muchBytes));
    await eventually(() => expect(pair.connection[direction].discardedBytes).toBe(muchBytes));
    await roundOf(pair, opposite(direction));
    expect(receiver.receivedBytes).toBe(0);
    world.proxy.resume(direction);
    await sender.write("later");
    await receiver.gets(5);

    expect(receiver.received.toString()).toBe("later");
    expect(pair.connection[direction]).toMatchObject({ bytes: 5, discardedBytes: muchBytes });
  });

  test("what is under way is thrown away too", async () => {
    await using world = await createTcpWorld();
    const pair = await world.open();
    const { sender, receiver } = endsOf(pair, direction);
    world.proxy.delay({ ms: 10_000 }, direction);
    await sender.write("under way");
    await eventually(() => expect(pair.connection[direction].heldBytes).toBe(9));
    world.proxy.discard(direction);

    expect(pair.connection[direction]).toMatchObject({ heldBytes: 0, discardedBytes: 9 });
    expect(receiver.receivedBytes).toBe(0);
  });

  test.each(["fin", "rst"])(
    "an end of the sender (%s) is not told, until it is resumed",
    async (how) => {
      await using world = await createTcpWorld();
      const pair = await world.open();
      const { sender, receiver } = endsOf(pair, direction);
      pair.connection.discard(direction);
      if (how === "fin") sender.socket.end("lost");
      else sender.socket.resetAndDestroy();
      if (how === "fin") await roundOf(pair, opposite(direction));
      else await sender.closed;
      expect(receiver.endings).toEqual([]);
      pair.connection.resume();
      await receiver.sees(how === "fin" ? "end" : "ECONNRESET");

      expect(receiver.receivedBytes).toBe(0);
    },
  );
});

test("discarded both ways, a connection is let go when both its ends are over", async () => {
  await using world = await createTcpWorld();
  const { client, target, connection } = await world.open();
  world.proxy.discard();
  client.socket.resetAndDestroy();
  await client.closed;
  expect(target.endings).toEqual([]);
  target.socket.end();
  await connection.closed;

  expect(world.proxy.connections).toEqual([]);
});

describe.each(directions)("slowed %s", (direction) => {
  test("by a delay, bytes come no sooner, and in order whatever the jitter", async () => {
    await using world = await createTcpWorld();
    const pair = await world.open();
    const { sender, receiver } = endsOf(pair, direction);
    world.proxy.delay({ ms: 60, jitterMs: 20, seed: 7 }, direction);
    const sent = pattern(3_000);
    const startedAt = performance.now();
    for (let i = 0; i < sent.length; i += 100) await sender.write(sent.subarray(i, i + 100));
    sender.socket.end();
    await receiver.gets(1);
    const firstAfterMs = performance.now() - startedAt;
    await receiver.sees("end");

    expect(firstAfterMs).toBeGreaterThanOrEqual(39);
    expect(receiver.received.equals(sent)).toBe(true);
  });

  test("by a delay, no more than a megabyte is under way", async () => {
    await using world = await createTcpWorld();
    const pair = await world.open();
    const { sender, receiver } = endsOf(pair, direction);
    world.proxy.delay({ ms: 100 }, direction);
    let most = 0;
    void sender.write(pattern(4 * aMegabyte));
    while (receiver.receivedBytes < 4 * aMegabyte) {
      await new Promise(setImmediate);
      most = Math.max(most, pair.connection[direction].heldBytes);
    }

    expect(most).toBeLessThanOrEqual(aMegabyte + 65_536);
    expect(receiver.received.equals(pattern(4 * aMegabyte))).toBe(true);
  });

  test("to a trickle, it comes in small pieces with waits between", async () => {
    await using world = await createTcpWorld();
    const pair = await world.open();
    const { sender, receiver } = endsOf(pair, direction);
    pair.connection.trickle({ bytes: 3, everyMs: 5 }, direction);
    const startedAt = performance.now();
    await sender.write(pattern(60));
    await receiver.gets(60);

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(19 * 5 - 2);
    expect(receiver.received.equals(pattern(60))).toBe(true);
  });

  test("by a limit, no more than so much comes in a second", async () => {
    await using world = await createTcpWorld();
    const pair = await world.open();
    const { sender, receiver } = endsOf(pair, direction);
    world.proxy.limit({ bytesPerSecond: 100_000 }, direction);
    const startedAt = performance.now();
    await sender.write(pattern(40_000));
    await receiver.gets(40_000);

    // A tenth of a second of it may come in one burst.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(270);
    expect(receiver.received.equals(pattern(40_000))).toBe(true);
  });
});

test("whatever is done to a connection, every byte that was not thrown away comes once, in order", async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("write" as const), bytes: fc.integer({ min: 1, max: 90_000 }) }),
    fc.record({ do: fc.constantFrom("stall", "delay", "trickle", "limit", "resume") }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 30 }),
      fc.constantFrom(...directions),
      async (steps, direction) => {
        await using world = await createTcpWorld();
        const pair = await world.open();
        const { sender, receiver } = endsOf(pair, direction);
        const { connection } = pair;
        const sent = pattern(30 * 90_000);
        let sentBytes = 0;
        for (const { do: what, ...more } of steps) {
          if ("bytes" in more) {
            void sender.write(sent.subarray(sentBytes, sentBytes + more.bytes));
            sentBytes += more.bytes;
          } else if (what === "stall") connection.stall(direction);
          else if (what === "delay") connection.delay({ ms: 4, jitterMs: 4 }, direction);
          else if (what === "trickle") connection.trickle({ bytes: 5_000, everyMs: 1 }, direction);
          else if (what === "limit") connection.limit({ bytesPerSecond: 5_000_000 }, direction);
          else connection.resume(direction);
          await roundOf(pair, opposite(direction));
        }
        sender.socket.end();
        connection.resume(direction);
        await receiver.sees("end");

        expect(receiver.receivedBytes).toBe(sentBytes);
        expect(receiver.received.equals(sent.subarray(0, sentBytes))).toBe(true);
      },
    ),
    { numRuns: 25 },
  );
});
