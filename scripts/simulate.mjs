/** `npm run simulation`: installs, compiles `src` and `simulation`, and makes its faults. */
import { becomeMeasurement } from "./steps/measure.mjs";

await becomeMeasurement("simulation");
