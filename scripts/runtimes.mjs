/** `npm run test:runtimes`: installs, compiles `src` and `runtimes`, and tries each Node.js. */
import { becomeMeasurement } from "./steps/measure.mjs";

await becomeMeasurement("runtimes");
