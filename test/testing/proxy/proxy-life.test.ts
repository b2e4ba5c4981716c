import { connect } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { ProxyFaults } from "../../../src/testing/proxy/faults.ts";
import { createProxy, type ProxyOptions } from "../../../src/testing/proxy/proxy.ts";
import { openNetwork } from "../../carriers/raw-tls.ts";
import { eventually } from "../../carriers/tls-cluster.ts";
import { createTcpWorld, pattern, roundOf } from "./tcp-ends.ts";

const aMegabyte = 2 ** 20;

/** The faults, for callers whom no compiler looks after. */
type LooseFaults = { readonly [K in keyof ProxyFaults]: (...given: readonly unknown[]) => void };

/** For `toThrow`, which looks at the class and the message of an error apart. */
function errorLike(text: string): { asymmetricMatch(error: unknown): boolean } {
  return { asymmetricMatch: (error) => String(error).startsWith(text) };
}

afterEach(() => vi.restoreAllMocks());

describe("a fault", () => {
  test("of the proxy holds for open connections and those to come, of a connection for it alone", async () => {
    await using world = await createTcpWorld();
    const [first, second] = [await world.open(), await world.open()];
    first.connection.discard("up");
    await first.client.write("lost");
    await roundOf(second, "up");
    world.proxy.discard("down");
    const third = await world.open();
    for (const { target } of [first, second, third]) await target.write("lost");
    await eventually(() => {
      for (const { connection } of [first, second, third]) {
        expect(connection.down.discardedBytes).toBe(4);
      }
    });
    await roundOf(third, "up");

    expect(first.connection.up).toMatchObject({ bytes: 0, discardedBytes: 4 });
    expect(world.proxy.connections).toEqual([first, second, third].map((pair) => pair.connection));
  });

  test.each<readonly [string, (faults: LooseFaults) => void, string]>([
    ["stall in no direction", (f) => f.stall("left"), 'TypeError: Expected a direction, "up" or'],
    ["half a close of both", (f) => f.halfClose(undefined), "TypeError: Expected a direction,"],
    ["delay of nothing", (f) => f.delay(undefined), "TypeError: Expected a delay such as"],
    [
      "delay of a text",
      (f) => f.delay({ ms: "5" }),
      'TypeError: Expected ms to be a number, got "5".',
    ],
    [
      "delay into the past",
      (f) => f.delay({ ms: -1 }),
      "RangeError: Expected ms to be a number from 0",
    ],
    ["delay by no number", (f) => f.delay({ ms: Number.NaN }), "RangeError: Expected ms to be"],
    [
      "jitter beyond the delay",
      (f) => f.delay({ ms: 1, jitterMs: 2 }),
      "RangeError: Expected jitterMs",
    ],
    [
      "chance without a seed",
      (f) => f.delay({ ms: 1, seed: 0.5 }),
      "RangeError: Expected seed to be a whole",
    ],
    [
      "trickle of half a byte",
      (f) => f.trickle({ bytes: 0.5, everyMs: 1 }),
      "RangeError: Expected bytes",
    ],
    [
      "trickle without a pace",
      (f) => f.trickle({ bytes: 1 }),
      "TypeError: Expected everyMs to be a number",
    ],
    [
      "limit of nothing",
      (f) => f.limit({ bytesPerSecond: 0 }),
      "RangeError: Expected bytesPerSecond",
    ],
    [
      "cut with a knife",
      (f) => f.cut({ with: "knife" }),
      'TypeError: Expected with to be "fin" or "rst"',
    ],
    [
      "cut before the beginning",
      (f) => f.cut({ after: -1, with: "fin" }),
      "RangeError: Expected after",
    ],
    [
      "cut of a stray direction",
      (f) => f.cut({ with: "fin" }, "left"),
      "TypeError: Expected a direction",
    ],
    ["resume of a stray direction", (f) => f.resume("left"), "TypeError: Expected a direction"],
  ])("that cannot be is refused, and changes nothing: %s", async (_, call, message) => {
    await using world = await createTcpWorld();
    const pair = await world.open();
    for (const faults of [world.proxy, pair.connection]) {
      expect(() => call(faults as LooseFaults)).toThrow(errorLike(message));
    }
    await roundOf(pair, "up");
    await roundOf(pair, "down");
  });
});

describe("a proxy", () => {
  test("that refuses resets new connections, and takes them again", async () => {
    await using world = await createTcpWorld();
    const open = await world.open();
    world.proxy.refuse();
    const refused = world.knock();
    await refused.closed;
    world.proxy.accept();
    await world.open();
    await roundOf(open, "up");

    expect(refused.endings).toEqual(["ECONNRESET"]);
  });

  test("whose target is not there resets the client", async () => {
    await using world = await createTcpWorld();
    // Where nobody listens without being root.
    world.proxy.retarget({ port: 1 });
    const client = world.knock();
    await client.closed;

    expect(client.endings).toEqual(["ECONNRESET"]);
    await eventually(() => expect(world.proxy.connections).toEqual([]));
  });

  test("that is sent elsewhere passes new connections on there, and keeps the old ones", async () => {
    await using here = await createTcpWorld();
    await using there = await createTcpWorld();
    const old = await here.open();
    here.proxy.retarget({ port: there.proxy.port });
    const cameIn = there.proxy.connection();
    here.knock();
    await cameIn;
    await roundOf(old, "up");
    await roundOf(old, "down");

    expect(here.proxy.connections).toHaveLength(2);
  });

  test("says where it listens, and why it cannot", async () => {
    await using world = await createTcpWorld();
    const { port } = world.proxy;

    expect(world.proxy.address).toBe(`127.0.0.1:${port}`);
    await expect(createProxy({ port, target: { port: 1 } })).rejects.toMatchObject({
      code: "REIGN_LISTEN_FAILED",
      details: { address: `127.0.0.1:${port}` },
    });
  });

  test("lets a wait for a connection be ended, by its signal or by closing", async () => {
    await using world = await createTcpWorld();
    const controller = new AbortController();
    const aborted = world.proxy.connection({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    const waiting = world.proxy.connection();
    const closing = world.proxy.close();
    await expect(waiting).rejects.toThrow("The proxy is closed");
    await expect(world.proxy.connection()).rejects.toThrow("The proxy is closed");
    await closing;
  });

  test("that is closed leaves nothing open, whatever its connections were doing", async () => {
    const world = await createTcpWorld();
    const [set, clear] = [vi.spyOn(globalThis, "setTimeout"), vi.spyOn(globalThis, "clearTimeout")];
    const pairs = [];
    for (let i = 0; i < 6; i++) pairs.push(await world.open());
    const [stalled, silent, delayed, cut] = pairs.map(({ connection }) => connection);
    stalled?.stall();
    silent?.discard();
    delayed?.delay({ ms: 100_000 });
    delayed?.trickle({ bytes: 1, everyMs: 100_000 });
    cut?.cut({ with: "fin" });
    for (const { client, target } of pairs) {
      void client.write(pattern(aMegabyte));
      void target.write(pattern(aMegabyte));
    }
    await eventually(() => expect(delayed?.up.heldBytes).toBeGreaterThan(0));
    connect({ port: world.proxy.port, host: "127.0.0.1" }).on("error", () => undefined);
    await world.proxy.close();
    await world.proxy.close();
    expect(world.proxy.connections).toEqual([]);
    await world[Symbol.asyncDispose]();

    const cleared = clear.mock.calls.map(([timer]) => timer);
    const timers = set.mock.results.map(({ value }) => value);
    expect(timers.length).toBeGreaterThan(0);
    expect(timers.filter((timer) => !cleared.includes(timer))).toEqual([]);
    await eventually(() => expect(openNetwork()).toEqual([]));
  });

  test.each([
    ["nothing", undefined, "TypeError: Expected options such as"],
    ["no target", {}, "TypeError: Expected a target such as"],
    ["no port of the target", { target: {} }, "TypeError: Expected the target's port"],
    ["a port beyond", { target: { port: 65_536 } }, "RangeError: Expected the target's port"],
    [
      "a host that is none",
      { target: { port: 1, host: "" } },
      "TypeError: Expected the target's host",
    ],
    ["a port of its own beyond", { target: { port: 1 }, port: -1 }, "RangeError: Expected port"],
  ])("is not made of %s", async (_, options, message) => {
    await expect(createProxy(options as ProxyOptions)).rejects.toThrow(errorLike(message));
  });
});
