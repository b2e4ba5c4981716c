/** `npm run fuzz`: installs, compiles `src` and `fuzz`, and gives it bytes that chance makes. */
import { becomeMeasurement } from "./steps/measure.mjs";

await becomeMeasurement("fuzz");
