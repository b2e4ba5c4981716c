/** What is called off, at every turn of the event loop on the way to a link and beyond. */
import { describe, expect, test } from "vitest";
import type { Link } from "../../src/ports/carrier.ts";
import { createLinkRecorder } from "../../src/testing/link-recorder.ts";
import { ended, openNetwork } from "../carriers/raw-tls.ts";
import { createTestCluster, eventually } from "../carriers/tls-cluster.ts";
import { recordHello, strangers } from "./strangers.ts";

/** On an idle machine TLS takes about 12 turns on each side. */
const turns = Array.from({ length: 30 }, (_, turn) => turn);
const mostTurns = 1_000;

/**
 * What came of each turn in order: of all `turns`, and of more until there was a link. How many TLS
 * takes is the machine's to say, but dials that all come to nothing show nothing.
 */
async function outcomesOf(attempt: (turn: number) => Promise<string>): Promise<readonly string[]> {
  const outcomes: string[] = [];
  const enough = (): boolean => outcomes.length >= turns.length && outcomes.includes("link");
  while (!enough() && outcomes.length < mostTurns) outcomes.push(await attempt(outcomes.length));
  return outcomes;
}

async function pass(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** For a busy machine: it takes a tenth. */
const timeout = 60_000;

describe("at whatever turn", { timeout }, () => {
  test("a dial is called off, it settles and leaves nothing open on either side", async () => {
    const before = openNetwork().length;
    const { node, close } = await createTestCluster(["1", "2"]);
    // Long enough that no deadline does what the dial should have done.
    const first = await node("1", { handshakeTimeout: 60_000 });
    const second = await node("2");
    await first.carrier.listen(createLinkRecorder);
    const outcomes = await outcomesOf(async (turn) => {
      const controller = new AbortController();
      const reason = new Error("called off");
      const dial = second
        .dial("1", controller.signal)
        .then(destroyed, (error: unknown) => (error === reason ? "called off" : String(error)));
      await pass(turn);
      controller.abort(reason);
      return dial;
    });
    // The listener alone is open. The other side has ended none of it.
    await eventually(() => expect(openNetwork().length).toBe(before + 1));
    await close();

    await eventually(() => expect(openNetwork().length).toBe(before));
    expect(outcomes[0]).toBe("called off");
    expect(new Set(outcomes)).toEqual(new Set(["called off", "link"]));
  });

  test("a listener is closed under a dial, both settle and nothing is left open", async () => {
    const before = openNetwork().length;
    const { node, close } = await createTestCluster(["1", "2"]);
    const [first, second] = [await node("1"), await node("2")];
    const outcomes = await outcomesOf(async (turn) => {
      const listener = await first.listen();
      const dial = second.dial("1").then(destroyed, String);
      await pass(turn);
      await listener.close();
      const outcome = await dial;
      for (const link of first.links.splice(0)) link.destroy();
      return outcome;
    });
    await close();

    await eventually(() => expect(openNetwork().length).toBe(before));
    expect(outcomes).toContain("link");
  });

  test("a listener is closed under strangers of all kinds, nothing is left open", async () => {
    const before = openNetwork().length;
    const { authority, node, close } = await createTestCluster(["1", "2"]);
    const first = await node("1");
    const hello = await recordHello();
    const stolen = await authority.issue({ names: ["URI:reign://test/2"] });
    const foreign = await authority.issue({ names: ["URI:reign://other/2"] });
    for (const turn of turns) {
      const listener = await first.listen();
      const luggage = { port: listener.port, hello, stolen, foreign };
      const gone = strangers.map(([, knock]) => ended(knock(luggage)));
      await pass(turn);
      await listener.close();
      for (const link of first.links.splice(0)) link.destroy();
      await Promise.all(gone);
    }
    await close();

    await eventually(() => expect(openNetwork().length).toBe(before));
  });
});

function destroyed(link: Link): string {
  link.destroy();
  return "link";
}
