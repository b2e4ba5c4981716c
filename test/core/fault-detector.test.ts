import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FaultDetector, type TickSettings } from "../../src/core/fault-detector.ts";

const usual: TickSettings = { pingIntervalMs: 5_000, deadlineMs: 20_000, maxPingFailures: 4 };

/** What happens to a node, in milliseconds from the moment on at which its link is up. */
interface Life {
  readonly settings: TickSettings;
  /** When bytes of the peer arrive. */
  readonly reads: readonly number[];
  /** When this node sends something of its own. */
  readonly sends?: readonly number[];
  /** When this process stands still, and for how long. */
  readonly stall?: { readonly at: number; readonly ms: number };
  /** How late every timer of this process is. */
  readonly timersLateMs?: number;
  /** What runs first when a stall is over: Node's order depends on what had blocked it. */
  readonly first?: "timers" | "input";
  readonly untilMs: number;
}

interface Course {
  readonly pings: readonly number[];
  readonly suspicions: readonly number[];
  readonly goneAt: number | undefined;
}

/** Lives such a life without a clock, as a session does: check, one round of input, verdict. */
function live(life: Life): Course {
  const { settings, stall, timersLateMs = 0, first = "timers", untilMs } = life;
  const detector = new FaultDetector(settings, 0);
  const reads = [...life.reads].toSorted((x, y) => x - y);
  const sends = [...(life.sends ?? [])].toSorted((x, y) => x - y);
  const pings: number[] = [];
  const suspicions: number[] = [];
  let checkAt = settings.pingIntervalMs + timersLateMs;
  let suspicious = false;
  let now = 0;

  const plan = (delayMs: number) => {
    expect(delayMs).toBeGreaterThanOrEqual(0);
    checkAt = now + delayMs + timersLateMs;
  };
  const runTimers = () => {
    if (checkAt > now) return;
    const check = detector.check(now);
    suspicious = check.type === "suspect";
    if (check.type === "suspect") suspicions.push(now);
    else plan(check.delayMs);
    if (check.type === "ping") {
      pings.push(now);
      detector.onSent(now);
    }
  };
  const takeInput = () => {
    while ((reads[0] ?? Number.POSITIVE_INFINITY) <= now) {
      reads.shift();
      detector.onRead(now);
    }
  };

  for (let turnsAtOnce = 0; ; ) {
    const before = now;
    now = Math.max(now, Math.min(checkAt, reads[0] ?? untilMs, sends[0] ?? untilMs));
    if (stall !== undefined && now >= stall.at && now < stall.at + stall.ms) {
      now = stall.at + stall.ms;
    }
    if (now >= untilMs) return { pings, suspicions, goneAt: undefined };
    turnsAtOnce = now > before ? 0 : turnsAtOnce + 1;
    if (turnsAtOnce > 100) throw new Error(`Checks go round in a circle at ${now}.`);
    while ((sends[0] ?? Number.POSITIVE_INFINITY) <= now) {
      sends.shift();
      detector.onSent(now);
    }
    if (first === "timers") runTimers();
    takeInput();
    if (first === "input") runTimers();
    if (!suspicious) continue;
    suspicious = false;
    const verdict = detector.gone(now);
    if (verdict === true) return { pings, suspicions, goneAt: now };
    plan(verdict.delayMs);
  }
}

function every(ms: number, untilMs: number, from = ms): number[] {
  return Array.from({ length: Math.ceil((untilMs - from) / ms) }, (_, i) => from + i * ms);
}

const settingsList: TickSettings[] = [
  usual,
  { pingIntervalMs: 250, deadlineMs: 1_000, maxPingFailures: 4 },
  { pingIntervalMs: 10, deadlineMs: 20, maxPingFailures: 1 },
  { pingIntervalMs: 1_000, deadlineMs: 60_000, maxPingFailures: 1_000 },
  // The seed's.
  { pingIntervalMs: 30_000, deadlineMs: 300_000, maxPingFailures: 5 },
];
const settings = fc.constantFrom(...settingsList);

/** The shortest silence that may count as the end of a peer. */
function leastSilence({ pingIntervalMs, deadlineMs, maxPingFailures }: TickSettings): number {
  return Math.min(deadlineMs, pingIntervalMs * maxPingFailures);
}

/** Random moments up to `untilMs`. */
function moments(untilMs: number): fc.Arbitrary<number[]> {
  return fc.array(fc.nat(untilMs), { maxLength: 40 });
}

describe("a silent peer", () => {
  test("is gone 20 seconds after its last byte by the usual settings", () => {
    for (const last of [0, 1, 2_500, 4_999, 5_000, 12_345]) {
      const { goneAt, suspicions } = live({ settings: usual, reads: [last], untilMs: 60_000 });

      expect(goneAt).toBe(last + 20_000);
      expect(suspicions).toEqual([last + 20_000]);
    }
  });

  test("is gone within its deadline and not before, whatever else this node sends", () => {
    const lives = settings.chain((of) => {
      const untilMs = of.deadlineMs * 2;
      return fc.tuple(fc.constant(of), fc.nat(untilMs), moments(4 * untilMs));
    });

    fc.assert(
      fc.property(lives, ([of, last, sends]) => {
        const untilMs = last + 2 * of.deadlineMs;
        const reads = [...every(Math.ceil(of.pingIntervalMs / 2), last), last];
        const { goneAt = Number.POSITIVE_INFINITY } = live({ settings: of, reads, sends, untilMs });

        expect(goneAt - last).toBeGreaterThanOrEqual(leastSilence(of));
        expect(goneAt - last).toBeLessThanOrEqual(of.deadlineMs);
      }),
      { numRuns: 300 },
    );
  });

  test("is gone at its deadline though this node never stops sending", () => {
    const untilMs = 60_000;
    const course = live({ settings: usual, reads: [777], sends: every(1_000, untilMs), untilMs });

    expect(course).toEqual({ pings: [], suspicions: [20_777], goneAt: 20_777 });
  });
});

describe("pings", () => {
  test("are sent after each interval in which nothing else was sent", () => {
    const untilMs = 40_000;

    expect(live({ settings: usual, reads: every(900, untilMs), untilMs }).pings).toEqual(
      every(5_000, untilMs),
    );
  });

  test("are not sent while something else is", () => {
    const untilMs = 40_000;
    const sends = every(4_900, 20_000);
    const { pings } = live({ settings: usual, reads: every(900, untilMs), sends, untilMs });

    // The last of the others went out at 19,600.
    expect(pings).toEqual([24_600, 29_600, 34_600, 39_600]);
  });

  test("that get no byte in return end the link before its deadline", () => {
    const impatient = { pingIntervalMs: 5_000, deadlineMs: 100_000, maxPingFailures: 3 };
    const { pings, goneAt } = live({ settings: impatient, reads: [], untilMs: 200_000 });

    expect(pings).toEqual([5_000, 10_000, 15_000]);
    expect(goneAt).toBe(20_000);
  });

  test("count as unanswered in a row only: any byte starts the count anew", () => {
    const impatient = { pingIntervalMs: 5_000, deadlineMs: 100_000, maxPingFailures: 3 };
    const { pings, goneAt } = live({ settings: impatient, reads: [14_000], untilMs: 200_000 });

    expect(pings).toEqual([5_000, 10_000, 15_000, 20_000, 25_000]);
    expect(goneAt).toBe(30_000);
  });

  test("end the link as soon when this node goes on to send something else", () => {
    const impatient = { pingIntervalMs: 5_000, deadlineMs: 100_000, maxPingFailures: 3 };
    const sends = [17_000, 19_000];

    expect(live({ settings: impatient, reads: [], sends, untilMs: 200_000 }).goneAt).toBe(20_000);
  });

  test("have a whole interval to be answered in", () => {
    const strict = { pingIntervalMs: 100, deadlineMs: 10_000, maxPingFailures: 1 };

    expect(live({ settings: strict, reads: [199], untilMs: 250 }).goneAt).toBeUndefined();
    expect(live({ settings: strict, reads: [201], untilMs: 250 }).goneAt).toBe(200);

    const detector = new FaultDetector(strict, 0);
    expect(detector.check(100)).toEqual({ type: "ping", delayMs: 100 });
    expect(detector.check(199)).toEqual({ type: "wait", delayMs: 1 });
    expect(detector.check(200)).toEqual({ type: "suspect" });
  });
});

describe("a peer that is there", () => {
  test("is never suspected while its silences are shorter than those that count", () => {
    const lives = settings.chain((of) =>
      fc.tuple(
        fc.constant(of),
        fc.array(fc.integer({ min: 1, max: leastSilence(of) - 1 }), {
          minLength: 1,
          maxLength: 30,
        }),
        moments(leastSilence(of) * 15),
      ),
    );

    fc.assert(
      fc.property(lives, ([of, gaps, sends]) => {
        const reads = gaps.map((_, i) => gaps.slice(0, i + 1).reduce((sum, gap) => sum + gap, 0));
        const untilMs = reads.at(-1) ?? 0;

        expect(live({ settings: of, reads, sends, untilMs }).suspicions).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["a timer", "input"],
    ["a microtask of a timer", "input"],
    ["a callback of input", "timers"],
    ["an immediate", "timers"],
  ] as const)("survives a minute in which %s blocked this process", (_where, first) => {
    const untilMs = 200_000;
    const stall = { at: 31_000, ms: 60_000 };
    const course = live({ settings: usual, reads: every(5_000, untilMs), stall, first, untilMs });

    expect(course.goneAt).toBeUndefined();
    expect(course.suspicions).toEqual(first === "timers" ? [91_000] : []);
  });

  test("is not gone when its byte lies in the round of input that the verdict waits for", () => {
    const course = live({ settings: usual, reads: [0, 20_000], untilMs: 30_000 });

    expect(course).toMatchObject({ suspicions: [20_000], goneAt: undefined });
  });

  test("survives any stall of this process, as long as one round of input shows its bytes", () => {
    const lives = settings.chain((of) => {
      const stalls = fc.record({ at: fc.nat(of.deadlineMs * 3), ms: fc.nat(of.deadlineMs * 3) });
      const late = fc.nat(of.pingIntervalMs);
      const first = fc.constantFrom("timers" as const, "input" as const);
      return fc.tuple(
        fc.constant(of),
        stalls,
        late,
        first,
        fc.integer({ min: Math.ceil(of.pingIntervalMs / 4), max: of.pingIntervalMs }),
      );
    });

    fc.assert(
      fc.property(lives, ([of, stall, timersLateMs, first, gap]) => {
        const untilMs = of.deadlineMs * 5;
        // No tick of the peer may be longer in coming than what counts as silence.
        const reads = every(Math.min(gap, leastSilence(of) - 1), untilMs);
        const { goneAt } = live({ settings: of, reads, stall, timersLateMs, first, untilMs });

        expect(goneAt).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });
});

describe("a stall of this process", () => {
  test("puts the end of a silent peer off by its own length at most, and by one interval", () => {
    const lives = settings.chain((of) =>
      fc.tuple(
        fc.constant(of),
        fc.nat(of.deadlineMs),
        fc.record({ at: fc.nat(of.deadlineMs * 3), ms: fc.nat(of.deadlineMs * 2) }),
      ),
    );

    fc.assert(
      fc.property(lives, ([of, last, stall]) => {
        const untilMs = of.deadlineMs * 10;
        const reads = [...every(Math.ceil(of.pingIntervalMs / 2), last), last];
        const { goneAt = untilMs } = live({ settings: of, reads, stall, untilMs });
        const waitMs = Math.min(stall.ms, of.pingIntervalMs);

        expect(goneAt - last).toBeGreaterThanOrEqual(leastSilence(of));
        expect(goneAt).toBeLessThanOrEqual(last + of.deadlineMs + stall.ms + waitMs);
      }),
      { numRuns: 300 },
    );
  });

  test("over the deadline of a peer that is gone ends in a wait as long, and in the verdict", () => {
    const life = { settings: usual, reads: [0], untilMs: 100_000 };

    expect(live({ ...life, stall: { at: 19_000, ms: 3_000 } }).goneAt).toBe(22_000 + 2_000);
    expect(live({ ...life, stall: { at: 19_000, ms: 30_000 } }).goneAt).toBe(49_000 + 5_000);
  });

  test("below a tenth of an interval is nothing but a timer on a busy day", () => {
    const life = { settings: usual, reads: [0], untilMs: 100_000 };

    expect(live({ ...life, stall: { at: 19_999, ms: 501 } }).goneAt).toBe(20_500);
    expect(live({ ...life, stall: { at: 19_999, ms: 502 } }).goneAt).toBe(20_501 + 501);
  });

  test("that is over before the deadline changes nothing", () => {
    const stall = { at: 4_000, ms: 9_000 };

    expect(live({ settings: usual, reads: [0], stall, untilMs: 100_000 }).goneAt).toBe(20_000);
  });

  test("lets the peer be found alive while the verdict waits", () => {
    const stall = { at: 19_000, ms: 3_000 };
    const course = live({ settings: usual, reads: [0, 23_500], stall, untilMs: 43_000 });

    expect(course).toMatchObject({ suspicions: [22_000], goneAt: undefined });
  });

  test("is made up for anew in each silence", () => {
    const detector = new FaultDetector(usual, 0);
    const silence = (from: number) => {
      detector.onRead(from);
      expect(detector.check(from + 1)).toMatchObject({ type: "ping" });
      expect(detector.check(from + 60_000)).toEqual({ type: "suspect" });
      return detector.gone(from + 60_000);
    };

    expect(silence(5_000)).toEqual({ delayMs: 5_000 });
    expect(silence(100_000)).toEqual({ delayMs: 5_000 });
  });

  test("that never ends does not keep a dead peer alive", () => {
    for (const of of settingsList) {
      for (const share of [0.05, 0.2, 0.5, 1, 3]) {
        const timersLateMs = Math.ceil(of.pingIntervalMs * share);
        const untilMs = 20 * of.deadlineMs;
        const { goneAt } = live({ settings: of, reads: [0], timersLateMs, untilMs });

        // A few checks are late, then the one that finds the silence, then those of the wait.
        const bound = of.deadlineMs + of.pingIntervalMs + 11 * timersLateMs;
        expect(goneAt ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(bound);
      }
    }
  });
});
