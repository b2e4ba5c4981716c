/** Runs one scenario to its end, or to where it is stopped, and judges what it found by then. */
import { type Figure, judge } from "./judge.ts";
import { PartProcess } from "./part-process.ts";
import type { Scenario, Size, Stage } from "./scenario.ts";

export interface RunOptions {
  readonly size: Size;
  readonly folder: string;
  readonly seed: number;
  /** Aborted when somebody has had enough. */
  readonly signal: AbortSignal;
  /** Every process that is started, to be killed when all has to end at once. */
  readonly started: Set<{ kill(): void }>;
  readonly progress: (text: string) => void;
}

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  readonly seconds: number;
  readonly figures: readonly Figure[];
  /** Why it did not come to its end, if it did not. */
  readonly cutShort?: string;
}

const endLimitMs = 5_000;

export async function runScenario(
  scenario: Scenario,
  options: RunOptions,
): Promise<ScenarioResult> {
  const { id, title, limitSeconds } = scenario;
  const started = performance.now();
  const found = new Map<string, number[]>();
  const mine = new Set<PartProcess<object>>();
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const tooLong = new Error(`it did not end within ${limitSeconds} s`);
  const limit = setTimeout(() => ending.abort(tooLong), limitSeconds * 1_000);
  const running = scenario.run(stageFor(scenario, { ...options, signal }, found, mine));
  const cutShort = await Promise.race([failureOf(running), aborted(signal)]);
  clearTimeout(limit);
  ending.abort(new Error("it is over"));
  for (const part of mine) part.kill();
  await Promise.race([
    Promise.allSettled([running, ...[...mine].map(({ gone }) => gone)]),
    new Promise((resolve) => setTimeout(resolve, endLimitMs).unref()),
  ]);
  for (const part of mine) options.started.delete(part);
  const figures = scenario.figures.map((figure) => judge(figure, found, options.size));
  const seconds = (performance.now() - started) / 1_000;
  return { id, title, seconds, figures, ...(cutShort === undefined ? {} : { cutShort }) };
}

function stageFor(
  scenario: Scenario,
  { size, folder, seed, signal, started, progress }: RunOptions,
  found: Map<string, number[]>,
  mine: Set<PartProcess<object>>,
): Stage {
  return {
    size,
    folder,
    seed,
    signal,
    record(name, ...values) {
      const known = found.get(name);
      if (known === undefined) found.set(name, [...values]);
      else for (const value of values) known.push(value);
    },
    progress: (text) => progress(`${scenario.id}: ${text}`),
    async start(program, setting, options = {}) {
      signal.throwIfAborted();
      const name = { scenario: scenario.id, part: program.name };
      const part = new PartProcess<Awaited<ReturnType<typeof program>>>(name, options);
      mine.add(part);
      started.add(part);
      void part.gone.then(() => {
        mine.delete(part);
        started.delete(part);
      });
      await part.start(name, setting);
      return part;
    },
  };
}

/** Nothing when it ends well. */
async function failureOf(running: Promise<void>): Promise<string | undefined> {
  try {
    await running;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function aborted(signal: AbortSignal): Promise<string> {
  const why = (): string =>
    signal.reason instanceof Error ? signal.reason.message : String(signal.reason);
  return new Promise((resolve) => {
    if (signal.aborted) resolve(why());
    else signal.addEventListener("abort", () => resolve(why()), { once: true });
  });
}
