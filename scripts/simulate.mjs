/** `npm run simulate`: installs, compiles `src` and `simulation`, and leads clusters through faults. */
import { becomeMeasurement } from "./steps/measure.mjs";

await becomeMeasurement("simulation");
