/** Links over a path that is slow, silent, half closed or full: nothing is cut here, but hurt. */
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import type { ProxyDirection } from "../../src/testing/proxy/faults.ts";
import { full } from "./figures.ts";
import { createProxiedServices, type ProxiedServices, passesAgain } from "./proxied-services.ts";
import { patiently, type Talker } from "./talker.ts";

const directions: readonly ProxyDirection[] = ["up", "down"];
const slow = 120_000;

/** Each side says something when it has heard the other, so many times. */
async function converse({ one, two }: ProxiedServices, rounds: number): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    expect(await one.isHeardBy(two)).toBe(true);
    expect(await two.isHeardBy(one)).toBe(true);
  }
}

async function bothDown({ one, two }: ProxiedServices, downs: number): Promise<void> {
  await patiently(() => expect([one.downs, two.downs]).toEqual([downs, downs]));
}

describe.each(directions)("a link closed by half, %s", (direction) => {
  test("is down on both ends, with one notice each, and comes again", async () => {
    await using nodes = await createProxiedServices();
    const { proxy } = nodes;
    const [connection] = proxy.connections;
    proxy.halfClose(direction);
    await connection?.closed;
    await bothDown(nodes, 1);
    await passesAgain(nodes);

    expect(nodes.problems()).toEqual([]);
  });
});

describe("a link over a path that is late", () => {
  const tick = { pingInterval: 500, deadlineInterval: 2_000 };

  test.each([
    ["by 50 ± 10 ms", { ms: 50, jitterMs: 10, seed: 1 }, full ? 5_000 : 40],
    ["by 500 ± 200 ms", { ms: 500, jitterMs: 200, seed: 2 }, full ? 500 : 4],
  ])(
    "%s is not taken for dead",
    async (_how, delay, rounds) => {
      await using nodes = await createProxiedServices(tick);
      nodes.proxy.delay(delay);
      await converse(nodes, rounds);

      expect([nodes.one.downs, nodes.two.downs]).toEqual([0, 0]);
      expect(nodes.problems()).toEqual([]);
    },
    full ? 1_200_000 : slow,
  );
});

describe("a path that trickles", () => {
  test("keeps a link up: a large message takes longer than the deadline, and is heard", async () => {
    await using nodes = await createProxiedServices({ pingInterval: 250, deadlineInterval: 1_000 });
    const { proxy, one, two } = nodes;
    // Slower than a record of TLS takes within the deadline: nothing can be read of it until then.
    proxy.trickle({ bytes: 60, everyMs: 10 });
    const startedAt = performance.now();
    expect([one.say(20_000), two.say(20_000)]).toEqual([true, true]);
    await Promise.all([one.hears(1), two.hears(1)]);

    expect(performance.now() - startedAt).toBeGreaterThan(1_500);
    expect([one.downs, two.downs]).toEqual([0, 0]);
    expect(nodes.problems()).toEqual([]);
  });

  test("lets no handshake last longer than handshakeTimeout", async () => {
    await using nodes = await createProxiedServices({ handshakeTimeout: 500 });
    const { proxy } = nodes;
    proxy.trickle({ bytes: 1, everyMs: 20 });
    const next = proxy.connection();
    const startedAt = performance.now();
    proxy.cut({ with: "rst" });
    const connection = await next;
    await connection.closed;

    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThanOrEqual(500);
    expect(tookMs).toBeLessThan(20 * 500);
    expect(nodes.one.up || nodes.two.up).toBe(false);
    await passesAgain(nodes);
    expect(nodes.problems()).toEqual([]);
  });

  test("lets nobody hold on to a listener who says nothing through it", async () => {
    await using nodes = await createProxiedServices({ handshakeTimeout: 200 });
    const { proxy } = nodes;
    const next = proxy.connection();
    const stranger = connect({ port: proxy.port, host: "127.0.0.1" });
    stranger.on("error", () => undefined).resume();
    await (await next).closed;

    expect([nodes.one.downs, nodes.two.downs]).toEqual([0, 0]);
  });
});

/** Says large messages as fast as they are taken, until told. */
async function flood(talker: Talker, isOver: () => boolean, size = 2 ** 20): Promise<void> {
  while (!isOver()) {
    if (!talker.say(size)) await talker.room();
    await new Promise(setImmediate);
  }
}

describe("a link that both ends write full", () => {
  const maxPendingBytes = 2 ** 20;

  test(
    "goes on in both directions behind a path that is narrow",
    async () => {
      await using nodes = await createProxiedServices({ pingInterval: 500, maxPendingBytes });
      const { proxy, one, two } = nodes;
      let over = false;
      const floods = [one, two].map((talker) => flood(talker, () => over));
      proxy.limit({ bytesPerSecond: 16 * 2 ** 20 });
      await patiently(() => expect(Math.min(one.refused, two.refused)).toBeGreaterThan(0));
      await Promise.all([one, two].map((talker) => talker.hears(talker.heard + 8)));
      over = true;
      proxy.resume();
      await Promise.all(floods);

      expect([one.downs, two.downs]).toEqual([0, 0]);
      expect(nodes.problems()).toEqual([]);
    },
    slow,
  );

  test.each(directions)(
    "goes on reading while nothing of what it writes is taken: stalled %s",
    async (direction) => {
      await using nodes = await createProxiedServices({ maxPendingBytes });
      const { proxy, one, two } = nodes;
      let over = false;
      const floods = [one, two].map((talker) => flood(talker, () => over, 50_000));
      await Promise.all([one.hears(2), two.hears(2)]);
      const stuck = direction === "up" ? one : two;
      proxy.stall(direction);
      await patiently(() => expect(stuck.say(50_000)).toBe(false));
      await stuck.hears(stuck.heard + 200);
      expect(stuck.up).toBe(true);
      over = true;
      proxy.resume();
      await Promise.all(floods);

      expect([one.downs, two.downs]).toEqual([0, 0]);
      expect(nodes.problems()).toEqual([]);
    },
    slow,
  );

  test(
    "is parted behind a path that stands still, and goes on when that moves again",
    async () => {
      const settings = { pingInterval: 250, deadlineInterval: 1_000, maxPendingBytes };
      await using nodes = await createProxiedServices(settings);
      const { proxy, one, two } = nodes;
      let over = false;
      const floods = [one, two].map((talker) => flood(talker, () => over));
      await Promise.all([one.hears(3), two.hears(3)]);
      proxy.stall();
      await bothDown(nodes, 1);
      proxy.resume();
      const heard = [one.heard, two.heard] as const;
      await Promise.all([one.hears(heard[0] + 3), two.hears(heard[1] + 3)]);
      over = true;
      await Promise.all(floods);

      expect(nodes.problems()).toEqual([]);
    },
    slow,
  );
});

describe("a link whose path falls silent", () => {
  test.each([
    ["both ways", undefined],
    ["one way", "up"],
    ["the other way", "down"],
  ] as const)(
    "%s is found out on both ends, told once, and comes again with the path",
    async (_how, direction) => {
      await using nodes = await createProxiedServices({ pingInterval: 100 });
      const { proxy } = nodes;
      await converse(nodes, 1);
      proxy.discard(direction);
      await bothDown(nodes, 1);
      await passesAgain(nodes);

      expect(nodes.problems()).toEqual([]);
    },
  );
});
