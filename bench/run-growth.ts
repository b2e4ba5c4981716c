/** Measures growths: the lines of one take turns at each size, as contestants do in a case. */
import { median } from "../measure/percentiles.ts";
import type { Timing } from "./case.ts";
import type { Chart, Point } from "./chart.ts";
import type { Growth } from "./growth.ts";
import { RoleProcess } from "./role-process.ts";
import type { RunOptions } from "./run-case.ts";

export interface GrowthResult {
  readonly growth: Growth;
  readonly lines: readonly GrowthLine[];
}

export interface GrowthLine {
  readonly name: string;
  readonly sizes: readonly { readonly size: number; readonly rounds: readonly Timing[] }[];
}

type GrowthOptions = Pick<RunOptions, "size" | "started" | "progress">;

const setting = { folder: "", ports: [0, 0] } as const;

export async function runGrowth(growth: Growth, options: GrowthOptions): Promise<GrowthResult> {
  const { size: length, started, progress } = options;
  const rounds = length === "quick" ? 1 : 3;
  const lines = growth.contestants.map(({ name: contestant, roles }) => {
    const name = { caseId: growth.id, contestant, role: roles[0]?.name ?? "", setting };
    const sizes: { size: number; rounds: Timing[] }[] = [];
    return { name: contestant, process: new RoleProcess({ name }), sizes };
  });
  for (const { process } of lines) started.add(process);
  try {
    await Promise.all(lines.map(({ process }) => process.start()));
    for (const size of growth.sizes[length]) {
      progress(`${growth.id}: ${growth.x.format(size)} ${growth.x.label}`);
      for (const { sizes } of lines) sizes.push({ size, rounds: [] });
      for (let round = -1; round < rounds; round++) {
        for (const { process, sizes } of lines) {
          const timing = await roundOf(process, size);
          if (round >= 0) sizes.at(-1)?.rounds.push(timing);
        }
      }
    }
  } finally {
    for (const { process } of lines) await process.end();
  }
  return { growth, lines: lines.map(({ name, sizes }) => ({ name, sizes })) };
}

async function roundOf(process: RoleProcess, size: number): Promise<Timing> {
  await process.begin(size);
  const timing = await process.finished();
  if (timing === undefined) throw new Error("Expected a growth's role to keep the time.");
  return timing;
}

/** Its charts, with medians of the rounds. A line that has no points in one is not in it. */
export function chartsOf({ growth, lines }: GrowthResult): readonly (Chart & { id: string })[] {
  return growth.charts.map(({ id, title, y, value }) => {
    const series = lines.map(({ name, sizes }) => {
      const points = sizes.flatMap(({ size, rounds }): Point[] => {
        const values = rounds.flatMap((timing) => value(timing, size) ?? []);
        return values.length === 0 ? [] : [{ x: size, y: median(values) }];
      });
      return { name, points };
    });
    return { id, title, x: growth.x, y, series: series.filter(({ points }) => points.length > 0) };
  });
}
