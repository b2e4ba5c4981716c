/** All scenarios, in the order in which they are run and shown. */
import { kill } from "./kill.ts";
import type { Scenario } from "./scenario.ts";

export const scenarios: readonly Scenario[] = [kill];
