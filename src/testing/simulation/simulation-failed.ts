/** What a simulation that failed tells: enough to have the same run again. */
import { textOf } from "./checks.ts";
import { type FaultPlan, formatFault } from "./fault-plan.ts";
import { formatMoment, formatTimeline, type TimelineEntry } from "./trace.ts";

/** The run that failed, as small as it was made, and how to have it again. */
export interface FailedRun {
  readonly seed: number;
  /** The virtual moment of the failure, in ms. */
  readonly at: number;
  /** The faults that lead to it, as few as were found. Give them as `faults` to run just these. */
  readonly plan: FaultPlan;
  /** How many faults the plan had before it was made smaller, and how many runs that took. */
  readonly drawn: number;
  readonly shrinkRuns: number;
  readonly timeline: readonly TimelineEntry[];
  readonly traceHash: string;
}

/** As many lines of the timeline, and of the faults, are in the message. */
const linesShown = 60;
/** A plan of more characters is not written into the message. */
const mostPlanText = 2_000;

/**
 * Thrown by `simulate`. The message has the cause, the faults, the end of the timeline, and what to
 * write for the same run; `cause` is what was thrown.
 */
export class SimulationFailed extends Error {
  override readonly name = "SimulationFailed";
  readonly #run: FailedRun;

  constructor(run: FailedRun, cause: unknown) {
    super(messageOf(run, cause), { cause });
    this.#run = run;
  }

  /** Not a field, lest whoever prints the error gets it all. */
  get run(): FailedRun {
    return this.#run;
  }
}

function messageOf(run: FailedRun, cause: unknown): string {
  const { seed, at, plan, drawn, shrinkRuns } = run;
  const shrunk = shrinkRuns > 0 ? `, of ${drawn}, found in ${shrinkRuns} more runs` : "";
  const faults = plan.map((step) => ({ at: step.at, who: "", text: formatFault(step) }));
  return [
    `Seed ${seed} failed at ${formatMoment(at)}: ${textOf(cause)}`,
    "",
    `Faults (${plan.length}${shrunk}):`,
    plan.length > 0 ? formatTimeline(faults, linesShown) : "       none",
    "",
    "Timeline:",
    formatTimeline(run.timeline, linesShown),
    "",
    `The same run again: simulate({ …, seed: ${seed} }, …)`,
    ...(shrinkRuns > 0 ? [`Just these faults: faults: ${planText(plan)}`] : []),
  ].join("\n");
}

function planText(plan: FaultPlan): string {
  // To be pasted as code: JSON has no word for a fault without end.
  const text = JSON.stringify(plan).replaceAll('"ms":null', '"ms":Infinity');
  return text.length <= mostPlanText ? text : "the plan is error.run.plan";
}
