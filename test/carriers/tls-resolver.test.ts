import { lookup } from "node:dns/promises";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Resolver } from "../../src/carriers/tls/resolver.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";

vi.mock("node:dns/promises", () => ({ lookup: vi.fn() }));

interface Asked {
  answer(...ips: readonly string[]): void;
  fail(reason: string): void;
}

/** What the system was asked, oldest first: the test answers for it. */
const asked: Asked[] = [];

beforeEach(() => {
  asked.length = 0;
  vi.mocked(lookup as () => Promise<unknown>).mockImplementation(
    () =>
      new Promise((resolve, reject) => {
        asked.push({
          answer: (...ips) => resolve(ips.map((address) => ({ address, family: 4 }))),
          fail: (reason) => reject(new Error(reason)),
        });
      }),
  );
});

function createResolver() {
  const clock = createVirtualClock();
  const telemetry = createRecordingTelemetry();
  const resolver = new Resolver({ clock, telemetry });
  return {
    clock,
    resolver,
    told: () => telemetry.events.map(({ type }) => type),
    /** A dial that waits for the host, and may be called off. */
    dial(peer = "2", host = "there.test") {
      const controller = new AbortController();
      const ips = resolver.resolve(peer, host, controller.signal);
      return {
        ips,
        async callOff() {
          controller.abort(new Error("called off"));
          await ips.catch(() => {});
        },
      };
    },
  };
}

describe("a host that the system has no answer for yet", () => {
  test("is looked up once, however many dials are called off meanwhile", async () => {
    const { dial } = createResolver();
    for (let i = 0; i < 10; i++) await dial().callOff();
    const last = dial();
    asked[0]?.answer("10.0.0.1");

    expect(await last.ips).toEqual(["10.0.0.1"]);
    expect(asked).toHaveLength(1);
  });

  test("is looked up once for each node", async () => {
    const { dial } = createResolver();
    await dial("2").callOff();
    await dial("3").callOff();
    await dial("2", "elsewhere.test").callOff();

    expect(asked).toHaveLength(3);
  });

  test("is known to the next dial when the answer came between two, and looked up by the one after", async () => {
    const { dial } = createResolver();
    await dial().callOff();
    asked[0]?.answer("10.0.0.1");
    await Promise.resolve();

    expect(await dial().ips).toEqual(["10.0.0.1"]);
    const after = dial();
    expect(asked).toHaveLength(2);
    asked[1]?.answer("10.0.0.2");
    expect(await after.ips).toEqual(["10.0.0.2"]);
  });

  test("is looked up again when its answer was left lying for half a minute", async () => {
    const { clock, dial } = createResolver();
    await dial().callOff();
    asked[0]?.answer("10.0.0.1");
    await clock.advanceBy(30_000);
    const next = dial();
    asked[1]?.answer("10.0.0.2");

    expect(await next.ips).toEqual(["10.0.0.2"]);
  });

  test("that fails while nobody waits is no rejection that nobody hears", async () => {
    const { dial } = createResolver();
    await dial().callOff();
    asked[0]?.fail("nobody there");

    await expect(dial().ips).rejects.toThrow("nobody there");
  });
});

describe("a look-up that fails", () => {
  test("is told once for each reason, until there are addresses again", async () => {
    const { dial, told } = createResolver();
    const fail = async (reason: string): Promise<void> => {
      const { ips } = dial();
      asked.at(-1)?.fail(reason);
      await ips.catch(() => {});
    };
    for (let i = 0; i < 10; i++) await fail(i % 2 === 0 ? "no server" : "no such host");
    expect(told()).toEqual(["resolving", "resolve_failed", "resolve_failed"]);
    const { ips } = dial();
    asked.at(-1)?.answer("10.0.0.1");
    await ips;
    await fail("no server");

    expect(told().slice(3)).toEqual(["resolved", "resolve_failed"]);
  });
});

describe("a look-up that takes long", () => {
  test("is told once, and again when there were addresses since", async () => {
    const { clock, dial, told } = createResolver();
    await clock.advanceBy(0);
    const first = dial();
    await clock.advanceBy(1_999);
    expect(told()).toEqual(["resolving"]);
    await clock.advanceBy(1);
    await first.callOff();
    const second = dial();
    await clock.advanceBy(10_000);
    expect(told()).toEqual(["resolving", "resolve_slow"]);
    asked[0]?.answer("10.0.0.1");
    await second.ips;
    const third = dial();
    await clock.advanceBy(5_000);
    asked[1]?.answer("10.0.0.1");
    await third.ips;

    expect(told()).toEqual(["resolving", "resolve_slow", "resolved", "resolve_slow", "resolved"]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("is not told of when the answer comes in time, or the dial is called off", async () => {
    const { clock, dial, told } = createResolver();
    const first = dial();
    asked[0]?.answer("10.0.0.1");
    await first.ips;
    await dial().callOff();
    await clock.advanceBy(10_000);

    expect(told()).toEqual(["resolving", "resolved"]);
    expect(clock.pendingTimers).toBe(0);
  });
});
