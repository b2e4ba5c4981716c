/** `npm run soak`: installs, compiles `src` and `soak`, and lets five processes run. */
import { becomeMeasurement } from "./steps/measure.mjs";

await becomeMeasurement("soak");
