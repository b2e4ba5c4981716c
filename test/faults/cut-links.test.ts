/**
 * Links that are cut at any byte, and over and over: at every tenth byte, and 300 times in a row,
 * which is 3 in 100 of the full count and takes as long as all else here. With `REIGN_FULL=1` it is
 * every byte and 10,000 times.
 */
import { queryObjects } from "node:v8";
import { describe, expect, test } from "vitest";
import { TlsLink } from "../../src/carriers/tls/tls-link.ts";
import { Session } from "../../src/runtime/session.ts";
import { Wire } from "../../src/runtime/wire.ts";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";
import { full } from "./figures.ts";
import {
  createProxiedServices,
  type ProxiedServices,
  passesAgain,
  upOnBoth,
} from "./proxied-services.ts";
import { patiently } from "./talker.ts";

const step = full ? 1 : 10;
const flaps = full ? 10_000 : 300;
const slow = full ? 1_200_000 : 120_000;

/** What is open, and what runs. */
function openOf(nodes: ProxiedServices): Readonly<Record<string, number>> {
  const resources = process.getActiveResourcesInfo();
  return {
    connections: nodes.proxy.connections.length,
    timers: nodes.pendingTimers,
    sockets: resources.filter((name) => /^(?:TCP|TLS)/.test(name)).length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  };
}

/** What there is for each link, and must not outlive it. Counting takes a collection of garbage. */
function expectTwoSessionsInMemory(): void {
  const counts = [Session, Wire, TlsLink].map((each) => queryObjects(each, { format: "count" }));

  expect(counts).toEqual([2, 2, 2]);
}

/** What is open when nothing goes on. */
async function atRest(nodes: ProxiedServices): Promise<Readonly<Record<string, number>>> {
  await passesAgain(nodes);
  await patiently(() => expect(nodes.proxy.connections).toHaveLength(1));
  return openOf(nodes);
}

/** Has both nodes say something as soon as they can, in several records of TLS. */
function talkOnEachLink({ one, two }: ProxiedServices): void {
  for (const talker of [one, two]) {
    talker.onUp = () => {
      talker.say(40);
      setImmediate(() => {
        talker.say(120);
        setImmediate(() => talker.say(500));
      });
    };
  }
}

const cases = [
  ["up", "fin", 0],
  ["up", "rst", 5],
  ["down", "fin", 2],
  ["down", "rst", 7],
] as const;

describe("a link that is cut at any byte of the handshake and the first frames", () => {
  test.each(cases)(
    "%s with %s shows no part of a message, comes again and leaves nothing behind",
    async (direction, how, offset) => {
      await using nodes = await createProxiedServices();
      const { proxy } = nodes;
      const before = await atRest(nodes);
      talkOnEachLink(nodes);
      await passesAgain(nodes);
      const total = proxy.connections.at(-1)?.[direction].bytes ?? 0;
      expect(total).toBeGreaterThan(1_500);

      let incoming = proxy.connection();
      proxy.cut({ with: "rst" });
      for (let after = offset % step; after < total - 100; after += step) {
        const connection = await incoming;
        incoming = proxy.connection();
        connection.cut({ after, with: how }, direction);
      }
      await incoming;
      const { ups } = nodes.one;
      expect(ups).toBeGreaterThan(10);
      await passesAgain(nodes);

      expect(nodes.problems()).toEqual([]);
      await patiently(() => expect(openOf(nodes)).toEqual(before));
      expectTwoSessionsInMemory();
    },
    slow,
  );

  test(
    "amid the frames of a large message has none of it arrive, and the next one whole",
    async () => {
      await using nodes = await createProxiedServices();
      const { proxy, one, two } = nodes;
      const size = 200_000;
      const places = full ? 200 : 20;
      for (let i = 0; i < places; i++) {
        await upOnBoth(nodes);
        const [from, direction] = i % 2 === 0 ? ([one, "up"] as const) : ([two, "down"] as const);
        const after = 1 + Math.floor((i * (size - 1)) / places);
        proxy.connections.at(-1)?.cut({ after, with: "rst" }, direction);
        expect(from.say(size)).toBe(true);
        await patiently(() => expect([one.downs, two.downs]).toEqual([i + 1, i + 1]));
      }
      expect([one.heard, two.heard]).toEqual([0, 0]);
      await passesAgain(nodes);

      expect(nodes.problems()).toEqual([]);
    },
    slow,
  );
});

describe("a link that is reset over and over", () => {
  test(
    "whenever it is up, or before, comes back each time and leaves nothing behind",
    async () => {
      await using nodes = await createProxiedServices();
      const { proxy, one, two } = nodes;
      const before = await atRest(nodes);
      talkOnEachLink(nodes);
      const seed = Date.now() % 100_000;
      const random = createSeededRandom(seed);
      console.log(`flaps with seed ${seed}`);
      for (let i = 0; i < flaps; i++) {
        const next = proxy.connection();
        proxy.cut({ with: "rst" });
        const connection = await next;
        const direction = random.fraction() < 0.5 ? "up" : "down";
        // About half of them in the handshake, the others with a link.
        if (random.fraction() < 0.5) {
          const after = Math.floor(random.fraction() * 2_500);
          connection.cut({ after, with: "rst" }, direction);
          await Promise.race([connection.closed, upOrGone(nodes)]);
        } else await upOrGone(nodes);
      }
      await passesAgain(nodes);

      expect(nodes.problems()).toEqual([]);
      expect(one.ups).toBeGreaterThan(flaps / 3);
      expect(one.ups - one.downs).toBe(1);
      expect(two.ups - two.downs).toBe(1);
      await patiently(() => expect(openOf(nodes)).toEqual(before));
      expectTwoSessionsInMemory();
    },
    slow,
  );
});

async function upOrGone({ proxy, one, two }: ProxiedServices): Promise<void> {
  await patiently(() => expect(proxy.connections.length === 0 || (one.up && two.up)).toBe(true));
}
