/**
 * Links that are cut at any byte, and over and over. `REIGN_FULL=1` cuts at every byte; without it
 * a tenth of them is done, other ones each day.
 */
import { queryObjects } from "node:v8";
import { describe, expect, test } from "vitest";
import { TlsLink } from "../../src/carriers/tls/tls-link.ts";
import { Negotiation } from "../../src/runtime/negotiation.ts";
import { Session } from "../../src/runtime/session.ts";
import { Connection } from "../../src/testing/proxy/connection.ts";
import type { ProxyDirection } from "../../src/testing/proxy/faults.ts";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";
import { createProxiedServices, type ProxiedServices } from "./proxied-services.ts";

const full = process.env["REIGN_FULL"] === "1";
const tenth = Math.floor(Date.now() / 86_400_000) % 10;
/** Behind the handshake: what a link says first, and some messages. */
const firstFramesBytes = 700;

/** What lives for each link, and must not outlive it. */
function alive(): Record<string, number> {
  const count = (of: new (...given: never[]) => object) => queryObjects(of, { format: "count" });
  return {
    sessions: count(Session),
    negotiations: count(Negotiation),
    links: count(TlsLink),
    connections: count(Connection),
    sockets: process.getActiveResourcesInfo().filter((name) => /^TCP/.test(name)).length,
  };
}

/** Both nodes say something as soon as they can, so that there is something to cut. */
function talkOnEachLink({ one, two }: ProxiedServices): void {
  for (const talker of [one, two]) {
    talker.onUp = () => {
      for (let i = 0; i < 6; i++) talker.say(100 + 40 * i);
    };
  }
}

/** Resets the link there is, and waits for one on which messages pass both ways. */
async function passesAgain({ proxy, one, two }: ProxiedServices): Promise<void> {
  proxy.cut({ with: "rst" });
  await Promise.all([one, two].map((talker) => talker.upAgain(talker.downs + 1)));
  const heard = [one.heard, two.heard] as const;
  await Promise.all([one.hears(heard[0] + 1), two.hears(heard[1] + 1)]);
}

/** How many bytes a link takes in a direction until its first frames are there. */
async function bytesOfHandshake(nodes: ProxiedServices, direction: ProxyDirection) {
  await passesAgain(nodes);
  return nodes.proxy.connections.at(-1)?.[direction].bytes ?? 0;
}

describe.each(["up", "down"] as const)(
  "a link cut %s at any byte of the handshake and the first frames",
  (direction) => {
    test.each(["fin", "rst"] as const)(
      "with %s shows no part of a message, comes again, and leaves nothing behind",
      async (how) => {
        await using nodes = await createProxiedServices();
        const { proxy, one, two } = nodes;
        talkOnEachLink(nodes);
        const total = await bytesOfHandshake(nodes, direction);
        console.log(direction, how, total, proxy.connections.at(-1));
        const before = alive();
        let incoming = proxy.connection();
        proxy.cut({ with: "rst" });
        let cuts = 0;
        const started = performance.now();
        for (let k = full ? 0 : tenth; k <= total - 200; k += full ? 1 : 10) {
          const connection = await incoming;
          incoming = proxy.connection();
          connection.cut({ after: k, with: how }, direction);
          cuts += 1;
        }
        await incoming;
        console.log(
          cuts,
          performance.now() - started,
          one.ups,
          two.ups,
          one.heard,
          two.heard,
          alive(),
          before,
        );
        await passesAgain(nodes);
        expect(nodes.problems()).toEqual([]);
        expect(alive()).toEqual(before);
      },
    );
  },
);
