/** What a soak is judged by. */
import { changeOverTime, medianSlope } from "../measure/trend.ts";
import { heldKinds } from "../reliability/footprint.ts";
import {
  type FigureDefinition,
  type Findings,
  type Goal,
  series,
} from "../reliability/scenario.ts";
import { keepers, nodeCount, troubleKinds } from "./plan.ts";
import { violationKinds } from "./violation.ts";

/** Shorter than this the scatter of memory is larger than what could be found. */
const shortestJudged = 30;
const warmUpShare = 0.25;
const leastPoints = 6;

export const recoveryLimitMs = 20_000;

export function figuresOf(minutes: number): readonly FigureDefinition[] {
  return [
    ...violationFigures(),
    ...accountFigures(),
    ...troubleFigures(),
    ...heldFigures(minutes >= shortestJudged),
    ...messageFigures(),
  ];
}

const any = { full: 0, quick: 0 } as const;
const once = { full: 1, quick: 1 } as const;
const ofEachKeeper = { full: keepers.length, quick: keepers.length } as const;

function violationFigures(): readonly FigureDefinition[] {
  return Object.entries(violationKinds).map(([kind, { title, done }]) => ({
    title,
    done,
    unit: "",
    wanted: once,
    goals: [{ of: "total", atMost: 0 }],
    values: (found) => ofRests(found, `violation ${kind}`),
  }));
}

function accountFigures(): readonly FigureDefinition[] {
  return [
    {
      title: "messages that nobody knows the fate of",
      done:
        "At each rest before which nobody was killed, or left without a goodbye to all: sent " +
        "less delivered less lost, over all processes and those that have left since the rest " +
        "before.",
      unit: "",
      wanted: any,
      goals: [
        { of: "min", atLeast: 0 },
        { of: "max", atMost: 0 },
      ],
      values: series("gap"),
    },
    {
      title: "the same, beyond what those who are gone took with them",
      done:
        "At the other rests: how far the account of those who live is from between what they had " +
        "from the killed and what they had sent to them, since the rest before.",
      unit: "",
      wanted: any,
      goals: [
        { of: "min", atLeast: 0 },
        { of: "max", atMost: 0 },
      ],
      values: series("gap within bounds"),
    },
  ];
}

function troubleFigures(): readonly FigureDefinition[] {
  return Object.entries(troubleKinds).map(([kind, what]) => ({
    title: `${kind}: from its end to all links up`,
    done: `${what[0]?.toUpperCase()}${what.slice(1)}; until each node has had an answer from each.`,
    unit: "ms",
    wanted: any,
    goals: [{ of: "max", atMost: recoveryLimitMs }],
    values: series(`recovery ${kind}`),
  }));
}

function heldFigures(isJudged: boolean): readonly FigureDefinition[] {
  const wanted = isJudged ? ofEachKeeper : any;
  const judged = (...goals: readonly Goal[]): readonly Goal[] => (isJudged ? goals : []);
  const slope = (name: string) => (found: Findings) =>
    ofKeepers(found, name, ({ at, values }) => medianSlope(at, values) * 60);
  const change = (found: Findings) =>
    ofKeepers(found, "heap", ({ values }) => changeOverTime(values) * 100);
  const how =
    "After garbage collection at each rest, the first quarter of the run aside; the median of " +
    "the slopes between all pairs of rests; a value for each of the nodes 1 to 3, which stay.";
  return [
    {
      title: "memory, growth in an hour",
      done: `RSS. ${how}`,
      unit: "MiB",
      wanted,
      goals: judged({ of: "max", atMost: 1 }),
      values: slope("rss"),
    },
    {
      title: "heap, growth in an hour",
      done: "The same of the JavaScript heap.",
      unit: "MiB",
      wanted,
      goals: [],
      values: slope("heap"),
    },
    {
      title: "memory outside the heap, growth in an hour",
      done: "The same of buffers and what else V8 knows of outside its heap.",
      unit: "MiB",
      wanted,
      goals: [],
      values: slope("external"),
    },
    {
      title: "heap, the last third beside the first",
      done: "The medians of the same rests, as a change.",
      unit: "%",
      wanted,
      goals: judged({ of: "min", atLeast: -5 }, { of: "max", atMost: 5 }),
      values: change,
    },
    ...heldKinds.map((name) => {
      const isTimers = name === "timers";
      const kept = " A line of the log about a peer may be kept back, with a timer, for a minute.";
      return {
        title: `${name} more than at the first rest`,
        done: `At each later rest, a value for each of these nodes.${isTimers ? kept : ""}`,
        unit: "" as const,
        wanted: any,
        goals: [{ of: "max" as const, atMost: isTimers ? nodeCount - 1 : 0 }],
        values: series(`${name} more`),
      };
    }),
  ];
}

function messageFigures(): readonly FigureDefinition[] {
  const load =
    "Each process sends each other some 110 messages a second, one in fifty of 10 to 100 KiB, to " +
    "mailboxes of which one is bounded and slow; opens a mailbox each 400 ms, shows it to all " +
    "and closes it within 3 s; and claims or gives up a name each 50 ms.";
  const counted = "By all processes that there were, as far as they could still say.";
  return ["sent", "delivered", "lost"].map((name) => ({
    title: `messages ${name}`,
    done: name === "sent" ? `${counted} ${load}` : counted,
    unit: "",
    wanted: any,
    goals: [],
    values: (found) => series(`messages ${name}`)(found).slice(-1),
  }));
}

/** How many there were before each rest, and since the last: a series has the rests so far. */
function ofRests(found: Findings, name: string): readonly number[] {
  const rests = series("at")(found).length;
  const counts = Array.from({ length: rests }, () => 0);
  for (const rest of series(name)(found)) counts[rest] = (counts[rest] ?? 0) + 1;
  return counts;
}

interface Points {
  /** Minutes. */
  readonly at: readonly number[];
  readonly values: readonly number[];
}

/** Of each keeper what `judge` makes of its points after the first quarter of them in time. */
function ofKeepers(
  found: Findings,
  name: string,
  judge: (points: Points) => number,
): readonly number[] {
  const at = series("at")(found);
  const from = (at.at(-1) ?? 0) * warmUpShare;
  const first = at.findIndex((minute) => minute >= from);
  if (first < 0 || at.length - first < leastPoints) return [];
  return keepers.map((node) =>
    judge({ at: at.slice(first), values: series(`${name} ${node}`)(found).slice(first) }),
  );
}
