import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createMemoryNetwork,
  type MemoryNetworkOptions,
} from "../../src/carriers/memory/memory-network.ts";
import { createSystemClock } from "../../src/cluster/system-clock.ts";
import type { Link } from "../../src/ports/carrier.ts";
import type { CarrierPair } from "../../src/testing/carrier-bench.ts";
import { carrierContract } from "../../src/testing/carrier-contract.ts";
import { createLinkRecorder } from "../../src/testing/link-recorder.ts";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";
import { bytes, createConnected, createWorld, drive, never, outcome } from "./memory-world.ts";

const seed = Math.floor(Math.random() * 2 ** 32);

/** The contract's pair under virtual time; a case that leaves a link or a timer behind fails. */
async function virtualPair(options: Omit<MemoryNetworkOptions, "clock">): Promise<CarrierPair> {
  const clock = createVirtualClock();
  // Settling passes virtual seconds, in which links of a case are not to miss their handshake.
  const network = createMemoryNetwork({ clock, handshakeTimeout: 100_000, ...options });
  return {
    first: network.carrier("1"),
    second: network.carrier("2"),
    settle: () => clock.advanceBy(2000),
    drive: (work) => drive(clock, work),
    async dispose() {
      expect(network.links).toBe(0);
      expect(clock.pendingTimers).toBe(0);
    },
  };
}

describe("the carrier contract on whole writes", () => {
  for (const { name, run } of carrierContract(() => virtualPair({}))) test(name, run);
});

describe(`the carrier contract on random pieces and delays, seed ${seed}`, () => {
  const setup = (): Promise<CarrierPair> =>
    virtualPair({ random: createSeededRandom(seed), chunk: true, delayMs: [0, 40] });
  for (const { name, run } of carrierContract(setup)) test(name, run);
});

describe("the carrier contract under the real clock", () => {
  const setup = async (): Promise<CarrierPair> => {
    const network = createMemoryNetwork({ clock: createSystemClock() });
    return {
      first: network.carrier("1"),
      second: network.carrier("2"),
      settle: () => new Promise((resolve) => setTimeout(resolve, 5)),
      dispose: async () => expect(network.links).toBe(0),
    };
  };
  for (const { name, run } of carrierContract(setup)) test(name, run);
});

describe("serialising for real", () => {
  test("bytes are copied when written: later changes to them do not travel", async () => {
    const { clock, near, far } = await createConnected();
    // A Buffer's own slice would share its memory.
    const written = Buffer.from([1, 2, 3]);

    near.link.write(written);
    written.fill(9);
    await clock.settle();

    expect([...far.bytes()]).toEqual([1, 2, 3]);
  });

  test("bytes that a reader keeps without copying are overwritten", async () => {
    const world = await createWorld();
    const dialled = await drive(world.clock, world.a.dial("b", { signal: never() }));
    await world.clock.settle();
    const kept: Uint8Array[] = [];
    world.accepted[0]?.subscribe({
      onBytes: (received) => void kept.push(received),
      onDrain: () => undefined,
      onDown: () => undefined,
    });

    dialled.write(bytes(1, 2, 3));
    await world.clock.settle();

    expect(kept).toHaveLength(1);
    expect([...(kept[0] ?? [])]).not.toEqual([1, 2, 3]);
  });

  test("a reader that throws is heard by the clock's driver, and the rest comes", async () => {
    const { clock, near, far } = await createConnected();
    far.onBytes = () => {
      far.onBytes = () => undefined;
      throw new Error("thrown by the reader");
    };
    near.link.write(bytes(1));
    await expect(clock.settle()).rejects.toThrow("thrown by the reader");

    near.link.write(bytes(2));
    await clock.settle();

    expect([...far.bytes()]).toEqual([1, 2]);
  });
});

describe("the end of a link", () => {
  test("is not followed by an onDrain that was on its way", async () => {
    const { clock, near, far } = await createConnected();
    far.onBytes = () => near.link.destroy();

    near.link.write(bytes(1));
    await clock.settle();

    expect(near.calls).toEqual(["down"]);
  });

  test("once both ends are down, leaves no timer for what was still under way", async () => {
    const { clock, network, near, far } = await createConnected({ delayMs: [50, 50] });
    near.link.write(bytes(1));
    far.link.close();

    near.link.destroy();
    far.link.destroy();

    expect([network.links, clock.pendingTimers]).toEqual([0, 0]);
  });

  test("by close waits on both sides until what both had written has come through", async () => {
    const { clock, near, far } = await createConnected({ delayMs: [100, 100] });
    near.link.write(bytes(1));
    near.link.close();
    await clock.advanceBy(50);
    far.link.write(bytes(2));
    far.link.close();
    await clock.advanceBy(900);

    expect([[...near.bytes()], [...far.bytes()]]).toEqual([[2], [1]]);
    expect([near.downs.length, far.downs.length, clock.pendingTimers]).toEqual([1, 1, 0]);
  });
});

describe("listening and dialling", () => {
  test("two carriers of one node listen in turn, and the newer gets the dials", async () => {
    const { clock, network, a, listener, accepted } = await createWorld();
    const twin = network.carrier("b");
    await expect(twin.listen(() => undefined)).rejects.toMatchObject({
      code: "REIGN_LISTEN_FAILED",
      details: { address: "memory:b" },
      cause: { code: "EADDRINUSE" },
    });

    await listener.close();
    const reached: Link[] = [];
    await twin.listen((link) => reached.push(link));
    // A listener closed once more must not close its successor.
    await listener.close();
    const dial = outcome(a.dial("b", { signal: never() }));
    await clock.settle();

    expect([dial.state, accepted.length, reached.length]).toEqual(["up", 0, 1]);
  });

  test("a dial to a node that does not listen rejects as the system does", async () => {
    const { clock, a } = await createWorld();

    const dial = outcome(a.dial("nobody", { signal: never() }));
    await clock.settle();

    expect(dial.error).toMatchObject({ code: "ECONNREFUSED", syscall: "connect" });
  });

  test("a listener closed before it has accepted a connection takes the link down", async () => {
    const { clock, network, a, listener, accepted } = await createWorld();
    const dial = a.dial("b", { signal: never() }).then((link) => {
      void listener.close();
      return link;
    });

    const near = createLinkRecorder(await drive(clock, dial));
    await clock.settle();

    expect([near.downs.length, accepted.length, network.links]).toEqual([1, 0, 0]);
  });

  test("an accepted link that is not admitted in time goes down on both ends", async () => {
    const { clock, network, a, accepted } = await createWorld({ handshakeTimeout: 3000 });
    const near = createLinkRecorder(await drive(clock, a.dial("b", { signal: never() })));
    const far = accepted.map(createLinkRecorder);

    await clock.advanceBy(2999);
    expect(near.downs).toEqual([]);
    await clock.advanceBy(1);

    expect([near.downs.length, far[0]?.downs.length, network.links]).toEqual([1, 1, 0]);
    expect(far[0]?.downs[0]).toContain("3000 ms");
  });

  test("an admitted link lives on, with no timer of its own", async () => {
    const { clock, near, far } = await createConnected();

    expect(clock.pendingTimers).toBe(0);
    await clock.advanceBy(1_000_000);

    expect([near.downs, far.downs]).toEqual([[], []]);
  });
});

describe("a handshake made to fail", () => {
  test.each(["dialling", "dialled"])("at the tls stage fails the dial, %s", async (side) => {
    const { clock, network, a, accepted } = await createWorld();
    const broken = network.carrier("c", { failHandshake: "tls" });
    await broken.listen((link) => accepted.push(link));

    const dial = outcome(
      side === "dialling"
        ? broken.dial("b", { signal: never() })
        : a.dial("c", { signal: never() }),
    );
    await clock.settle();

    expect(dial.error).toMatchObject({
      code: "REIGN_CLUSTER_HANDSHAKE_FAILED",
      details: { peer: side === "dialling" ? "b" : "c", stage: "tls" },
    });
    expect([accepted.length, network.links]).toEqual([0, 0]);
  });

  test.each(["dialling", "dialled"])(
    "at the cluster stage ends the link at its first bytes, %s",
    async (side) => {
      const { clock, network, a, accepted } = await createWorld();
      const broken = network.carrier("c", { failHandshake: "cluster" });
      await broken.listen((link) => accepted.push(link));
      const dial =
        side === "dialling"
          ? broken.dial("b", { signal: never() })
          : a.dial("c", { signal: never() });
      const near = createLinkRecorder(await drive(clock, dial));
      const far = accepted.map(createLinkRecorder);
      await clock.settle();
      expect(near.downs).toEqual([]);

      near.link.write(bytes(1));
      await clock.settle();

      expect([near.downs.length, far[0]?.downs.length]).toEqual([1, 1]);
      expect([near.bytes().length, far[0]?.bytes().length]).toEqual([0, 0]);
      expect(network.links).toBe(0);
    },
  );
});

describe("chance", () => {
  /** Everything that two nodes see of a few writes, with the moments. */
  async function history(seed: number): Promise<string[]> {
    const { clock, near, far } = await createConnected({
      random: createSeededRandom(seed),
      chunk: true,
      delayMs: [1, 30],
    });
    const seen: string[] = [];
    far.onBytes = () => void seen.push(`far ${far.bytes().length} at ${clock.now()}`);
    near.onBytes = () => void seen.push(`near ${near.bytes().length} at ${clock.now()}`);
    for (let i = 1; i <= 10; i++) {
      near.link.write(new Uint8Array(i * 100));
      far.link.write(new Uint8Array(i * 10));
      await clock.advanceBy(7);
    }
    await clock.advanceBy(1000);
    return seen;
  }

  test("the same seed gives the same events at the same moments, another seed others", async () => {
    const first = await history(seed);

    expect(await history(seed)).toEqual(first);
    expect(await history(seed + 1)).not.toEqual(first);
    expect(first.length).toBeGreaterThan(10);
  });

  test("no border of a chunk, and no delay, changes what arrives", async () => {
    const writes = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.nat(), writes, async (drawn, pieces) => {
        const { clock, near, far } = await createConnected({
          random: createSeededRandom(drawn),
          chunk: true,
          delayMs: [0, 50],
        });

        for (const piece of pieces) near.link.write(piece);
        near.link.close();
        await clock.advanceBy(900);

        expect([...far.bytes()]).toEqual(pieces.flatMap((piece) => [...piece]));
        expect(far.calls.at(-1)).toBe("down");
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ["chunks without a random", { chunk: true }, TypeError],
    ["delays without a random", { delayMs: [0, 5] }, TypeError],
    ["a delay that ends before it begins", { delayMs: [5, 0] }, RangeError],
    ["a handshake without time", { handshakeTimeout: 0 }, RangeError],
  ] as const)("a network with %s is refused", (_, options, error) => {
    expect(() => createMemoryNetwork({ clock: createVirtualClock(), ...options })).toThrow(error);
  });

  test("a node that does not exist by any name is refused", () => {
    const network = createMemoryNetwork({ clock: createVirtualClock() });

    expect(() => network.carrier("not a node")).toThrow(TypeError);
    expect(() => network.cut("a", "b c")).toThrow(TypeError);
  });
});
