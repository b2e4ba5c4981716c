/** All scenarios, in the order in which they are run and shown. */
import { bigBesideSmall } from "./big-beside-small.ts";
import { conservation } from "./conservation.ts";
import { crossing } from "./crossing.ts";
import { cuts } from "./cuts.ts";
import { flaps } from "./flaps.ts";
import { kill } from "./kill.ts";
import { restart } from "./restart.ts";
import type { Scenario } from "./scenario.ts";
import { silence } from "./silence.ts";
import { slowConsumer } from "./slow-consumer.ts";
import { smallHeap } from "./small-heap.ts";
import { stop } from "./stop.ts";
import { strangers } from "./strangers.ts";

export const scenarios: readonly Scenario[] = [
  kill,
  restart,
  silence,
  strangers,
  crossing,
  flaps,
  bigBesideSmall,
  slowConsumer,
  smallHeap,
  cuts,
  conservation,
  stop,
];

/** What has a section in the record: commands of their own add those beside these scenarios. */
export const recorded: readonly string[] = [
  ...scenarios.map(({ id }) => id),
  "simulation",
  "scale",
  "properties",
  "fuzz",
  "soak",
];
