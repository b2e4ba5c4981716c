/**
 * Runs one case: all contestants are started, and then take turns, round by round.
 *
 * The machine is not the same from one second to the next. Whoever is compared runs in the same
 * round, one right after the other, and each round begins with another contestant.
 */
import type { Case, Contestant, Sample, Setting, Timing, Usage } from "./case.ts";
import { type Row, summarize } from "./figures.ts";
import { RoleProcess } from "./role-process.ts";

export interface RunOptions {
  readonly size: keyof Case["size"];
  /** Rounds that count, and before them rounds that let the compiler see the code. */
  readonly rounds: number;
  readonly warmUps: number;
  readonly processor: number | undefined;
  readonly profileFolder: string | undefined;
  /** Called for each contestant of a case: what its roles share. */
  readonly makeSetting: (chosen: Case) => Promise<Setting>;
  /** Every process that is started, to be killed when the bench has to end at once. */
  readonly started: Set<RoleProcess>;
  readonly progress: (text: string) => void;
}

export interface CaseResult {
  readonly chosen: Case;
  readonly count: number;
  readonly onOneProcessor: boolean;
  readonly rows: readonly Row[];
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut {
  readonly contestant: string;
  readonly reason: string;
}

/** One contestant and its processes. */
interface Party {
  readonly contestant: Contestant;
  readonly processes: readonly RoleProcess[];
  readonly samples: Sample[];
}

export async function runCase(chosen: Case, options: RunOptions): Promise<CaseResult> {
  const parties: Party[] = [];
  const { present, leftOut } = whoIsHere(chosen.contestants);
  for (const { contestant, reason } of leftOut) {
    options.progress(`${chosen.id}: ${contestant} is left out: ${reason}`);
  }
  try {
    options.progress(`${chosen.id}: starting ${present.map(({ name }) => name).join("; ")}`);
    for (const contestant of present) parties.push(await makeParty(chosen, contestant, options));
    await Promise.all(parties.map(startParty));
    const began = performance.now();
    for (let round = -options.warmUps; round < options.rounds; round++) {
      const done = round + options.warmUps;
      const left = ((performance.now() - began) / done) * (options.rounds - round);
      await runRound(chosen, round, parties, options, done === 0 ? undefined : left);
    }
  } finally {
    for (const { processes } of parties) for (const process of processes) await process.end();
  }
  const first = parties[0]?.samples ?? [];
  return {
    chosen,
    count: chosen.size[options.size],
    onOneProcessor: chosen.oneProcessor && options.processor !== undefined,
    rows: parties.map(({ contestant, samples }) =>
      summarize(chosen.measure, contestant.name, samples, first),
    ),
    leftOut,
  };
}

/** Who can run here, and who cannot and why. */
export function whoIsHere(contestants: readonly Contestant[]): {
  readonly present: readonly Contestant[];
  readonly leftOut: readonly LeftOut[];
} {
  const asked = contestants.map((each) => ({ each, reason: each.available?.() }));
  return {
    present: asked.flatMap(({ each, reason }) => (reason === undefined ? [each] : [])),
    leftOut: asked.flatMap(({ each: { name }, reason }) =>
      reason === undefined ? [] : [{ contestant: name, reason }],
    ),
  };
}

/** How many of the unit a round of this contestant has. */
export function countOf(chosen: Case, contestant: Contestant, size: keyof Case["size"]): number {
  return Math.max(1, Math.round(chosen.size[size] * (contestant.share ?? 1)));
}

async function makeParty(
  chosen: Case,
  contestant: Contestant,
  { makeSetting, started, processor, profileFolder }: RunOptions,
): Promise<Party> {
  const setting = await makeSetting(chosen);
  const pinned = chosen.oneProcessor ? processor : undefined;
  const own = contestant.roles.filter(({ startedByOther }) => startedByOther !== true);
  const processes = own.map(({ name: role }) => {
    const name = { caseId: chosen.id, contestant: contestant.name, role, setting };
    return new RoleProcess({ name, profileFolder, processor: pinned });
  });
  for (const process of processes) started.add(process);
  return { contestant, processes, samples: [] };
}

/** One role after the other: a later one may look for an earlier one. */
async function startParty({ processes }: Party): Promise<void> {
  for (const process of processes) await process.start();
}

async function runRound(
  chosen: Case,
  round: number,
  parties: readonly Party[],
  { size, rounds, progress }: RunOptions,
  leftMs: number | undefined,
): Promise<void> {
  const left = leftMs === undefined ? "" : `, about ${Math.ceil(leftMs / 1000)} s left of it`;
  const label = `${round < 0 ? "warm-up" : `round ${round + 1} of ${rounds}`}${left}`;
  for (let turn = 0; turn < parties.length; turn++) {
    const party = parties[(turn + Math.max(round, 0)) % parties.length];
    if (party === undefined) continue;
    progress(`${chosen.id}: ${label}, ${party.contestant.name}`);
    const sample = await measure(party, countOf(chosen, party.contestant, size));
    if (round >= 0) party.samples.push(sample);
  }
}

async function measure({ contestant, processes }: Party, count: number): Promise<Sample> {
  const before = await usage(processes);
  for (const process of processes) await process.begin(count);
  let timing: Timing | undefined;
  for (const process of processes) {
    const found = await process.finished();
    timing = found ?? timing;
  }
  if (timing === undefined) throw new Error(`No role of ${contestant.name} kept the time.`);
  const used = (await usage(processes)).map(({ cpuSeconds, memory }, i) => {
    return { cpuSeconds: cpuSeconds - (before[i]?.cpuSeconds ?? 0), memory };
  });
  return { count, ...timing, usage: used };
}

function usage(processes: readonly RoleProcess[]): Promise<Usage[]> {
  return Promise.all(processes.map((process) => process.usage()));
}
