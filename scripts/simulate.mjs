/** `npm run simulate`: installs, compiles `src` and `simulation`, runs clusters under faults. */
import { becomeMeasurement } from "./steps/measure.mjs";

await becomeMeasurement("simulation");
