/** From the samples of many rounds to the figures that are shown. */
import { median } from "../measure/percentiles.ts";
import type { Measure, Sample, Usage } from "./case.ts";

/** What one contestant came to in one case: what the case measures, and what it took. */
export interface Row {
  readonly contestant: string;
  /** How many of the unit a round of it had: the median. */
  readonly count: number;
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  /**
   * The first contestant against this one: the median of the ratios of each round, whose two sides
   * ran one right after the other.
   */
  readonly ratio: number;
  /** Of each of its processes, in the order of its roles: the median over the rounds. */
  readonly cpuSecondsPerMillion: readonly number[];
  /** The most that each of its processes ever had, in bytes. */
  readonly memory: readonly number[];
  readonly p99?: number;
  readonly samples: readonly Sample[];
}

/** `first` are the samples of the contestant that all are compared with, round by round. */
export function summarize(
  measure: Measure,
  contestant: string,
  samples: readonly Sample[],
  first: readonly Sample[],
): Row {
  const figures = samples.map((sample) => figureOf(measure, sample));
  const processes = (samples[0]?.usage ?? []).map((_, role) =>
    samples.map(({ usage, count }) => ({ ...(usage[role] as Usage), count })),
  );
  const p99 = samples.flatMap((sample) => sample.p99 ?? []);
  return {
    contestant,
    count: median(samples.map(({ count }) => count)),
    median: median(figures),
    lowest: Math.min(...figures),
    highest: Math.max(...figures),
    ratio: median(ratios(measure, first, samples)),
    cpuSecondsPerMillion: processes.map((rounds) =>
      median(rounds.map(({ cpuSeconds, count }) => (cpuSeconds / count) * 1_000_000)),
    ),
    memory: processes.map((rounds) => Math.max(...rounds.map(({ memory }) => memory))),
    ...(p99.length === 0 ? {} : { p99: median(p99) }),
    samples,
  };
}

/** Round by round, the figure of one contestant divided by that of another. */
export function ratios(
  measure: Measure,
  of: readonly Sample[],
  by: readonly Sample[],
): readonly number[] {
  return by.map((sample, i) => {
    const other = of[i];
    return other === undefined ? Number.NaN : figureOf(measure, other) / figureOf(measure, sample);
  });
}

/** Of all its processes. */
export function cpuSecondsOf({ cpuSecondsPerMillion }: Row): number {
  return cpuSecondsPerMillion.reduce((sum, seconds) => sum + seconds, 0);
}

function figureOf(measure: Measure, { count, seconds, p50, bytes }: Sample): number {
  switch (measure) {
    case "rate":
      return count / seconds;
    case "p50":
      return p50 ?? Number.NaN;
    case "duration":
      return seconds * 1000;
    case "memory":
      return bytes ?? Number.NaN;
  }
}
