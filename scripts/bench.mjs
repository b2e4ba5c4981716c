/** `npm run bench`: installs, compiles `src` and `bench`, and becomes the benchmark. */
import { becomeMeasurement } from "./steps/measure.mjs";

await becomeMeasurement("bench");
