/** Many lives, one after the other, and what they came to. */
import { type LifeOptions, live } from "./life.ts";
import { regressionSize, regressions } from "./regressions.ts";

export interface LivesOptions {
  readonly from: number;
  readonly seeds: number;
  /** The seeds go up by so many: others are led by other processes. */
  readonly step: number;
  /** Every so many lives one is led twice. */
  readonly twice: number;
  readonly nodes: number;
  readonly virtualMinutes: number;
  readonly shrinkRuns: number;
  /** Ends after the first failure. */
  readonly untilFailure: boolean;
  /** Leads the lives that once broke a promise first. */
  readonly regressions: boolean;
}

export interface Totals {
  readonly lives: number;
  /** How many of them were led twice, with the same trace. */
  readonly twice: number;
  readonly virtualMs: number;
  readonly events: number;
  readonly faults: number;
  /** What was broken, with its seed, as text. */
  readonly failures: readonly string[];
  readonly sometimes: Readonly<Record<string, number>>;
  readonly cpuMs: number;
}

export const noLives: Totals = {
  lives: 0,
  twice: 0,
  virtualMs: 0,
  events: 0,
  faults: 0,
  failures: [],
  sometimes: {},
  cpuMs: 0,
};

/** Gives what was found so far, after each life at the latest; ends early by `signal`. */
export async function* lead(
  options: LivesOptions,
  signal: AbortSignal,
): AsyncGenerator<Totals, void> {
  let totals = options.regressions ? await leadRegressions(options.shrinkRuns) : noLives;
  if (totals.failures.length > 0) yield totals;
  for (let i = 0; i < options.seeds && !signal.aborted; i++) {
    const started = process.cpuUsage();
    const found = await leadOne(options, i);
    const { user, system } = process.cpuUsage(started);
    totals = addTotals(totals, { ...found, cpuMs: (user + system) / 1_000 });
    yield totals;
    if (options.untilFailure && totals.failures.length > 0) return;
  }
}

export function addTotals(a: Totals, b: Totals): Totals {
  const sometimes: Record<string, number> = { ...a.sometimes };
  for (const [label, count] of Object.entries(b.sometimes)) {
    sometimes[label] = (sometimes[label] ?? 0) + count;
  }
  return {
    lives: a.lives + b.lives,
    twice: a.twice + b.twice,
    virtualMs: a.virtualMs + b.virtualMs,
    events: a.events + b.events,
    faults: a.faults + b.faults,
    failures: [...a.failures, ...b.failures],
    sometimes,
    cpuMs: a.cpuMs + b.cpuMs,
  };
}

/** They are not counted among the lives. */
async function leadRegressions(shrinkRuns: number): Promise<Totals> {
  const failures: string[] = [];
  for (const { what, seed, plan } of regressions) {
    try {
      await live({ ...regressionSize, seed, plan, shrinkRuns });
    } catch (error) {
      failures.push(`Again: ${what}.\n${textOf(error)}`);
    }
  }
  return { ...noLives, failures };
}

async function leadOne(options: LivesOptions, i: number): Promise<Totals> {
  const { from, step, twice, nodes, virtualMinutes, shrinkRuns } = options;
  const seed = from + i * step;
  const life: LifeOptions = { seed, nodes, virtualMinutes, shrinkRuns };
  try {
    const { virtualMs, events, plan, sometimes, traceHash } = await live(life);
    const again = i % twice === 0;
    const failures: string[] = [];
    if (again && (await live(life)).traceHash !== traceHash) {
      failures.push(`Seed ${seed} led two different lives.`);
    }
    return {
      lives: 1,
      twice: again && failures.length === 0 ? 1 : 0,
      virtualMs,
      events,
      faults: plan.length,
      failures,
      sometimes: Object.fromEntries(sometimes),
      cpuMs: 0,
    };
  } catch (error) {
    return { ...noLives, lives: 1, failures: [textOf(error)] };
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
