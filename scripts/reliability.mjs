/** `npm run reliability`: installs, compiles `src` and `reliability`, and becomes the command that makes faults and counts what comes of them. */
import { becomeMeasurement } from "./steps/measure.mjs";

await becomeMeasurement("reliability");
