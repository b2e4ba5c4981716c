import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createSystemClock } from "../../src/cluster/system-clock.ts";
import { createSystemRandom } from "../../src/cluster/system-random.ts";

const timePasses = (delayMs: number): Promise<void> =>
  new Promise((resolve) => void createSystemClock().after(delayMs, resolve));
const soon = (): Promise<void> => new Promise((resolve) => createSystemClock().soon(resolve));

describe("the system clock", () => {
  test("never runs a timer early, however long the turn that asked for it took", async () => {
    const clock = createSystemClock();
    const lateness: number[] = [];
    for (let round = 0; round < 10; round++) {
      const busyUntil = clock.now() + 3;
      while (clock.now() < busyUntil);
      const dueAt = clock.now() + 1.5;

      await timePasses(1.5);

      lateness.push(clock.now() - dueAt);
    }

    expect(Math.min(...lateness)).toBeGreaterThanOrEqual(0);
  });

  test("a timer disposed of does not run, and disposing twice or late does nothing", async () => {
    const clock = createSystemClock();
    const ran: string[] = [];
    const dropped = clock.after(1, () => void ran.push("dropped"));
    const kept = clock.after(1, () => void ran.push("kept"));

    dropped[Symbol.dispose]();
    dropped[Symbol.dispose]();
    await timePasses(3);
    kept[Symbol.dispose]();

    expect(ran).toEqual(["kept"]);
  });

  test("a delay that has passed already runs later, not from inside the call", async () => {
    const clock = createSystemClock();
    let ran = false;
    clock.after(-5, () => {
      ran = true;
    });
    expect(ran).toBe(false);

    await timePasses(2);

    expect(ran).toBe(true);
  });

  test("soon runs in order of asking, after what promises have to say", async () => {
    const clock = createSystemClock();
    const seen: string[] = [];
    clock.soon(() => void seen.push("first"));
    clock.soon(() => void seen.push("second"));
    void Promise.resolve().then(() => seen.push("promise"));
    expect(seen).toEqual([]);

    await soon();

    expect(seen).toEqual(["promise", "first", "second"]);
  });

  test("the wall clock has no part in it", () => {
    const clock = createSystemClock();
    const before = clock.now();
    const wallClock = vi.spyOn(Date, "now").mockReturnValue(0);

    expect(clock.now()).toBeGreaterThanOrEqual(before);
    expect(wallClock).not.toHaveBeenCalled();
    wallClock.mockRestore();
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("a delay of %d is refused", (delay) => {
    expect(() => createSystemClock().after(delay, () => undefined)).toThrow(RangeError);
  });

  test("a timer keeps the process alive until it is disposed of", () => {
    const keepingAlive = (): number =>
      process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
    const before = keepingAlive();

    const timer = createSystemClock().after(60_000, () => undefined);
    expect(keepingAlive()).toBe(before + 1);

    timer[Symbol.dispose]();
    expect(keepingAlive()).toBe(before);
  });
});

describe("a timer longer than the system's longest", () => {
  beforeEach(
    () => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }),
  );
  afterEach(() => void vi.useRealTimers());

  test("runs at its moment, and can be disposed of on its way", () => {
    const clock = createSystemClock();
    const month = 30 * 24 * 3_600_000;
    const ran: string[] = [];
    clock.after(month, () => void ran.push("kept"));
    const dropped = clock.after(month, () => void ran.push("dropped"));

    vi.advanceTimersByTime(month - 1);
    expect(ran).toEqual([]);
    dropped[Symbol.dispose]();
    vi.advanceTimersByTime(1);

    expect(ran).toEqual(["kept"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the system's chance", () => {
  test("an epoch is 64 bits in hexadecimal, another each time", () => {
    const random = createSystemRandom();
    const epochs = Array.from({ length: 1000 }, () => random.epoch());

    for (const epoch of epochs) expect(epoch).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set(epochs).size).toBe(1000);
  });

  test("a fraction is from 0 up to, not including, 1", () => {
    const random = createSystemRandom();

    for (let i = 0; i < 1000; i++) {
      const fraction = random.fraction();
      expect(fraction >= 0 && fraction < 1).toBe(true);
    }
  });
});
