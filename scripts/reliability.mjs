/** `npm run reliability`: installs, compiles `src` and `reliability`, and makes its faults. */
import { becomeMeasurement } from "./steps/measure.mjs";

await becomeMeasurement("reliability");
