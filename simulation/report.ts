/** What many lives came to, as text. */
import type { Canary } from "./canaries.ts";
import type { Totals } from "./lives.ts";
import { rareStates } from "./rare-states.ts";
import type { ScaleResult } from "./scale.ts";

export function progressLine(totals: Totals, seeds: number, tookMs: number): string {
  const each = tookMs / Math.max(1, totals.lives);
  const left = ((seeds - totals.lives) * each) / 60_000;
  const found = `${totals.failures.length} failures`;
  return `simulate: ${totals.lives} of ${seeds} lives, ${found}, ${left.toFixed(1)} min left`;
}

interface Size {
  readonly nodes: number;
  readonly virtualMinutes: number;
}

/** The line that leads a life that failed again, by its seed. */
function replayOf(failure: string, { nodes, virtualMinutes }: Size): string[] {
  const seed = /^Seed (\d+)/.exec(failure)?.[1];
  if (seed === undefined) return [];
  const size = `--nodes ${nodes} --minutes ${virtualMinutes}`;
  return [`Again: npm run simulate -- --seed ${seed} ${size}`, ""];
}

export function summary(totals: Totals, asked: Size): string {
  const { lives, twice, virtualMs, events, faults, failures, cpuMs } = totals;
  const hours = (virtualMs / 3_600_000) * asked.nodes;
  const never = Object.fromEntries(rareStates.map((label) => [label, 0]));
  const states = Object.entries({ ...never, ...totals.sometimes })
    .sort(([, a], [, b]) => a - b)
    .map(([label, count]) => `${String(count).padStart(10)}  ${label}`);
  return [
    ...failures.flatMap((failure) => [failure, ""]),
    ...failures.flatMap((failure) => replayOf(failure, asked)),
    "Rare states, and how often they were reached:",
    ...states,
    "",
    `${lives} lives of ${asked.nodes} nodes: ${hours.toFixed(0)} virtual hours of nodes, ` +
      `${events} events, ${faults} faults, ` +
      `${(cpuMs / Math.max(1, lives)).toFixed(0)} ms of processor each.`,
    `${twice} were led twice, with the same trace.`,
    `${failures.length} failures.`,
    "",
  ].join("\n");
}

/** Whether a promise was broken: a canary that fails in another way, as a crash, proves nothing. */
export function isFound({ failures }: Totals): boolean {
  return /: G\d+: /.test(firstLine(failures));
}

export function canaryLine({ id, defect, breaks }: Canary, totals: Totals): string {
  const { lives, failures } = totals;
  const what = firstLine(failures).slice(0, 200);
  if (isFound(totals)) return `found  ${id}, which breaks ${breaks}, in life ${lives}: ${what}\n`;
  const instead = what === "" ? "nothing broken" : `no promise broken, but: ${what}`;
  return `MISSED ${id}: ${defect}; ${lives} lives, and ${instead}\n`;
}

function firstLine([first = ""]: readonly string[]): string {
  return first.split("\n", 1)[0] ?? "";
}

export function scaleLine({ what, tookMs, allowedMs, events, cpuMs }: ScaleResult): string {
  const cost = `${events} events, ${(cpuMs / 1_000).toFixed(1)} s of processor`;
  return `${what}: ${tookMs} ms (at most ${allowedMs}), ${cost}\n`;
}
