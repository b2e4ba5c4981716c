/** From the samples of many rounds to the figures that are shown. */
import { median } from "../measure/percentiles.ts";
import type { Case, Sample } from "./case.ts";

/** What one contestant came to in one case. Medians over its rounds, unless said otherwise. */
export interface Row {
  readonly contestant: string;
  readonly perSecond: number;
  readonly slowest: number;
  readonly fastest: number;
  /**
   * The first contestant against this one: the median of the ratios of each round, whose two sides
   * ran one right after the other. Of rates, or of p50, as the case says.
   */
  readonly ratio: number;
  /** Of each of its processes, in the order of its roles. */
  readonly cpuSecondsPerMillion: readonly number[];
  readonly p50?: number;
  readonly p99?: number;
  readonly samples: readonly Sample[];
}

/** `first` are the samples of the contestant that all are compared with, round by round. */
export function summarize(
  { compared }: Pick<Case, "compared">,
  count: number,
  contestant: string,
  samples: readonly Sample[],
  first: readonly Sample[],
): Row {
  const measure = (sample: Sample | undefined) =>
    (compared === "rate" ? count / (sample?.seconds ?? Number.NaN) : sample?.p50) ?? Number.NaN;
  const rates = samples.map(({ seconds }) => count / seconds);
  const latency = (part: "p50" | "p99") => {
    const values = samples.flatMap((sample) => sample[part] ?? []);
    return values.length === 0 ? {} : { [part]: median(values) };
  };
  return {
    contestant,
    perSecond: median(rates),
    slowest: Math.min(...rates),
    fastest: Math.max(...rates),
    ratio: median(samples.map((sample, i) => measure(first[i]) / measure(sample))),
    cpuSecondsPerMillion: (samples[0]?.cpuSeconds ?? []).map((_, role) =>
      median(samples.map((s) => ((s.cpuSeconds[role] ?? Number.NaN) / count) * 1_000_000)),
    ),
    ...latency("p50"),
    ...latency("p99"),
    samples,
  };
}
