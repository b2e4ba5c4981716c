import { describe, expect, test } from "vitest";
import type { ProxyDirection } from "../../../src/testing/proxy/faults.ts";
import { createTcpWorld, endsOf, opposite, pattern, roundOf } from "./tcp-ends.ts";

const directions: readonly ProxyDirection[] = ["up", "down"];
const ways = ["fin", "rst"] as const;
const cases = directions.flatMap((direction) => ways.map((how) => [direction, how] as const));
const seenAs = { fin: "end", rst: "ECONNRESET" } as const;

describe.each(cases)("a cut %s with %s", (direction, how) => {
  test.each([0, 1, 2, 7, 1_000, 65_535, 65_536, 65_537, 200_000])(
    "after %i bytes lets exactly so many pass, and then closes both ends",
    async (after) => {
      await using world = await createTcpWorld();
      world.proxy.cut({ after, with: how }, direction);
      const pair = await world.open();
      const { sender, receiver } = endsOf(pair, direction);
      void sender.write(pattern(after + 100_000));
      await receiver.sees(seenAs[how]);
      sender.socket.end();
      receiver.socket.end();
      await pair.connection.closed;

      expect(receiver.received.equals(pattern(after))).toBe(true);
      expect(receiver.endings).toEqual([seenAs[how]]);
      expect(pair.connection[direction].bytes).toBe(after);
      await sender.closed;
      // Who still writes into a reset may hear of it by that.
      expect(["end", "ECONNRESET", "EPIPE"]).toContain(sender.endings[0]);
    },
  );

  test("counts from the call, byte for byte, on a connection that is open", async () => {
    await using world = await createTcpWorld();
    const pair = await world.open();
    const { sender, receiver } = endsOf(pair, direction);
    await sender.write(pattern(5_000));
    await receiver.gets(5_000);
    pair.connection.cut({ after: 3, with: how }, direction);
    await roundOf(pair, opposite(direction));
    for (let i = 0; i < 3; i++) {
      await sender.write("x");
      await receiver.gets(5_000 + i + 1);
    }
    await receiver.sees(seenAs[how]);

    expect(receiver.receivedBytes).toBe(5_003);
  });

  test("at once closes the open connections, and not those to come", async () => {
    await using world = await createTcpWorld();
    const pairs = [await world.open(), await world.open()];
    world.proxy.cut({ with: how }, direction);
    for (const { client, target, connection } of pairs) {
      await Promise.all([client.sees(seenAs[how]), target.sees(seenAs[how])]);
      client.socket.end();
      target.socket.end();
      await connection.closed;
    }
    await roundOf(await world.open(), direction);
  });

  test("is taken back by resume", async () => {
    await using world = await createTcpWorld();
    world.proxy.cut({ after: 2, with: how }, direction);
    const open = await world.open();
    world.proxy.resume(direction);
    const later = await world.open();
    for (const pair of [open, later]) {
      for (let i = 0; i < 3; i++) await roundOf(pair, direction);
    }

    expect(world.proxy.connections).toHaveLength(2);
  });
});

test("a cut with fin closes an end that goes on as if nothing were", async () => {
  await using world = await createTcpWorld();
  const { client, target, connection } = await world.open();
  connection.cut({ with: "fin" });
  await Promise.all([client.sees("end"), target.sees("end")]);
  await connection.closed;

  expect(client.endings).toEqual(["end"]);
});

test("a cut without a direction is made by the one that is there first", async () => {
  await using world = await createTcpWorld();
  world.proxy.cut({ after: 4, with: "rst" });
  const { client, target } = await world.open();
  await client.write("abc");
  await target.gets(3);
  await target.write("abcdef");
  await client.sees("ECONNRESET");

  expect(client.received.toString()).toBe("abcd");
});

describe.each(directions)("closed by half, %s", (direction) => {
  test("a connection ends in one direction behind what is held, and lives in the other", async () => {
    await using world = await createTcpWorld();
    const pair = await world.open();
    const { sender, receiver } = endsOf(pair, direction);
    pair.connection.delay({ ms: 20 }, direction);
    await sender.write("before");
    await roundOf(pair, opposite(direction));
    world.proxy.halfClose(direction);
    await receiver.sees("end");
    await sender.write("after");
    for (let i = 0; i < 3; i++) await roundOf(pair, opposite(direction));

    expect(receiver.received.toString()).toBe("before");
    expect(sender.endings).toEqual([]);
    expect(world.proxy.connections).toHaveLength(1);
  });

  test("a reset of the sender still comes through", async () => {
    await using world = await createTcpWorld();
    const pair = await world.open();
    const { sender, receiver } = endsOf(pair, direction);
    pair.connection.halfClose(direction);
    await receiver.sees("end");
    sender.socket.resetAndDestroy();
    await pair.connection.closed;
    // Behind an end a reset is found out by writing.
    await receiver.write("x");
    await receiver.closed;

    expect(receiver.endings).toEqual(["end", expect.stringMatching(/^(?:EPIPE|ECONNRESET)$/)]);
  });
});
